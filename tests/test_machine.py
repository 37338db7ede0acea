"""Random users, rooms, sends, edits, deletes, joins, removals, reconnects and retries against a running server,
compared with a simple model: no acknowledged message lost or duplicated, no gaps in `seq`, the same order for everyone,
nothing sent to those without permission, and the model's unread counts."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

import msgspec
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from hubbub.chat.shapes import Room
from hubbub.client import Client
from hubbub.errors import NotAllowed, NotFound
from tests.conftest import newcomer, user_id
from tests.model import ModelRoom
from tests.server import Server
from tests.watcher import Watcher

Result = TypeVar("Result")
USERS = 4
people = st.integers(0, USERS - 1)
pick = st.integers(0, 10_000)
texts = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), min_size=1, max_size=30).map(lambda t: "m" + t)


class Chat(RuleBasedStateMachine):
    url: str

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.rooms: dict[int, ModelRoom] = {}
        self.watchers: list[Watcher] = []
        self.number = 0

    def do(self, work: Coroutine[Any, Any, Result]) -> Result:
        return self.loop.run_until_complete(work)

    @initialize()
    def sign_up(self) -> None:
        async def start() -> None:
            clients = [await newcomer(self.url) for _ in range(USERS)]
            self.watchers = [Watcher(client) for client in clients]
            for watcher in self.watchers:
                await watcher.start()

        self.do(start())

    def id(self, person: int) -> int:
        return user_id(self.watchers[person].client)

    def some_room(self, choice: int) -> tuple[int, ModelRoom]:
        return sorted(self.rooms.items())[choice % len(self.rooms)]

    @rule(person=people, public=st.booleans(), other=people)
    def create(self, person: int, public: bool, other: int) -> None:
        client = self.watchers[person].client
        self.number += 1
        name = f"room {self.number} of {client.user.username}"
        invited = [] if other == person else [self.id(other)]
        made = self.do(client.create_room(name, "public" if public else "private", members=invited))
        room = self.rooms[made.id] = ModelRoom(public, {self.id(person)}, self.id(person), read={self.id(person): 0})
        room.happened("created", self.id(person))
        for user in invited:
            room.join(user)
            room.happened("added", self.id(person), user)

    @precondition(lambda self: self.rooms)
    @rule(person=people, choice=pick, text=texts, retry=st.booleans(), live=st.booleans(), thread=pick)
    def post(self, person: int, choice: int, text: str, retry: bool, live: bool, thread: int) -> None:
        """Every other message is a reply in a thread, every fourth of these in the room, too."""
        number, room = self.some_room(choice)
        roots = [seq for seq in range(1, len(room.messages) + 1) if room.may_be_root(seq)]
        root = roots[thread % len(roots)] if roots and thread % 2 else None
        also_in_room = root is not None and thread % 8 == 1
        watcher = self.watchers[person]
        self.number += 1
        key = f"k{self.number}"

        async def send() -> list[int]:
            sends = [
                watcher.live.send(text, room=number, key=key, thread=root, also_in_room=also_in_room)
                if live
                else watcher.client.send(text, room=number, key=key, thread=root, also_in_room=also_in_room)
                for _ in range(2 if retry else 1)
            ]
            return [stored.seq for stored in await asyncio.gather(*sends)]

        if not room.may_read(self.id(person)):
            with pytest.raises(NotFound):
                self.do(send())
            return
        expected = room.post(self.id(person), text, key, root, also_in_room)
        assert self.do(send()) == [expected] * (2 if retry else 1)

    @precondition(lambda self: any(room.messages for room in self.rooms.values()))
    @rule(person=people, choice=pick, which=pick, text=texts, delete=st.booleans())
    def change(self, person: int, choice: int, which: int, text: str, delete: bool) -> None:
        filled = [(number, room) for number, room in sorted(self.rooms.items()) if room.messages]
        number, room = filled[choice % len(filled)]
        seq = which % len(room.messages) + 1
        message, user, client = room.messages[seq - 1], self.id(person), self.watchers[person].client
        work = client.delete(number, seq) if delete else client.edit(number, seq, text)
        moderator = room.owner == user and user in room.members
        if not room.may_read(user) or (message.deleted and not delete):
            with pytest.raises(NotFound):
                self.do(work)
        elif message.sender != user and not (delete and moderator):
            with pytest.raises(NotAllowed):
                self.do(work)
        else:
            self.do(work)
            message.content, message.deleted = ("", True) if delete else (text, False)

    @precondition(lambda self: self.rooms)
    @rule(person=people, choice=pick)
    def join(self, person: int, choice: int) -> None:
        number, room = self.some_room(choice)
        client = self.watchers[person].client
        if room.may_read(self.id(person)):
            self.do(client.join(number))
            if self.id(person) not in room.members:
                room.happened("joined", self.id(person))
            room.join(self.id(person))
        else:
            with pytest.raises(NotFound):
                self.do(client.join(number))

    @precondition(lambda self: self.rooms)
    @rule(choice=pick, other=people)
    def remove(self, choice: int, other: int) -> None:
        """The owner removes a member, but not themselves, so that the room keeps an owner."""
        number, room = self.some_room(choice)
        owner = next(w.client for w in self.watchers if user_id(w.client) == room.owner)
        user = self.id(other)
        if user in room.members and user != room.owner:
            self.do(owner.remove_member(number, user))
            room.members.discard(user)
            room.places = {place: seq for place, seq in room.places.items() if place[0] != user}
            room.happened("removed", room.owner, user)
        elif user != room.owner:
            with pytest.raises(NotFound):
                self.do(owner.remove_member(number, user))

    @precondition(lambda self: self.rooms)
    @rule(choice=pick)
    def set_topic(self, choice: int) -> None:
        number, room = self.some_room(choice)
        owner = next(w.client for w in self.watchers if user_id(w.client) == room.owner)
        self.number += 1
        self.do(owner.change_room(number, topic=f"topic {self.number}"))
        room.happened("topic", room.owner)

    @precondition(lambda self: self.rooms)
    @rule(person=people, choice=pick, how_far=pick)
    def read(self, person: int, choice: int, how_far: int) -> None:
        number, room = self.some_room(choice)
        user = self.id(person)
        if user in room.members:
            seq = how_far % (len(room.messages) + 1)
            self.do(self.watchers[person].client.mark_read(number, seq))
            room.read[user] = max(room.read[user], seq)

    @precondition(lambda self: any(room.places for room in self.rooms.values()))
    @rule(choice=pick, which=pick, how_far=pick)
    def read_thread(self, choice: int, which: int, how_far: int) -> None:
        with_threads = [(number, room) for number, room in sorted(self.rooms.items()) if room.places]
        number, room = with_threads[choice % len(with_threads)]
        user, root = sorted(room.places)[which % len(room.places)]
        seqs = [root, *room.replies(root)]
        seq = seqs[how_far % len(seqs)]
        client = next(w.client for w in self.watchers if user_id(w.client) == user)
        self.do(client.mark_thread_read(number, root, seq))
        room.read_thread(user, root, seq)

    @precondition(lambda self: self.rooms)
    @rule(person=people, choice=pick, which=pick, on=st.booleans())
    def follow(self, person: int, choice: int, which: int, on: bool) -> None:
        """Somebody who follows a thread stops, or the other way round."""
        number, room = self.some_room(choice)
        roots = [seq for seq in range(1, len(room.messages) + 1) if room.replies(seq)]
        user = self.id(person)
        if not roots or user not in room.members:
            return
        root = roots[which % len(roots)]
        self.do(self.watchers[person].client.follow_thread(number, root, follow=on))
        if not on:
            room.places.pop((user, root), None)
        else:
            room.places.setdefault((user, root), room.replies(root)[-1])

    @rule(person=people)
    def lose_connection(self, person: int) -> None:
        self.watchers[person].live.drop()

    @rule(person=people)
    def come_back_as_new(self, person: int) -> None:
        """A new connection that resumes from the versions of the old one."""

        async def again() -> None:
            old = self.watchers[person]
            await old.stop()
            fresh = Watcher(old.client)
            fresh.live = old.client.live(old.live.versions)
            fresh.copies, fresh.notices, fresh.faults = old.copies, old.notices, old.faults
            self.watchers[person] = fresh
            await fresh.start()

        self.do(again())

    @invariant()
    def everyone_agrees(self) -> None:
        self.do(self.check())

    async def check(self) -> None:
        for watcher in self.watchers:
            me = user_id(watcher.client)
            mine = {number for number, room in self.rooms.items() if me in room.members}
            stored = {room.id: room for room in await watcher.client.rooms(mine=True)}
            assert set(stored) == mine
            await watcher.until(lambda w=watcher, m=mine: w.mine == m, f"{me} a member of {mine}")
            for number, room in self.rooms.items():
                # A room at the version that was last checked is unchanged since, apart from read markers.
                if me in room.members and watcher.right.get(number) != stored[number].version:
                    await self.check_member(watcher, stored[number], room)
                    watcher.right[number] = stored[number].version
                if me in room.members:
                    self.check_counts(me, stored[number], room)
            await self.check_threads(watcher.client, me)
            assert watcher.faults == []

    async def check_member(self, watcher: Watcher, now: Room, room: ModelRoom) -> None:
        number = now.id
        page = await watcher.client.history(number, limit=200)
        stored = [(m.seq, m.sender.id, m.content, m.deleted) for m in page.messages]
        assert stored == room.state()
        # It received every stored change since it joined, and nothing else.
        await watcher.until(lambda: watcher.live.versions.get(number) == now.version, f"room {number} at {now.version}")
        apart = await watcher.client.history(number, limit=200, threads="apart")
        in_room = [seq for seq, message in enumerate(room.messages, start=1) if message.in_room]
        assert [message.seq for message in apart.messages] == in_room
        held = {entry[0]: entry for entry in watcher.state(number)}
        for entry in stored:
            assert held.get(entry[0], entry) == entry
        await self.check_notices(watcher, number, room)

    async def check_notices(self, watcher: Watcher, number: int, room: ModelRoom) -> None:
        kept = {notice.version: notice for notice in await watcher.client.notices(number, limit=200)}
        happened = [(n.kind, n.actor.id, [user.id for user in n.users], n.after_seq) for n in kept.values()]
        assert happened == room.notices
        got, since = watcher.notices.get(number, {}), watcher.whole_since[number]
        # Live or resumed: every message since it joined, in its present state.
        assert {version: msgspec.to_builtins(notice) for version, notice in kept.items() if version > since} == {
            version: {k: v for k, v in msgspec.to_builtins(notice).items() if k != "type"}
            for version, notice in got.items()
            if version > since
        }

    async def check_threads(self, client: Client, me: int) -> None:
        followed = {(one.room, one.root.seq): one.me.unread for one in (await client.threads(limit=200)).threads}
        assert followed == {
            (number, root): unread
            for number, room in self.rooms.items()
            for root, unread in room.unread_replies(me).items()
        }

    def check_counts(self, me: int, now: Room, room: ModelRoom) -> None:
        assert now.me is not None
        assert now.me.unread == room.unread(me)

    def teardown(self) -> None:
        async def stop() -> None:
            for watcher in self.watchers:
                outside = [n for n, room in self.rooms.items() if not room.may_read(user_id(watcher.client))]
                for number in outside:
                    with pytest.raises(NotFound):
                        await watcher.client.history(number)
                await watcher.stop()
                await watcher.client.__aexit__()

        self.do(stop())
        self.loop.close()


@pytest.mark.parametrize("examples", [6, pytest.param(40, marks=pytest.mark.long)])
def test_the_chat_behaves_like_its_model(server: Server, examples: int) -> None:
    behaves_like_its_model(server.url, examples)


def behaves_like_its_model(url: str, examples: int) -> None:
    class Machine(Chat):
        pass

    Machine.url = url
    run_state_machine_as_test(
        Machine,
        settings=settings(
            max_examples=examples,
            stateful_step_count=40,
            deadline=None,
            derandomize=True,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
