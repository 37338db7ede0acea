"""What an operator asks of the jobs and changes about them."""

from msgspec import Struct
from msgspec.structs import replace

from hubbub.chat.jobs import JobRecord
from hubbub.chat.transaction import NOTHING, Outcome, Snapshot, Touches, Transaction


class ListJobs(Struct, frozen=True):
    """Jobs by ascending id above `after`. `kind`: of this one only; `dead`: dead letters only."""

    after: int = 0
    limit: int = 100
    kind: str | None = None
    dead: bool = False

    def answer(self, snapshot: Snapshot) -> list[JobRecord]:
        return [replace(job) for job in snapshot.jobs.page(self.after, self.limit, self.kind, self.dead)]


class CountJobs(Struct, frozen=True):
    """How many jobs there are: (kind, state, count)."""

    def answer(self, snapshot: Snapshot) -> list[tuple[str, str, int]]:
        return snapshot.jobs.counts()


class RetryJobs(Struct, frozen=True):
    """Have waiting and dead jobs tried at once, with all their tries before them; returns those that were.

    One that runs is left alone.
    """

    jobs: list[int]

    def touches(self) -> Touches:
        return NOTHING

    def decide(self, tx: Transaction) -> Outcome[list[int]]:
        retried = []
        for number in sorted(self.jobs):
            job = tx.jobs.to_change(number)
            if job is not None and job.holder is None:
                job.dead_at, job.tries, job.due_at = None, 0, tx.now()
                tx.jobs.save(job)
                retried.append(number)
        return Outcome(retried)


class DropJobs(Struct, frozen=True):
    """Remove jobs; returns those that there were. One that runs is not interrupted, but never tried again."""

    jobs: list[int]

    def touches(self) -> Touches:
        return NOTHING

    def decide(self, tx: Transaction) -> Outcome[list[int]]:
        found = [number for number in sorted(self.jobs) if tx.jobs.to_change(number) is not None]
        for number in found:
            tx.jobs.remove(number)
        return Outcome(found)
