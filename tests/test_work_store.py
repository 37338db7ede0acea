"""The part of the store's contract that work rests on, for each implementation: memory, SQLite, PostgreSQL."""

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from msgspec import Struct

from hubbub.chat import accounts, messages, rooms
from hubbub.chat.events import Event, JobsAdded
from hubbub.chat.jobs import JobRecord, NewJob
from hubbub.chat.limits import Limits
from hubbub.chat.transaction import NOTHING, Outcome, Store, Touches, Transaction
from hubbub.errors import Conflict, NotFound, Unavailable
from hubbub.store.memory.store import MemoryStore
from hubbub.store.sql.database import Database
from hubbub.work.consumers.commands import Advance, NextSlice, Park, RoomsBehind, StartConsumer
from hubbub.work.consumers.operator import DropConsumer, DropCursors, ListConsumers, Unpark
from hubbub.work.consumers.partitions import PARTITIONS, EndLeases, RenewLeases
from hubbub.work.jobs.commands import (
    AddJobs,
    ClaimJobs,
    FailJob,
    FinishJob,
    NextDue,
    ReleaseAll,
    ReleaseJobs,
    RenewJobs,
)
from hubbub.work.jobs.operator import CountJobs, DropJobs, ListJobs, RetryJobs
from hubbub.work.scheduler.scheduler import NextTimes, StartDue
from hubbub.work.scheduler.times import Every

LIMITS = Limits()
LONG_MS = 3_600_000


class Do(Struct, frozen=True):
    """A command that does what it is given."""

    what: Callable[[Transaction], Any]

    def touches(self) -> Touches:
        return NOTHING

    def decide(self, tx: Transaction) -> Outcome[Any]:
        return Outcome(self.what(tx))


class Refuse(Struct, frozen=True):
    def touches(self) -> Touches:
        return NOTHING

    def decide(self, tx: Transaction) -> Outcome[None]:
        raise Conflict("no")


@pytest.fixture
def published() -> list[Event]:
    return []


@pytest.fixture(params=["memory", "sqlite", "postgresql"])
async def store(request: pytest.FixtureRequest, tmp_path: Path, published: list[Event]) -> AsyncIterator[Store]:
    if request.param == "memory":
        yield MemoryStore(published.extend)
        return
    postgresql = request.param == "postgresql"
    url = request.getfixturevalue("postgres").database() if postgresql else f"sqlite:///{tmp_path}/hubbub.db"
    database = Database(url)
    await asyncio.to_thread(database.migrate)
    opened = await database.open(published.extend)
    yield opened
    await opened.close()


async def claim(store: Store, kind: str = "mail", most: int = 9, holder: str = "one", lease: int = LONG_MS):
    return await store.write(ClaimJobs({kind: most}, holder, lease))


async def jobs(store: Store, **options: Any) -> list[JobRecord]:
    return await store.read(ListJobs(**options))


async def room_with(store: Store, messages_: int) -> int:
    if not await store.read(accounts.Directory("", 0, 1)):
        await store.write(accounts.AddAccount("alice", "Alice", "hash"))
    room = (await store.write(rooms.CreateRoom(1, "private", LIMITS, "room", None, []))).room.id
    for number in range(messages_):
        await store.write(messages.compose(1, f"message {number}", LIMITS, room=room))
    return room


# Jobs


async def test_a_job_is_stored_with_its_command_or_not_at_all(store: Store, published: list[Event]) -> None:
    room = await room_with(store, 1)
    with pytest.raises(NotFound):
        await store.write(rooms.DeleteRoom(1, room + 1))
    assert await jobs(store) == []
    await store.write(rooms.DeleteRoom(1, room))
    (job,) = await jobs(store)
    assert (job.kind, job.payload, job.key, job.state) == ("purge-room", f'{{"room":{room}}}', str(room), "waiting")
    assert [event for event in published if isinstance(event, JobsAdded)] == [JobsAdded()]


