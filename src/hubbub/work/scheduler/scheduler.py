"""What happens at a time, on one server at a time.

The next time of each task is in the database. When it has come, one server moves it on and adds a job, in one
transaction: so each time gives one job, whichever servers are there, and the job has the retries of any other. While
it waits or runs, another one of the task is not added. What happens once, at a time, is a job with `due_at`.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import time
from zoneinfo import ZoneInfo

import structlog
from msgspec import Struct

from hubbub.chat.jobs import NewJob
from hubbub.chat.transaction import NOTHING, Outcome, Snapshot, Store, Touches, Transaction
from hubbub.errors import HubbubError
from hubbub.work.jobs.kinds import Job, JobKind, JobKinds
from hubbub.work.scheduler.times import Daily, Every, Times

_POLL_SECONDS = 30.0
_KIND = "scheduled."
_log = structlog.get_logger("scheduler")

Task = Callable[[], Awaitable[None]]


class Scheduler:
    """`kinds`: each task is a kind of job, named `scheduled.` and the task's name."""

    def __init__(self, store: Store, kinds: JobKinds) -> None:
        self._store = store
        self._kinds = kinds
        self._times: dict[str, Times] = {}
        self._running: asyncio.Task[None] | None = None

    def every(self, name: str, seconds: float, work: Task, timeout_seconds: float = 600) -> None:
        """Do something at once, when the database does not know it yet, and then every so many seconds."""
        self._add(name, Every(round(seconds * 1000)), work, timeout_seconds)

    def daily(self, name: str, at: time, zone: ZoneInfo, work: Task, timeout_seconds: float = 600) -> None:
        """Do something each day at a local time."""
        self._add(name, Daily(at, zone), work, timeout_seconds)

    def _add(self, name: str, times: Times, work: Task, timeout_seconds: float) -> None:
        async def carry_out(payload: None, job: Job) -> None:
            await work()

        self._kinds.register(JobKind(_KIND + name, carry_out, type(None), 1, timeout_seconds, tries=5))
        self._times[name] = times

    def start(self) -> None:
        self._running = asyncio.get_running_loop().create_task(self._start_all())

    async def stop(self) -> None:
        if self._running is not None:
            self._running.cancel()
            await asyncio.gather(self._running, return_exceptions=True)

    async def _start_all(self) -> None:
        while True:
            wait = _POLL_SECONDS
            try:
                waits = await self._store.read(NextTimes(self._times))
                if min(waits.values(), default=1) <= 0:
                    await self._store.write(StartDue(self._times))
                    continue
                wait = min([_POLL_SECONDS, *(milliseconds / 1000 + 0.001 for milliseconds in waits.values())])
            except HubbubError as error:
                _log.warning("tasks_not_started", error=str(error))
            except Exception:
                _log.exception("tasks_not_started")
            await asyncio.sleep(wait)


class NextTimes(Struct, frozen=True):
    """In how many ms each of the tasks is due; 0 for those that `StartDue` has to set a time for."""

    times: Mapping[str, Times]

    def answer(self, snapshot: Snapshot) -> dict[str, int]:
        now, known = snapshot.now(), snapshot.schedules.next()
        wrong = _without_time(self.times, known, now)
        return {name: 0 if name in wrong else known[name] - now for name in self.times}


class StartDue(Struct, frozen=True):
    """Start what is due: a job for each such task, and its next time."""

    times: Mapping[str, Times]

    def touches(self) -> Touches:
        return NOTHING

    def decide(self, tx: Transaction) -> Outcome[None]:
        now, known = tx.now(), tx.schedules.next()
        for name in _without_time(self.times, known, now):
            if name in known:
                tx.schedules.save(name, self.times[name].latest(now))
            else:
                tx.schedules.add(name, self.times[name].first(now))
        jobs = []
        for name, due in tx.schedules.due(sorted(self.times), now).items():
            tx.schedules.save(name, self.times[name].after(due, now))
            jobs.append(NewJob(_KIND + name, key=name))
        return Outcome(None, jobs=jobs)


def _without_time(times: Mapping[str, Times], known: Mapping[str, int], now: int) -> list[str]:
    """Tasks that the database does not know yet, or whose time cannot be right: the clock was ahead when it was set, or
    the task comes more often now."""
    return sorted(name for name in times if name not in known or known[name] > times[name].latest(now))
