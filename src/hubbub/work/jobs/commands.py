"""The life of a job: claimed, renewed, then finished, tried again, given up or released."""

from collections.abc import Mapping

from msgspec import Struct
from msgspec.structs import replace

from hubbub.chat.jobs import JobRecord, NewJob
from hubbub.chat.transaction import NOTHING, Outcome, Snapshot, Touches, Transaction
from hubbub.work.jobs.kinds import Effect
from hubbub.work.last_error import last_error


class NextDue(Struct, frozen=True):
    """In how many milliseconds the first job of each kind may be claimed; negative when it is overdue. Kinds without a
    job are left out."""

    kinds: list[str]

    def answer(self, snapshot: Snapshot) -> dict[str, int]:
        now = snapshot.now()
        return {kind: at - now for kind, at in snapshot.jobs.next_due(self.kinds).items()}


class AddJobs(Struct, frozen=True):
    jobs: list[NewJob]

    def touches(self) -> Touches:
        return NOTHING

    def decide(self, tx: Transaction) -> Outcome[None]:
        return Outcome(None, jobs=self.jobs)


class ClaimJobs(Struct, frozen=True):
    """Take up to so many due jobs of each kind; they are the holder's for `lease` ms.

    The try is counted here, before the work begins: so a job that kills its server with it is given up some day.
    """

    wanted: Mapping[str, int]
    holder: str
    lease: int

    def touches(self) -> Touches:
        return NOTHING

    def decide(self, tx: Transaction) -> Outcome[list[JobRecord]]:
        now = tx.now()
        claimed = []
        for kind in sorted(self.wanted):
            for job in tx.jobs.due(kind, now, self.wanted[kind]):
                job.holder, job.due_at, job.tries = self.holder, now + self.lease, job.tries + 1
                tx.jobs.save(job)
                claimed.append(_copy(job))
        return Outcome(claimed)


class RenewJobs(Struct, frozen=True):
    """Keep jobs for another `lease` ms. Those that another server has taken over are left alone."""

    jobs: list[int]
    holder: str
    lease: int

    def touches(self) -> Touches:
        return NOTHING

    def decide(self, tx: Transaction) -> Outcome[None]:
        until = tx.now() + self.lease
        for job in _held(tx, self.jobs, self.holder):
            job.due_at = until
            tx.jobs.save(job)
        return Outcome(None)


class FinishJob(Struct, frozen=True):
    """The job is done: its row goes, and the effect is stored, in one transaction. False: it is not the holder's any
    more, and nothing was stored."""

    job: int
    holder: str
    effect: Effect = None

    def touches(self) -> Touches:
        return NOTHING if self.effect is None else self.effect.touches()

    def decide(self, tx: Transaction) -> Outcome[bool]:
        if not _held(tx, [self.job], self.holder):
            return Outcome(False)
        if self.effect is None:
            tx.jobs.remove(self.job)
            return Outcome(True)
        # First the effect: when it is refused, nothing has changed.
        outcome = self.effect.decide(tx)
        tx.jobs.remove(self.job)
        return Outcome(True, outcome.events, outcome.jobs)


class FailJob(Struct, frozen=True):
    """A try failed. `delay`: ms until the next one; None: it is given up."""

    job: int
    holder: str
    error: str
    delay: int | None

    def touches(self) -> Touches:
        return NOTHING

    def decide(self, tx: Transaction) -> Outcome[None]:
        for job in _held(tx, [self.job], self.holder):
            job.holder, job.last_error = None, last_error(self.error)
            if self.delay is None:
                job.dead_at = tx.now()
            else:
                job.due_at = tx.now() + self.delay
            tx.jobs.save(job)
        return Outcome(None)


class ReleaseJobs(Struct, frozen=True):
    """The holder stops: any server may go on at once. The interrupted tries do not count."""

    jobs: list[int]
    holder: str

    def touches(self) -> Touches:
        return NOTHING

    def decide(self, tx: Transaction) -> Outcome[None]:
        for job in _held(tx, self.jobs, self.holder):
            job.holder, job.due_at, job.tries = None, tx.now(), job.tries - 1
            tx.jobs.save(job)
        return Outcome(None)


class ReleaseAll(Struct, frozen=True):
    """For the only server of a database, at its start: who held jobs is gone."""

    def touches(self) -> Touches:
        return NOTHING

    def decide(self, tx: Transaction) -> Outcome[None]:
        for job in tx.jobs.running():
            job.holder, job.due_at = None, tx.now()
            tx.jobs.save(job)
        return Outcome(None)


def _held(tx: Transaction, jobs: list[int], holder: str) -> list[JobRecord]:
    found = (tx.jobs.to_change(job) for job in sorted(jobs))
    return [job for job in found if job is not None and job.holder == holder]


def _copy(job: JobRecord) -> JobRecord:
    """Later commands of the same batch may change the live record."""
    return replace(job)