async def test_what_is_due_is_claimed_once_in_its_order(store: Store) -> None:
    await store.write(AddJobs([NewJob("mail", number, due_at=1000 - number) for number in range(3)]))
    await store.write(AddJobs([NewJob("mail", "later", due_at=1 << 50), NewJob("other")]))
    assert [job.payload for job in await claim(store, most=2)] == ["2", "1"]
    assert [(job.payload, job.tries, job.holder) for job in await claim(store)] == [("0", 1, "one")]
    assert await claim(store) == []
    due = await store.read(NextDue(["mail", "other", "unknown"]))
    assert due["mail"] > 0
    assert due["other"] <= 0
    assert "unknown" not in due


async def test_a_finished_job_is_gone_with_its_effect_stored(store: Store) -> None:
    await store.write(AddJobs([NewJob("mail", 1), NewJob("mail", 2)]))
    first, second = await claim(store)
    assert await store.write(FinishJob(first.id, "one", AddJobs([NewJob("next")])))
    assert [job.kind for job in await jobs(store)] == ["mail", "next"]
    # Refused: nothing of it is stored, and it can be tried again.
    with pytest.raises(Conflict):
        await store.write(FinishJob(second.id, "one", Refuse()))
    assert [job.state for job in await jobs(store, kind="mail")] == ["running"]


async def test_a_job_whose_lease_ran_out_belongs_to_who_takes_it_over(store: Store) -> None:
    await store.write(AddJobs([NewJob("mail")]))
    (job,) = await claim(store, lease=-1)
    (again,) = await claim(store, holder="two")
    assert (again.id, again.tries) == (job.id, 2)
    assert not await store.write(FinishJob(job.id, "one", AddJobs([NewJob("effect")])))
    await store.write(FailJob(job.id, "one", "late", None))
    await store.write(RenewJobs([job.id], "one", -1))
    await store.write(ReleaseJobs([job.id], "one"))
    assert [(job.holder, job.state) for job in await jobs(store)] == [("two", "running")]
    assert await store.write(FinishJob(job.id, "two"))
    assert await jobs(store) == []


async def test_a_failed_job_waits_then_is_a_dead_letter_that_an_operator_revives(store: Store) -> None:
    await store.write(AddJobs([NewJob("mail"), NewJob("other")]))
    (job,) = await claim(store)
    await store.write(FailJob(job.id, "one", "refused " * 999, LONG_MS))
    (waiting,) = await jobs(store, kind="mail")
    assert (waiting.state, waiting.tries, waiting.last_error[:14]) == ("waiting", 1, "refused refuse")
    assert len(waiting.last_error) == 2000
    assert await claim(store) == []
    assert await store.write(RetryJobs([job.id, 999])) == [job.id]
    (job,) = await claim(store)
    assert await store.write(RetryJobs([job.id])) == []
    await store.write(FailJob(job.id, "one", "refused", None))
    assert [job.kind for job in await jobs(store, dead=True)] == ["mail"]
    assert await jobs(store, dead=True, kind="other") == []
    assert await claim(store) == []
    assert await store.read(CountJobs()) == [("mail", "dead", 1), ("other", "waiting", 1)]
    assert await store.write(RetryJobs([job.id])) == [job.id]
    assert len(await claim(store)) == 1
    assert await store.write(DropJobs([job.id, 999])) == [job.id]
    assert not await store.write(FinishJob(job.id, "one", AddJobs([NewJob("effect")])))
    assert [job.kind for job in await jobs(store)] == ["other"]


