"""Carries out the jobs of a server: claims what is due, as many of each kind as there is room for, and never so fast
that sends wait for it."""

import asyncio
from secrets import token_hex

import structlog

from hubbub.chat.events import Event
from hubbub.chat.jobs import JobRecord
from hubbub.chat.transaction import Store
from hubbub.errors import HubbubError
from hubbub.work.backoff import backoff
from hubbub.work.interrupted import interrupt
from hubbub.work.jobs.commands import ClaimJobs, FailJob, FinishJob, NextDue, ReleaseAll, ReleaseJobs, RenewJobs
from hubbub.work.jobs.kinds import JobKinds

_LEASE_MS = 25_000
"""After a kill another server takes a job over within this time."""
_RENEW_SECONDS = 8.0
_POLL_SECONDS = 5.0
"""How late what another process has put into the database is found: an operator's retry, another server's job."""
_PAUSE_SECONDS = 0.02
"""Between two claims: what is sent meanwhile goes first."""
_log = structlog.get_logger("jobs")


class JobRunner:
    """`shared`: other servers use the database too."""

    def __init__(self, store: Store, kinds: JobKinds, shared: bool) -> None:
        self._store = store
        self._kinds = kinds
        self._shared = shared
        self._holder = token_hex(8)
        self._running: dict[int, tuple[str, asyncio.Task[None]]] = {}
        self._wake = asyncio.Event()
        self._stopping = False
        self._tasks: list[asyncio.Task[None]] = []

    def on_event(self, event: Event) -> None:
        """Jobs were added."""
        self._wake.set()

    def start(self) -> None:
        loop = asyncio.get_running_loop()
        self._tasks = [loop.create_task(self._claim_all()), loop.create_task(self._renew_all())]

    async def stop(self, seconds: float) -> None:
        """Claim nothing more; give running jobs so long to finish, then interrupt and release them."""
        self._stopping = True
        self._wake.set()
        claiming, renewing = self._tasks
        await claiming  # not cancelled: what it is just claiming would be lost to others until its lease runs out
        running = [task for _, task in self._running.values()]
        if not running:
            renewing.cancel()
            return
        _, late = await asyncio.wait(running, timeout=seconds)
        left = [job for job, (_, task) in self._running.items() if task in late]
        await interrupt(late)
        renewing.cancel()
        if left:
            _log.info("jobs_released", jobs=left)
            try:
                await self._store.write(ReleaseJobs(left, self._holder))
            except HubbubError as error:
                _log.warning("jobs_not_released", error=str(error))  # their leases run out

    async def _claim_all(self) -> None:
        released = self._shared
        while not self._stopping:
            self._wake.clear()
            try:
                if not released:
                    await self._store.write(ReleaseAll())
                    released = True
                wait = await self._claim()
            except HubbubError as error:
                _log.warning("jobs_not_claimed", error=str(error))
                wait = _POLL_SECONDS
            except Exception:
                _log.exception("jobs_not_claimed")
                wait = _POLL_SECONDS
            try:
                if not self._stopping:
                    async with asyncio.timeout(wait):
                        await self._wake.wait()
            except TimeoutError:
                continue
            await asyncio.sleep(_PAUSE_SECONDS)

    async def _claim(self) -> float:
        """Claim what there is room for; returns the seconds until it is worth looking again."""
        free = {kind: self._kinds.get(kind).at_once for kind in self._kinds.names()}
        for kind, _ in self._running.values():
            free[kind] -= 1
        kinds = [kind for kind, room in free.items() if room > 0]
        if not kinds:
            return _POLL_SECONDS
        due = await self._store.read(NextDue(kinds))
        wanted = {kind: free[kind] for kind, milliseconds in due.items() if milliseconds <= 0}
        if wanted:
            loop = asyncio.get_running_loop()
            for job in await self._store.write(ClaimJobs(wanted, self._holder, _LEASE_MS)):
                # One whose lease ran out while it was running here, as this process stood still, goes on running.
                if job.id not in self._running:
                    self._running[job.id] = job.kind, loop.create_task(self._carry_out(job))
            return _PAUSE_SECONDS
        return min([_POLL_SECONDS, *(milliseconds / 1000 + 0.001 for milliseconds in due.values())])

    async def _carry_out(self, job: JobRecord) -> None:
        try:
            await self._try(job)
        except HubbubError as error:
            # Its lease runs out: it is tried again.
            _log.warning("job_not_noted", job=job.id, kind=job.kind, error=str(error))
        finally:
            del self._running[job.id]
            self._wake.set()

    async def _try(self, job: JobRecord) -> None:
        kind = self._kinds.get(job.kind)
        if job.tries > kind.tries:
            # None of its tries came to an end: each has ended its server, or the server was killed.
            _log.error("job_given_up", job=job.id, kind=job.kind, tries=kind.tries)
            await self._store.write(FailJob(job.id, self._holder, "The server ended during its last try.", None))
            return
        try:
            async with asyncio.timeout(kind.timeout_seconds):
                effect = await kind.carry_out(job)
            if not await self._store.write(FinishJob(job.id, self._holder, effect)):
                _log.warning("job_taken_over", job=job.id, kind=job.kind)
        except Exception as error:
            last = job.tries >= kind.tries
            described = f"{type(error).__name__}: {error}".rstrip(": ")
            _log.exception("job_given_up" if last else "job_failed", job=job.id, kind=job.kind, tries=job.tries)
            delay = None if last else round(backoff(job.tries) * 1000)
            await self._store.write(FailJob(job.id, self._holder, described, delay))

    async def _renew_all(self) -> None:
        while True:
            await asyncio.sleep(_RENEW_SECONDS)
            if self._running:
                try:
                    await self._store.write(RenewJobs(list(self._running), self._holder, _LEASE_MS))
                except Exception as error:
                    _log.warning("jobs_not_renewed", error=str(error))
