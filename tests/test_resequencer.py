"""However the bus delivers a room's changes, subscribers get each once and in order, and in the end have the room as
stored. The store is a real one, so it promises no more than that of a server."""

import asyncio
from collections.abc import Coroutine, Iterator
from typing import Any, TypeVar

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hubbub.chat import accounts, members, messages, rooms
from hubbub.chat.events import Event, MemberEvent, MessageEvent, RoomCommitted, RoomEvent
from hubbub.chat.limits import Limits
from hubbub.chat.missed import Heads, Missed, MissedSince
from hubbub.chat.transaction import Store
from hubbub.errors import Unavailable
from hubbub.live.cluster import resequencer as module
from hubbub.live.cluster.resequencer import Resequencer
from hubbub.store.sql.database import Database

Result = TypeVar("Result")
LIMITS = Limits()
PEOPLE = 4


class Chat:
    """A store, and all its committed events in order. User 0 owns the rooms."""

    def __init__(self, url: str) -> None:
        self.loop = asyncio.new_event_loop()
        self.committed: list[RoomCommitted] = []
        database = Database(url)
        database.migrate()
        self.store: Store = self.do(database.open(self._hear))
        self.people = [
            self.do(self.store.write(accounts.AddAccount(f"person{letter}", f"person{letter}", "x"))).id
            for letter in "abcd"
        ]

    def _hear(self, events: list[Event]) -> None:
        self.committed += [event for event in events if isinstance(event, RoomCommitted)]

    def do(self, work: Coroutine[Any, Any, Result]) -> Result:
        return self.loop.run_until_complete(work)

    def new_room(self) -> int:
        made = self.do(
            self.store.write(rooms.CreateRoom(self.people[0], "public", LIMITS, f"a room made {len(self.committed)}"))
        )
        return made.room.id


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def chat(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chat]:
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path_factory.mktemp('order') / 'hubbub.db'}"
    else:
        url = request.getfixturevalue("postgres").database()
    made = Chat(url)
    yield made
    made.do(made.store.close())
    made.loop.close()


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Gaps are repaired in the next iteration of the event loop."""
    monkeypatch.setattr(module, "_MOMENT_SECONDS", 0)


ACTIONS = st.lists(
    st.tuples(st.sampled_from(["post", "edit", "delete", "toggle", "rename", "topic"]), st.integers(1, PEOPLE - 1)),
    min_size=1,
    max_size=16,
)
ARRIVALS = st.lists(st.tuples(st.integers(0, 10_000), st.booleans()), max_size=30)
"""Which change comes, and whether a turn of the loop passes then."""


def play(chat: Chat, room: int, actions: list[tuple[str, int]]) -> None:
    """Change the room. Impossible changes, such as an edit without a message, are skipped."""
    owner, last, inside = chat.people[0], 0, set()
    for number, (action, person) in enumerate(actions):
        who = chat.people[person]
        match action:
            case "post":
                last = chat.do(
                    chat.store.write(messages.compose(owner, f"word {number}", LIMITS, room=room))
                ).message.seq
            case "edit" if last:
                chat.do(chat.store.write(messages.amend(owner, room, last, f"edited {number}", LIMITS)))
            case "delete" if last:
                chat.do(chat.store.write(messages.DeleteMessage(owner, room, last)))
                last = 0
            case "toggle" if who in inside:
                chat.do(chat.store.write(members.RemoveMember(owner, room, who, LIMITS)))
                inside.remove(who)
            case "toggle":
                chat.do(chat.store.write(members.AddMember(owner, room, LIMITS, who)))
                inside.add(who)
            case "rename":
                chat.do(chat.store.write(rooms.ChangeRoom(owner, room, name=f"room {room} {number}")))
            case "topic":
                chat.do(chat.store.write(rooms.ChangeRoom(owner, room, topic=f"topic {number}")))


class Copy:
    """A room as built by a subscriber from its events."""

    def __init__(self) -> None:
        self.versions: list[int] = []
        self.said: dict[int, tuple[str, bool]] = {}
        self.ranks: dict[int, str | None] = {}
        self.about: tuple[Any, ...] = ()

    def apply(self, committed: RoomCommitted) -> None:
        event = committed.event
        if isinstance(event, RoomEvent):
            # A room's state may arrive with the last published version.
            assert committed.version >= max(self.versions, default=0)
            self.about = about(event)
        else:
            assert committed.version > max(self.versions, default=0)
        self.versions.append(committed.version)
        if isinstance(event, MessageEvent):
            self.said[event.seq] = (event.content, event.deleted)
        elif isinstance(event, MemberEvent):
            self.ranks[event.user.id] = event.rank


def about(room: RoomEvent) -> tuple[Any, ...]:
    return room.kind, room.name, room.topic, room.archived_at, room.deleted


class Reader:
    """The store, read a few changes at a time, and sometimes unavailable."""

    def __init__(self, store: Store, failures: int, most: int) -> None:
        self._store = store
        self._failures = failures
        self._most = most

    async def read(self, room: int, since: int) -> Missed:
        if self._failures:
            self._failures -= 1
            raise Unavailable("not now")
        return await self._store.read(MissedSince(room, since, self._most))


def place(change: RoomCommitted) -> tuple[int, int]:
    return change.room, change.version


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(ACTIONS, ARRIVALS, st.integers(0, 30), st.integers(0, 3), st.integers(1, 4))
def test_each_once_in_order_and_in_the_end_as_it_is_stored(
    chat: Chat, actions: list[tuple[str, int]], arrivals: list[tuple[int, bool]], other: int, failures: int, most: int
) -> None:
    """Lost, late and duplicate messages are chosen at random; another subscriber joins in the middle."""
    room = chat.new_room()
    began = len(chat.committed)
    version = chat.committed[-1].version
    play(chat, room, actions)
    committed = chat.committed[began:]
    if not committed:
        return
    copy = Copy()

    async def run() -> int:
        order = Resequencer(place, copy.apply, Reader(chat.store, failures, most).read)
        order.began(room, version)
        for number, (which, pauses) in enumerate(arrivals):
            if number == other:
                order.known(room, committed[-1].version)
            order.on_event(committed[which % len(committed)])
            if pauses:
                await asyncio.sleep(0)
        head = (await chat.store.read(Heads([room])))[room]
        while order.published_version(room) < head:
            order.compare({room: head})
            await asyncio.sleep(0)
        return head

    head = chat.do(run())
    assert max(copy.versions) == head
    everything = Copy()
    for change in committed:
        everything.apply(change)
    assert copy.said == everything.said
    assert copy.ranks == everything.ranks
    if everything.about:
        assert copy.about == everything.about


async def test_what_nobody_listens_to_is_passed_as_it_comes() -> None:
    received: list[int] = []

    async def nothing(room: int, since: int) -> Missed:
        return Missed([], None, since, has_more=False)

    order = Resequencer(place, lambda committed: received.append(committed.version), nothing)
    room = RoomEvent(1, "public", 0, 1, 1, "2026-01-01T00:00:00.000Z", "hall")
    for version in (3, 9, 4):
        order.on_event(RoomCommitted(1, version, room, room))
    assert received == [3, 9, 4]
    order.began(1, 4)
    order.ended(1)
    order.on_event(RoomCommitted(1, 8, room, room))
    assert received[-1] == 8
    assert order.published_version(1) == 0
