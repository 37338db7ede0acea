"""The SQLite writer's cache equals the stored data."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from random import Random
from typing import Any

import pytest

from hubbub.chat import accounts, members, messages, profile_changes, reactions, reads, receipts, rooms
from hubbub.chat.limits import Limits
from hubbub.chat.transaction import NOTHING, Touches
from hubbub.errors import HubbubError, InvalidInput
from hubbub.store.sql import identity_map as known_module
from hubbub.store.sql.database import Database
from hubbub.store.sql.sqlite_file import SqliteExecutor, Writer, connect
from hubbub.store.sql.transaction import SqlTransaction

LIMITS = Limits(groups_per_user=3, reactions_per_message=2)
NAMES = ["alice", "bob", "carol", "dave", "eve"]


@pytest.fixture
def file(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    database = Database(f"sqlite:///{tmp_path}/hubbub.db")
    database.migrate()
    assert database.path is not None
    with closing(connect(database.path)) as connection:
        yield connection


def started(connection: sqlite3.Connection) -> Writer:
    writer = Writer(connection)
    writer.commit([accounts.AddAccount(name, name.title(), "hash") for name in NAMES])
    return writer


def anything(random: Random) -> Any:
    """Any command, which may be refused."""
    actor, other, room, seq = random.randint(1, 5), random.randint(1, 6), random.randint(1, 4), random.randint(1, 9)
    text = random.choice(["hello", "@bob look", "@alice @carol"])
    kind = random.choice(["public", "private", "direct"])
    return random.choice(
        [
            lambda: messages.compose(actor, text, LIMITS, room=room, key=random.choice([None, "one", "two"])),
            lambda: messages.compose(actor, text, LIMITS, to=other, reply_to=random.choice([None, seq])),
            lambda: messages.amend(actor, room, seq, text, Limits()),
            lambda: messages.DeleteMessage(actor, room, seq),
            lambda: reactions.React(actor, room, seq, random.choice("👍🎉"), random.choice(["add", "remove"]), LIMITS),
            lambda: reads.MarkRead(actor, room, seq),
            lambda: receipts.MarkDelivered({(room, actor): seq, (room, other): seq}, LIMITS),
            lambda: rooms.CreateRoom(actor, kind, LIMITS, None if kind == "direct" else f"room {seq}", None, [other]),
            lambda: rooms.ChangeRoom(actor, room, name=f"room {seq}", archived=random.random() < 0.3),
            lambda: (
                rooms.DeleteRoom(actor, room) if random.random() < 0.03 else rooms.ChangeRoom(actor, room, kind=kind)
            ),
            lambda: members.AddMember(actor, room, LIMITS, random.choice([None, other])),
            lambda: members.RemoveMember(actor, room, random.choice([actor, other]), LIMITS),
            lambda: members.ChangeMember(actor, room, other, rank=random.choice(["owner", "moderator", "member"])),
            lambda: members.ChangeMember(actor, room, actor, muted=True, archived=random.random() < 0.5),
            lambda: profile_changes.ChangeProfile(
                actor, display_name=f"Name {seq}", avatar=random.choice(["#123", "no"])
            ),
            lambda: profile_changes.ChooseStatus(actor, random.choice(["online", "away"])),
            lambda: accounts.SeenLast({actor: seq * 1000, other: seq * 2000}),
            lambda: accounts.CloseAccount(actor, LIMITS) if random.random() < 0.01 else accounts.SetAdmin("bob"),
        ]
    )()


@pytest.mark.parametrize("seed", range(4))
def test_what_is_known_is_what_is_stored(file: sqlite3.Connection, seed: int) -> None:
    random = Random(seed)
    writer = started(file)
    carried_out = times_known = 0
    for _ in range(400):
        decided = writer.commit([anything(random) for _ in range(random.choice([1, 1, 2, 5]))])
        carried_out += sum(not isinstance(outcome, HubbubError) for outcome in decided)
        times_known += bool(writer._known.rooms)
        assert_stored(writer, file)
    assert carried_out > 100
    assert times_known > 20


def assert_stored(writer: Writer, file: sqlite3.Connection) -> None:
    known, stored = writer._known, SqlTransaction(SqliteExecutor(file))
    for user, account in known.accounts.items():
        assert account == stored.accounts.get(user)
    for number, room in known.rooms.items():
        assert room == stored.rooms.get(number)
        assert known.bodies[number] == stored.rooms._bodies[number]
    for place, member in known.members.items():
        assert member == stored.members.get(*place)
    for user, head in known.stream_heads.items():
        assert head == stored.user_streams.head(user)


def test_a_post_among_people_who_are_known_reads_nothing_of_them(file: sqlite3.Connection) -> None:
    writer = started(file)
    writer.commit([rooms.CreateRoom(1, "public", LIMITS, "lobby")])
    asked: list[str] = []
    file.set_trace_callback(asked.append)
    writer.commit([messages.compose(1, "hello", LIMITS, room=1)])
    assert not [sql for sql in asked if sql.startswith("SELECT")]


def test_what_another_process_changed_is_seen(file: sqlite3.Connection, tmp_path: Path) -> None:
    writer = started(file)
    writer.commit([rooms.CreateRoom(1, "public", LIMITS, "lobby")])
    with closing(connect(tmp_path / "hubbub.db")) as another:
        another.execute("UPDATE users SET display_name = 'Alice Liddell' WHERE id = 1")
    (posted,) = writer.commit([messages.compose(1, "hello", LIMITS, room=1)])
    assert posted.result.message.sender.display_name == "Alice Liddell"


@pytest.mark.parametrize("error", [RuntimeError("a fault"), InvalidInput("no", "name")])
def test_what_a_command_that_failed_had_in_hand_is_not_known(file: sqlite3.Connection, error: Exception) -> None:
    class Failing:
        def touches(self) -> Touches:
            return NOTHING

        def decide(self, tx: Any) -> None:
            tx.rooms.get(1).name = "never"
            raise error

    writer = started(file)
    writer.commit([rooms.CreateRoom(1, "public", LIMITS, "lobby")])
    writer.commit([Failing()])
    (changed,) = writer.commit([rooms.ChangeRoom(1, 1, topic="talk")])
    assert (changed.result.name, changed.result.topic) == ("lobby", "talk")


def test_keys_of_any_characters_are_found_again_in_a_batch(file: sqlite3.Connection) -> None:
    writer = started(file)
    writer.commit([rooms.CreateRoom(1, "public", LIMITS, "lobby")])
    keys = ["plain", "é", "\U0001f600", '"', "\\", "'", "a b", "\x01", "a\x7fb"]
    posts = [messages.compose(1, "hello", LIMITS, room=1, key=key) for key in keys]
    assert all(outcome.result.created for outcome in writer.commit(posts))
    assert [outcome.result.created for outcome in writer.commit(posts)] == [False] * len(keys)


def test_what_is_known_is_bounded(file: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(known_module, "_MOST", 8)
    writer = started(file)
    for number in range(20):
        writer.commit([rooms.CreateRoom(1, "public", LIMITS, f"room {number}")])
        assert len(writer._known.rooms) <= 8
    assert_stored(writer, file)