async def test_jobs_of_one_key_are_one(store: Store) -> None:
    for payload in (1, 2):
        await store.write(AddJobs([NewJob("mail", payload, key="k"), NewJob("mail", payload, key="k")]))
    await store.write(AddJobs([NewJob("other", key="k")]))
    (job,) = await claim(store)
    assert job.payload == "1"
    await store.write(AddJobs([NewJob("mail", 3, key="k")]))
    assert await claim(store) == []
    # Given up: the next one takes its place.
    await store.write(FailJob(job.id, "one", "no", None))
    await store.write(AddJobs([NewJob("mail", 4, key="k")]))
    assert [(job.payload, job.tries) for job in await claim(store)] == [("4", 1)]


async def test_released_jobs_are_due_at_once(store: Store) -> None:
    await store.write(AddJobs([NewJob("mail"), NewJob("mail")]))
    first, second = await claim(store)
    await store.write(ReleaseJobs([first.id], "one"))
    # A stop does not count as a try; being killed does, as the job may have been the cause.
    assert [(job.id, job.tries) for job in await claim(store, holder="two")] == [(first.id, 1)]
    await store.write(ReleaseAll())
    assert [(job.id, job.tries) for job in await claim(store, holder="three")] == [(first.id, 2), (second.id, 2)]


async def test_jobs_are_listed_in_pages(store: Store) -> None:
    await store.write(AddJobs([NewJob("mail", number) for number in range(5)]))
    page = await jobs(store, limit=3)
    assert [job.payload for job in page] == ["0", "1", "2"]
    assert [job.payload for job in await jobs(store, after=page[-1].id)] == ["3", "4"]


# Consumers


async def test_a_consumer_that_starts_from_the_beginning_gets_everything(store: Store) -> None:
    room = await room_with(store, 5)
    assert await store.write(StartConsumer("search", skip=False))
    assert await store.read(RoomsBehind("search", 1)) == ([room], None)
    first = await store.read(NextSlice("search", room, 3))
    assert [message.content for message in first.changed.messages] == ["message 0", "message 1", "message 2"]
    assert first.changed.has_more
    assert await store.write(Advance("search", room, first.since, first.changed.version))
    rest = await store.read(NextSlice("search", room, 9))
    assert [message.content for message in rest.changed.messages] == ["message 3", "message 4"]
    assert await store.write(Advance("search", room, rest.since, rest.changed.version))
    assert await store.read(NextSlice("search", room, 9)) is None
    assert await store.read(RoomsBehind("search", 1)) == ([], None)


async def test_a_consumer_that_starts_from_now_gets_what_follows(store: Store) -> None:
    old = await room_with(store, 2)
    assert await store.write(StartConsumer("push", skip=True))
    assert await store.read(NextSlice("push", old, 9)) is None
    new = await room_with(store, 1)
    await store.write(messages.compose(1, "new", LIMITS, room=old))
    assert await store.read(RoomsBehind("push", 1)) == ([old, new], None)
    # Known already: nothing is skipped again.
    assert await store.write(StartConsumer("push", skip=True))
    assert [m.content for m in (await store.read(NextSlice("push", old, 9))).changed.messages] == ["new"]
    assert [m.content for m in (await store.read(NextSlice("push", new, 9))).changed.messages] == ["message 0"]


async def test_rooms_behind_are_found_in_pages(store: Store) -> None:
    found = [await room_with(store, 0) for _ in range(3)]
    assert await store.read(RoomsBehind("search", 1, span=2)) == (found[:2], 3)
    assert await store.read(RoomsBehind("search", 3, span=2)) == (found[2:], None)


async def test_a_cursor_moves_once_and_its_effect_with_it(store: Store) -> None:
    room = await room_with(store, 1)
    version = (await store.read(NextSlice("search", room, 9))).changed.version
    with pytest.raises(Conflict):
        await store.write(Advance("search", room, 0, version, Refuse()))
    assert await store.write(Advance("search", room, 0, version, AddJobs([NewJob("effect", 1)])))
    assert not await store.write(Advance("search", room, 0, version, AddJobs([NewJob("effect", 2)])))
    assert [job.payload for job in await jobs(store)] == ["1"]


