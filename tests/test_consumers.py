"""Consumers on a real store in this process: order, coalescing, fairness, failures, and several servers' shares."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from hubbub.chat import accounts, messages, rooms
from hubbub.chat.changes import Changed
from hubbub.chat.events import Event, JobsAdded
from hubbub.chat.limits import Limits
from hubbub.chat.records import RoomRecord
from hubbub.live.rooms.bus import LocalBus
from hubbub.store.memory.store import MemoryStore
from hubbub.store.sql.database import Database
from hubbub.work.consumers import partitions
from hubbub.work.consumers.consumer import Consumer, Consumers
from hubbub.work.consumers.dirty_rooms import DirtyRooms
from hubbub.work.consumers.operator import ListConsumers
from hubbub.work.consumers.partitions import PARTITIONS, LeasedPartitions
from hubbub.work.jobs.kinds import JobKind, JobKinds
from hubbub.work.work import Work
from tests.raw import PATIENCE

LIMITS = Limits(groups_per_user=1_000)
Handle = Callable[[RoomRecord, Changed], Awaitable[Any]]


class Chat:
    """A store with one user, and a bus."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.bus = LocalBus()
        self.works: list[Work] = []

    async def start(self) -> "Chat":
        await asyncio.to_thread(self.database.migrate)
        self.store = await self.database.open(self.bus.publish)
        await self.store.write(accounts.AddAccount("alice", "Alice", "hash"))
        return self

    async def room(self, *texts: str) -> int:
        room = (await self.store.write(rooms.CreateRoom(1, "private", LIMITS, "room", None, []))).room.id
        for text in texts:
            await self.post(room, text)
        return room

    async def post(self, room: int, text: str) -> None:
        await self.store.write(messages.compose(1, text, LIMITS, room=room))

    def follow(self, handle: Handle, **options: Any) -> Work:
        """A server's work, with one consumer."""
        work = Work(self.store, self.database.shared)
        work.consumers.add(Consumer("test", handle, **options))
        work.start(self.bus.subscribe, self.bus.publish)
        self.works.append(work)
        return work

    async def stop(self) -> None:
        for work in self.works:
            await work.stop()
        await self.store.close()


@pytest.fixture(params=["sqlite", "postgresql"])
async def chat(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Chat]:
    postgresql = request.param == "postgresql"
    url = request.getfixturevalue("postgres").database() if postgresql else f"sqlite:///{tmp_path}/hubbub.db"
    made = await Chat(Database(url)).start()
    yield made
    await made.stop()


class Seen:
    """A handler that notes what it is given."""

    def __init__(self) -> None:
        self.texts: list[tuple[int, str]] = []
        self.calls = 0
        self._changed = asyncio.Condition()

    async def __call__(self, room: RoomRecord, changed: Changed) -> None:
        async with self._changed:
            self.calls += 1
            self.texts += [(room.id, message.content) for message in changed.messages]
            self._changed.notify_all()

    async def until(self, room: int, text: str) -> None:
        async with asyncio.timeout(PATIENCE), self._changed:
            await self._changed.wait_for(lambda: (room, text) in self.texts)

    def of(self, room: int) -> list[str]:
        return [text for of, text in self.texts if of == room]


async def test_what_was_said_before_the_start_and_after_it_comes_in_order(chat: Chat) -> None:
    room = await chat.room(*(f"{number}" for number in range(250)))
    seen = Seen()
    chat.follow(seen, starts="beginning")
    await seen.until(room, "249")
    await chat.post(room, "more")
    await seen.until(room, "more")
    assert seen.of(room) == [*(f"{number}" for number in range(250)), "more"]


async def test_changes_of_one_room_are_coalesced(chat: Chat) -> None:
    seen = Seen()
    chat.follow(seen, starts="beginning")
    marker = await chat.room("begun")
    await seen.until(marker, "begun")
    before = seen.calls
    room = await chat.room()
    await asyncio.gather(*(chat.post(room, f"{number}") for number in range(200)))
    await seen.until(room, "199")
    assert seen.calls - before < 50
    assert sorted(seen.of(room), key=int) == [f"{number}" for number in range(200)]


async def test_one_that_starts_from_now_is_given_nothing_older(chat: Chat) -> None:
    found = [await chat.room("old") for _ in range(450)]
    seen = Seen()
    chat.follow(seen)
    number = 0
    # Said while it starts: skipped or given, but never with what is older.
    while not seen.texts:
        number += 1
        for room in (found[0], found[-1]):
            await chat.post(room, f"{number}")
    assert "old" not in {text for _, text in seen.texts}


async def test_it_goes_on_where_it_was(chat: Chat) -> None:
    room = await chat.room("first")
    seen = Seen()
    work = chat.follow(seen, starts="beginning")
    await seen.until(room, "first")
    await work.stop()
    chat.works.remove(work)
    await chat.post(room, "second")
    again = Seen()
    chat.follow(again, starts="beginning")
    await again.until(room, "second")
    # The cursor of the first may not have been stored yet when it was stopped.
    assert again.of(room) in (["second"], ["first", "second"])


