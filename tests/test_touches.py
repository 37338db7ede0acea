"""Commands declare the rooms and accounts that they lock: what is not declared could be locked in another order."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from random import Random
from typing import Any

import pytest

from hubbub.chat import (
    accounts,
    clock,
    drafts,
    following,
    invitation_joins,
    invitations,
    members,
    messages,
    pins,
    profile_changes,
    reactions,
    reads,
    receipts,
    room_purge,
    rooms,
    saved,
    scheduled,
    sessions,
    workspace,
)
from hubbub.chat.events import UserCommitted
from hubbub.chat.limits import Limits
from hubbub.chat.records import Account, InvitationRecord, RoomRecord
from hubbub.chat.requests import Who
from hubbub.chat.text import folded
from hubbub.chat.transaction import Command, Touches
from hubbub.errors import HubbubError
from hubbub.store.sql.database import Database
from hubbub.store.sql.sqlite_file import SqliteExecutor, connect
from hubbub.store.sql.transaction import SqlTransaction
from hubbub.surfaces.compat.conversation_queries import CreateConversation

LIMITS = Limits()
NAMES = ["alice", "bob", "carol", "dave", "erin"]


class Watched:
    """An aggregate that notes what is locked through it, as a server on PostgreSQL locks it."""

    _locks = {"get": RoomRecord, "direct": RoomRecord, "to_change": Account}

    def __init__(self, aggregate: Any, locked: set[int], added: set[int]) -> None:
        self._aggregate, self._locked, self._added = aggregate, locked, added
        self.kept: set[int] = set()

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._aggregate, name)

        def call(*arguments: Any) -> Any:
            answer = method(*arguments)
            if name == "add" and isinstance(answer, RoomRecord | Account):
                self._added.add(answer.id)
            elif isinstance(answer, self._locks.get(name, ())):
                self._locked.add(answer.id)
            elif name == "get" and isinstance(answer, Account):
                self.kept.add(answer.id)
            elif name == "save" and isinstance(arguments[0], Account):
                assert arguments[0].id in self._locked | self._added, "an account is saved that was not locked"
            return answer

        return call


class WatchedTransaction:
    def __init__(self, tx: SqlTransaction) -> None:
        self._tx = tx
        self.rooms_locked: set[int] = set()
        self.rooms_added: set[int] = set()
        self.accounts_locked: set[int] = set()
        self.accounts_added: set[int] = set()
        self.rooms = Watched(tx.rooms, self.rooms_locked, self.rooms_added)
        self.accounts = Watched(tx.accounts, self.accounts_locked, self.accounts_added)

    def __getattr__(self, aggregate: str) -> Any:
        return getattr(self._tx, aggregate)


@pytest.fixture
def file(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    Database(f"sqlite:///{tmp_path / 'hubbub.db'}").migrate()
    with closing(connect(tmp_path / "hubbub.db")) as connection:
        yield connection


def declared_rooms(touches: Touches, tx: SqlTransaction) -> set[int]:
    found = {room for room, _ in touches.members} | set(touches.rooms)
    found.update(room for user in touches.rooms_of for room in tx.members.rooms_of(user))
    for one, who in touches.direct:
        other = tx.accounts.named(folded(who)) if isinstance(who, str) else tx.accounts.get(who)
        room = None if other is None else tx.rooms.direct(one, other.id)
        if room is not None:
            found.add(room.id)
    return found


def accounts_of(touches: Touches) -> set[int]:
    """Those that are locked, or read without a lock, before the command is decided."""
    users: list[Who] = [user for _, user in touches.members]
    users += [*touches.changed, *touches.kept, *(user for pair in touches.direct for user in pair)]
    return {
        user if isinstance(user, int) else NAMES.index(user) + 1 for user in users if user in [*NAMES, 1, 2, 3, 4, 5]
    }


def carry_out(file: sqlite3.Connection, command: Command[Any]) -> bool:
    """Whether it was not refused. Fails when it locks what it has not declared."""
    touches = command.touches()
    file.execute("BEGIN IMMEDIATE")
    declared = declared_rooms(touches, SqlTransaction(SqliteExecutor(file)))
    declared_accounts = accounts_of(touches)
    tx = SqlTransaction(SqliteExecutor(file), changing=True)
    watched = WatchedTransaction(tx)
    try:
        outcome = command.decide(watched)
        tx.flush()
        entries = [event for event in outcome.events if isinstance(event, UserCommitted)]
        for user in {entry.user for entry in entries}:
            positions = [entry.position for entry in entries if entry.user == user]
            # As they are published: a device that has the second has the first, or never gets it.
            assert positions == sorted(positions), command
    except HubbubError:
        file.execute("ROLLBACK")
        return False
    else:
        file.execute("COMMIT")
        return True
    finally:
        assert watched.rooms_locked <= declared | watched.rooms_added, command
        assert watched.accounts.kept <= declared_accounts | watched.accounts_locked | watched.accounts_added, command
        by_name = {1, 2, 3, 4, 5} if isinstance(command, accounts.SetAdmin) else set()
        assert watched.accounts_locked <= set(touches.changed) | watched.accounts_added | by_name, command


def some_command(random: Random) -> Command[Any]:
    actor, room, user, seq = (random.randint(1, 5) for _ in range(4))
    who = random.choice([user, NAMES[user - 1], "nobody"])
    key = random.choice(["again", None])
    kind = random.choice(["public", "private", "direct"])
    name = None if kind == "direct" else f"room {random.random()}"
    return random.choice(
        [
            lambda: rooms.CreateRoom(actor, kind, LIMITS, name, members=[who]),
            lambda: CreateConversation(actor, [who, user][: random.randint(1, 2)], None, LIMITS),
            lambda: CreateConversation(actor, [1, 2, 3], "three", LIMITS),
            lambda: messages.compose(actor, f"hello @{NAMES[user - 1]}", LIMITS, room=room, key=key),
            lambda: messages.compose(actor, "just you", LIMITS, to=who),
            lambda: messages.compose(
                actor, f"@{NAMES[user - 1]}?", LIMITS, room=room, thread=seq, also_in_room=seq > 2
            ),
            lambda: following.FollowThread(actor, room, seq, random.choice([True, False])),
            lambda: following.MarkThreadRead(actor, room, seq, random.choice([seq, seq + user])),
            lambda: messages.amend(actor, room, seq, f"better {random.random()}", LIMITS),
            lambda: messages.DeleteMessage(actor, room, seq),
            lambda: reactions.React(actor, room, seq, "👍", random.choice(["add", "remove"]), LIMITS),
            lambda: reads.MarkRead(actor, room, seq),
            lambda: pins.PinMessage(actor, room, seq, random.choice([True, False]), LIMITS),
            lambda: saved.SaveMessage(actor, room, seq, None, LIMITS),
            lambda: saved.ForgetSaved(actor, room, seq),
            lambda: saved.Remind(saved.Reminder(actor, room, seq, 1)),
            lambda: scheduled.ScheduleMessage(actor, room, "later", clock.now() + 10**6, LIMITS),
            lambda: scheduled.ChangeScheduled(actor, seq, LIMITS, f"later {random.random()}", clock.now() + 10**6),
            lambda: scheduled.SendScheduledNow(actor, seq),
            lambda: scheduled.DropScheduled(actor, seq),
            lambda: drafts.SaveDraft(actor, room, 0, random.choice(["a draft", ""]), None, None, LIMITS),
            lambda: invitations.CreateInvitation(
                actor,
                str(random.random()),
                random.choice([1, None]),
                60,
                [room, room % 5 + 1][: seq % 3],
                "members",
                LIMITS,
            ),
            lambda: invitations.RevokeInvitation(actor, seq, actor),
            lambda: receipts.MarkDelivered({(room, actor): seq, (user, actor): seq}, LIMITS),
            lambda: members.AddMember(actor, room, LIMITS),
            lambda: members.AddMember(actor, room, LIMITS, who),
            lambda: members.RemoveMember(actor, room, user, LIMITS),
            lambda: members.ChangeMember(actor, room, user, rank=random.choice(["owner", "moderator", "member"])),
            lambda: members.ChangeMember(actor, room, actor, muted=True),
            lambda: rooms.ChangeRoom(actor, room, topic=f"about {random.random()}"),
            lambda: profile_changes.ChangeProfile(actor, status_text=f"at {random.random()}"),
            lambda: profile_changes.ChooseStatus(actor, random.choice(["online", "invisible"])),
            lambda: accounts.SetAdmin(NAMES[user - 1], random.choice([True, False])),
            lambda: accounts.SeenLast({actor: 5, user: 6}),
            lambda: profile_changes.SetPicture(actor, "image/png", b"a picture"),
            lambda: workspace.ChangeWorkspace(actor, random.choice([f"place {random.random()}", "x" * 99])),
            lambda: workspace.SetWorkspacePicture(actor, "image/png", random.randbytes(4)),
            lambda: sessions.StartSession(actor, "hash", "device", "127.0.0.1", 30),
        ]
    )()


@pytest.mark.parametrize("seed", range(1, 4))
def test_what_a_command_locks_it_has_declared(file: sqlite3.Connection, seed: int) -> None:
    random = Random(seed)
    for name in NAMES:
        assert carry_out(file, accounts.AddAccount(name, name.title(), "hash"))
    done: dict[str, int] = {}
    for _ in range(2_000):
        command = some_command(random)
        done[type(command).__name__] = done.get(type(command).__name__, 0) + carry_out(file, command)
    # Each kind was carried out, not only refused.
    assert [name for name, number in done.items() if not number] == []
    for at, (actor, rooms_of) in enumerate(file.execute("SELECT user_id, rooms FROM invitations").fetchall(), 1):
        known = InvitationRecord(at, "", actor, 0, 0, json.loads(rooms_of))
        name = "".join(random.choices("kmpqsuvwxz", k=12))
        carried_out = carry_out(
            file, accounts.AddAccount(name, name, "hash", admission=accounts.Admission(invitation=known))
        )
        for one in range(1, 6):
            joining = invitation_joins.JoinByInvitation(one, known, "members", LIMITS)
            done["joined"] = done.get("joined", 0) + carry_out(file, joining)
        done["by invitation"] = done.get("by invitation", 0) + carried_out
    assert done["by invitation"] > 3
    assert done["joined"] > 3
    for room in range(1, 4):
        assert carry_out(file, room_purge.PurgeRoom(room))
    carry_out(file, accounts.CloseAccount(random.randint(1, 5), LIMITS))


def test_a_refused_command_leaves_no_trace(file: sqlite3.Connection) -> None:
    """A batch commits its commands together: one that is refused must have changed nothing before it raised."""
    random = Random(7)
    for name in NAMES:
        assert carry_out(file, accounts.AddAccount(name, name.title(), "hash"))
    refused = 0
    for _ in range(2_000):
        command = some_command(random)
        file.execute("BEGIN IMMEDIATE")
        before = file.total_changes
        tx = SqlTransaction(SqliteExecutor(file), changing=True)
        try:
            command.decide(tx)
        except HubbubError:
            refused += 1
            tx.flush()
            assert file.total_changes == before, command
        else:
            tx.flush()
        file.execute("COMMIT")
    assert refused > 300