async def test_a_parked_room_is_left_alone_until_an_operator_says_so(store: Store) -> None:
    room, other = await room_with(store, 1), await room_with(store, 1)
    await store.write(StartConsumer("search", skip=False))
    await store.write(Park("search", room, "ValueError: no"))
    assert await store.read(NextSlice("search", room, 9)) is None
    assert await store.read(RoomsBehind("search", 1)) == ([other], None)
    consumers, parked = await store.read(ListConsumers())
    assert [consumer.name for consumer in consumers] == ["search"]
    assert [(one.consumer, one.room, one.error) for one in parked] == [("search", room, "ValueError: no")]
    assert await store.write(Unpark("search", room))
    assert not await store.write(Unpark("search", room))
    assert await store.read(RoomsBehind("search", 1)) == ([room, other], None)


async def test_a_consumer_that_is_dropped_begins_anew(store: Store) -> None:
    room = await room_with(store, 1)
    for name in ("search", "push"):
        assert await store.write(StartConsumer(name, skip=True))
    await store.write(RenewLeases("search", "one", LONG_MS, []))
    with pytest.raises(Unavailable, match="runs with the consumer search"):
        await store.write(DropConsumer("search"))
    await store.write(EndLeases("search", "one"))
    assert await store.write(DropConsumer("search"))
    assert await store.write(DropCursors("search", 1)) is None
    assert not await store.write(DropConsumer("search"))
    consumers, _ = await store.read(ListConsumers())
    assert [consumer.name for consumer in consumers] == ["push"]
    assert await store.read(RoomsBehind("search", 1)) == ([room], None)
    assert await store.read(RoomsBehind("push", 1)) == ([], None)


# Leases


async def test_servers_share_the_partitions_and_take_over_what_lapsed(store: Store) -> None:
    renewed = await store.write(RenewLeases("search", "one", LONG_MS, []))
    assert (renewed.held, renewed.share) == (list(range(PARTITIONS)), PARTITIONS)
    # Another consumer's partitions are others.
    assert len((await store.write(RenewLeases("push", "two", LONG_MS, []))).held) == PARTITIONS
    newcomer = await store.write(RenewLeases("search", "two", LONG_MS, []))
    assert (newcomer.held, newcomer.share) == ([], PARTITIONS // 2)
    first = await store.write(RenewLeases("search", "one", LONG_MS, list(range(PARTITIONS // 2))))
    assert first.held == list(range(PARTITIONS // 2, PARTITIONS))
    assert (await store.write(RenewLeases("search", "two", -1, []))).held == list(range(PARTITIONS // 2))
    # The second has lapsed: the first is alone.
    assert (await store.write(RenewLeases("search", "one", LONG_MS, []))).held == list(range(PARTITIONS))
    await store.write(EndLeases("search", "one"))
    assert (await store.write(RenewLeases("search", "three", LONG_MS, []))).held == list(range(PARTITIONS))


# Schedules


async def test_a_task_is_started_once_and_its_time_does_not_drift(store: Store) -> None:
    tasks = {"digest": Every(LONG_MS)}
    assert await store.read(NextTimes(tasks)) == {"digest": 0}
    await store.write(StartDue(tasks))
    await store.write(StartDue(tasks))
    (job,) = await jobs(store)
    assert (job.kind, job.key) == ("scheduled.digest", "digest")
    due = await store.write(Do(lambda tx: tx.schedules.next()["digest"]))
    # Down for two and a half periods: it is run once, and the next time is where it would have been.
    await store.write(Do(lambda tx: tx.schedules.save("digest", due - 3 * LONG_MS - LONG_MS // 2)))
    await claim(store, kind="scheduled.digest")
    await store.write(FinishJob(job.id, "one"))
    await store.write(StartDue(tasks))
    assert len(await jobs(store)) == 1
    assert await store.write(Do(lambda tx: tx.schedules.next()["digest"])) == due - LONG_MS // 2
