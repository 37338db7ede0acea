"""Jobs and scheduled tasks on a real store in this process: bounds, failures, times, and several servers."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from time import monotonic
from typing import Any

import pytest

from hubbub.chat import clock
from hubbub.chat.jobs import JobRecord, NewJob
from hubbub.chat.transaction import Store
from hubbub.live.rooms.bus import LocalBus
from hubbub.store.sql.database import Database
from hubbub.store.sql.transaction import SqlTransaction
from hubbub.work.consumers.commands import Park
from hubbub.work.consumers.operator import ListConsumers
from hubbub.work.jobs.commands import AddJobs, ClaimJobs
from hubbub.work.jobs.kinds import Job, JobKind
from hubbub.work.jobs.operator import ListJobs
from hubbub.work.scheduler.scheduler import NextTimes, StartDue
from hubbub.work.scheduler.times import Every
from hubbub.work.work import Work
from tests.raw import PATIENCE

Handler = Callable[[Any, Job], Awaitable[Any]]


class Servers:
    """Servers on one database, each with its own store."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self._open: list[tuple[Work, Any]] = []

    async def start(self, register: Callable[[Work], None]) -> Work:
        bus = LocalBus()
        store = await self.database.open(bus.publish)
        work = Work(store, self.database.shared)
        register(work)
        work.start(bus.subscribe, bus.publish_to_others)
        self._open.append((work, store))
        return work

    async def stop(self) -> None:
        for work, store in self._open:
            await work.stop()
            await store.close()


@pytest.fixture(params=["sqlite", "postgresql"])
async def servers(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Servers]:
    postgresql = request.param == "postgresql"
    url = request.getfixturevalue("postgres").database() if postgresql else f"sqlite:///{tmp_path}/hubbub.db"
    made = Servers(Database(url))
    await asyncio.to_thread(made.database.migrate)
    yield made
    await made.stop()


async def jobs_when(store: Store, holds: Callable[[list[JobRecord]], bool]) -> list[JobRecord]:
    """Wait until it holds of the jobs."""
    async with asyncio.timeout(PATIENCE):
        while not holds(found := await store.read(ListJobs())):
            await asyncio.sleep(0.01)
    return found


async def test_no_more_of_a_kind_run_at_once_than_it_says_and_no_kind_waits_for_another(servers: Servers) -> None:
    hanging = asyncio.Event()
    running = most = 0

    async def hang(number: int, job: Job) -> None:
        await hanging.wait()

    async def count(number: int, job: Job) -> None:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await asyncio.sleep(0.01)
        running -= 1

    def register(work: Work) -> None:
        work.job_kinds.register(JobKind("hang", hang, int, at_once=2))
        work.job_kinds.register(JobKind("count", count, int, at_once=3))

    work = await servers.start(register)
    await work.store.write(AddJobs([NewJob("hang", number) for number in range(5)]))
    await work.store.write(AddJobs([NewJob("count", number) for number in range(20)]))
    left = await jobs_when(work.store, lambda jobs: {job.kind for job in jobs} == {"hang"})
    assert most == 3
    assert [job.state for job in left] == ["running"] * 2 + ["waiting"] * 3
    hanging.set()
    await jobs_when(work.store, lambda jobs: jobs == [])


async def test_what_hangs_or_does_not_fit_is_a_dead_letter_after_its_tries(servers: Servers) -> None:
    async def hang(payload: int, job: Job) -> None:
        await asyncio.Event().wait()

    work = await servers.start(
        lambda work: work.job_kinds.register(JobKind("hang", hang, int, timeout_seconds=0.05, tries=1))
    )
    await work.store.write(AddJobs([NewJob("hang", 1), NewJob("hang", "not a number")]))
    found = await jobs_when(work.store, lambda jobs: all(job.dead_at for job in jobs))
    assert [job.last_error for job in found] == ["TimeoutError", "ValidationError: Expected `int`, got `str`"]


async def test_an_error_that_is_not_text_is_stored_as_text(servers: Servers) -> None:
    """It may quote anything, such as the answer of another server."""

    async def fail(payload: None, job: Job) -> None:
        raise ValueError("a\0b\ud800")

    work = await servers.start(lambda work: work.job_kinds.register(JobKind("fail", fail, type(None), tries=1)))
    await work.store.write(AddJobs([NewJob("fail")]))
    (job,) = await jobs_when(work.store, lambda jobs: all(job.dead_at for job in jobs))
    assert job.last_error == "ValueError: a\N{REPLACEMENT CHARACTER}b?"
    await work.store.write(Park("search", 1, "a\0b\ud800"))
    assert [one.error for one in (await work.store.read(ListConsumers()))[1]] == ["a\N{REPLACEMENT CHARACTER}b?"]