async def test_a_room_that_fails_or_hangs_keeps_no_other_waiting(chat: Chat) -> None:
    sick, slow, well = [await chat.room(f"{number}") for number in range(3)]
    seen = Seen()
    hanging = asyncio.Event()

    async def handle(room: RoomRecord, changed: Changed) -> None:
        if room.id == sick:
            raise ValueError("sick")
        if room.id == slow:
            hanging.set()
            await asyncio.Event().wait()
        await seen(room, changed)

    chat.follow(handle, starts="beginning")
    await hanging.wait()
    await seen.until(well, "2")
    await chat.post(well, "more")
    await seen.until(well, "more")
    assert {room for room, _ in seen.texts} == {well}


async def test_what_takes_too_long_is_a_failure(chat: Chat) -> None:
    room = await chat.room("hello")
    calls = []

    async def handle(room: RoomRecord, changed: Changed) -> None:
        calls.append(room.id)
        await asyncio.Event().wait()

    chat.follow(handle, starts="beginning", timeout_seconds=0.05, tries=1)
    while not (parked := await parked_rooms(chat)):
        await asyncio.sleep(0.01)
    assert parked == [("test", room, "TimeoutError")]
    assert calls == [room]


async def parked_rooms(chat: Chat) -> list[tuple[str, int, str | None]]:
    _, parked = await chat.store.read(ListConsumers())
    return [(one.consumer, one.room, one.error) for one in parked]


@pytest.mark.parametrize("chat", ["postgresql"], indirect=True)
async def test_two_servers_divide_the_rooms_and_one_takes_over(chat: Chat) -> None:
    first, second = Seen(), Seen()
    found = [await chat.room("0") for _ in range(PARTITIONS)]
    one = chat.follow(first, starts="beginning")
    for room in found:
        await first.until(room, "0")
    chat.follow(second, starts="beginning")
    # Until the second has its share, the first does everything; from then on each does its own.
    number = 0
    while len({room for room, _ in second.texts}) < PARTITIONS // 2:
        number += 1
        for room in found:
            await chat.post(room, f"{number}")
        async with asyncio.timeout(PATIENCE):
            while not all((room, f"{number}") in first.texts + second.texts for room in found):
                await asyncio.sleep(0.01)
    await one.stop()
    chat.works.remove(one)
    for room in found:
        await chat.post(room, "last")
    for room in found:
        await second.until(room, "last")
    for room in found:
        # When the first was stopped, the cursors of the texts before the last may not have been stored yet.
        texts = [text for text in first.of(room) + second.of(room) if text != f"{number}"]
        assert sorted(texts) == sorted(set(texts)), "each was handled once"


async def test_a_server_whose_leases_lapsed_does_nothing_more(chat: Chat, monkeypatch: pytest.MonkeyPatch) -> None:
    held = LeasedPartitions(chat.store, "test")
    assert await held._renew(lambda: None, lambda number: False)
    assert held.holds(1)
    late = partitions.monotonic() + 16
    monkeypatch.setattr(partitions, "monotonic", lambda: late)
    assert not held.holds(1)


async def test_dirty_rooms_take_turns() -> None:
    dirty = DirtyRooms()
    for room in (1, 2, 1):
        dirty.add(room)
    assert await dirty.take() == 1
    dirty.add(1)
    assert await dirty.take() == 2
    dirty.done(2, more=True)
    dirty.done(1, more=False)
    assert [await dirty.take(), await dirty.take()] == [2, 1]
    dirty.add(2)
    dirty.put_off(2)
    dirty.done(1, more=False)
    waiting = asyncio.ensure_future(dirty.take())
    await asyncio.sleep(0)
    assert not waiting.done()
    dirty.add(3)
    assert await waiting == 3


@pytest.mark.parametrize("name", ["", "With Space", "a/b", "ü"])
def test_names_that_cannot_be(name: str) -> None:
    with pytest.raises(ValueError, match="cannot be named"):
        Consumers().add(Consumer(name, Seen()))


def test_a_name_is_taken_once() -> None:
    consumers, kinds = Consumers(), JobKinds()
    consumers.add(Consumer("search", Seen()))
    with pytest.raises(ValueError, match="search"):
        consumers.add(Consumer("search", Seen()))
    kind: JobKind[int] = JobKind("mail", None, int)  # type: ignore[arg-type]
    kinds.register(kind)
    with pytest.raises(ValueError, match="mail"):
        kinds.register(kind)


def test_nobody_is_subscribed_without_consumers() -> None:
    subscribed: list[type[Event]] = []

    async def run() -> None:
        work = Work(MemoryStore(), shared=False)
        work.start(lambda subscriber, *kinds: subscribed.extend(kinds), lambda events: None)
        await work.stop()

    asyncio.run(run())
    assert subscribed == [JobsAdded]