async def test_a_job_that_ends_its_server_each_time_is_given_up(servers: Servers) -> None:
    begun: list[Job] = []

    async def note(payload: None, job: Job) -> None:
        begun.append(job)

    store = await servers.database.open(lambda events: None)
    await store.write(AddJobs([NewJob("note")]))
    for _ in range(2):  # by servers that were killed
        await store.write(ClaimJobs({"note": 1}, "killed", -1))
    await store.close()
    work = await servers.start(lambda work: work.job_kinds.register(JobKind("note", note, type(None), tries=2)))
    (job,) = await jobs_when(work.store, lambda jobs: all(job.dead_at for job in jobs))
    assert (job.last_error, begun) == ("The server ended during its last try.", [])


async def test_a_job_is_not_done_before_its_time(servers: Servers) -> None:
    done: list[tuple[int, int]] = []

    async def note(due: int, job: Job) -> None:
        done.append((due, clock.now()))

    work = await servers.start(lambda work: work.job_kinds.register(JobKind("note", note, int)))
    now = clock.now()
    times = [now + milliseconds for milliseconds in (300, 100, 200)]
    await work.store.write(AddJobs([NewJob("note", due, due_at=due) for due in times]))
    await jobs_when(work.store, lambda jobs: jobs == [])
    assert [due for due, _ in done] == sorted(times)
    assert all(at >= due for due, at in done)


async def test_a_stop_lets_running_jobs_finish(servers: Servers) -> None:
    begun, finish = asyncio.Event(), asyncio.Event()

    async def wait(payload: None, job: Job) -> None:
        begun.set()
        await finish.wait()

    work = await servers.start(lambda work: work.job_kinds.register(JobKind("wait", wait, type(None))))
    await work.store.write(AddJobs([NewJob("wait"), NewJob("other")]))
    await begun.wait()
    stopping = asyncio.create_task(work.stop())
    await asyncio.sleep(0)
    finish.set()
    await stopping
    assert [job.kind for job in await work.store.read(ListJobs())] == ["other"]


@pytest.mark.parametrize("servers", ["postgresql"], indirect=True)
async def test_of_several_servers_one_does_a_job(servers: Servers) -> None:
    done: list[int] = []

    async def note(number: int, job: Job) -> None:
        done.append(number)

    works = [
        await servers.start(lambda work: work.job_kinds.register(JobKind("note", note, int, at_once=5)))
        for _ in range(3)
    ]
    await asyncio.gather(
        *(
            work.store.write(AddJobs([NewJob("note", number + 10 * n) for number in range(10)]))
            for n, work in enumerate(works)
        )
    )
    await jobs_when(works[0].store, lambda jobs: jobs == [])
    assert sorted(done) == list(range(30))


async def test_a_task_is_done_at_each_of_its_times_by_one_server(servers: Servers) -> None:
    period = 0.1
    runs: list[float] = []
    enough = asyncio.Event()

    async def work_of_a_task() -> None:
        runs.append(monotonic())
        if len(runs) == 6:
            enough.set()

    begun = monotonic()
    for _ in range(2 if servers.database.shared else 1):
        await servers.start(lambda work: work.scheduler.every("tick", period, work_of_a_task))
    async with asyncio.timeout(PATIENCE):
        await enough.wait()
    # Never more often than its time came, the first being at once.
    assert len(runs) <= (runs[-1] - begun) / period + 2


async def test_a_task_that_fails_is_tried_again_and_comes_again(servers: Servers) -> None:
    runs = 0
    enough = asyncio.Event()

    async def fail() -> None:
        nonlocal runs
        runs += 1
        if runs == 2:
            enough.set()
        raise ValueError("not today")

    work = await servers.start(lambda work: work.scheduler.every("fail", 3600, fail))
    async with asyncio.timeout(PATIENCE):
        await enough.wait()
    (job,) = await work.store.read(ListJobs())
    assert (job.kind, job.key) == ("scheduled.fail", "fail")


async def test_a_time_that_was_stored_while_the_clock_was_ahead_is_corrected(
    servers: Servers, monkeypatch: pytest.MonkeyPatch
) -> None:
    tasks = {"digest": Every(60_000)}
    store = await servers.database.open(lambda events: None)
    with monkeypatch.context() as ahead:
        ahead.setattr(SqlTransaction, "now", lambda tx: clock.now() + 366 * 86_400_000)
        await store.write(StartDue(tasks))
    assert await store.read(NextTimes(tasks)) == {"digest": 0}
    await store.write(StartDue(tasks))
    assert 0 < (await store.read(NextTimes(tasks)))["digest"] <= 60_000
    await store.close()
