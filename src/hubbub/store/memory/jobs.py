"""Jobs in memory."""

from collections import Counter
from collections.abc import Callable, Sequence
from itertools import count

from hubbub.chat.jobs import JobRecord, NewJob
from hubbub.store.memory.tables import Tables


class MemoryJobs:
    def __init__(self, tables: Tables, now: Callable[[], int]) -> None:
        self._jobs = tables.jobs
        self._ids = count(1)
        self._now = now

    def next_due(self, kinds: Sequence[str]) -> dict[str, int]:
        found = {kind: [job.due_at for job in self._of(kind)] for kind in kinds}
        return {kind: min(times) for kind, times in found.items() if times}

    def page(self, after: int, limit: int, kind: str | None, dead: bool) -> list[JobRecord]:
        found = [
            job
            for job in self._jobs.values()
            if job.id > after and kind in (None, job.kind) and (job.dead_at is not None or not dead)
        ]
        return found[:limit]

    def counts(self) -> list[tuple[str, str, int]]:
        found = Counter((job.kind, job.state) for job in self._jobs.values())
        return [(kind, state, found[kind, state]) for kind, state in sorted(found)]

    def add(self, job: NewJob) -> None:
        same = (
            []
            if job.key is None
            else [old for old in self._jobs.values() if (old.kind, old.key) == (job.kind, job.key)]
        )
        if same and same[0].dead_at is None:
            return
        now = self._now()
        number = same[0].id if same else next(self._ids)
        self._jobs[number] = JobRecord(number, job.kind, job.key, job.encoded(), now, job.due_at or now)

    def cancel(self, kind: str, key: str) -> None:
        for job in list(self._jobs.values()):
            if (job.kind, job.key, job.holder) == (kind, key, None):
                del self._jobs[job.id]

    def due(self, kind: str, at: int, limit: int) -> list[JobRecord]:
        found = [job for job in self._of(kind) if job.due_at <= at]
        return sorted(found, key=lambda job: (job.due_at, job.id))[:limit]

    def to_change(self, job: int) -> JobRecord | None:
        return self._jobs.get(job)

    def save(self, job: JobRecord) -> None:
        self._jobs[job.id] = job

    def remove(self, job: int) -> None:
        self._jobs.pop(job, None)

    def running(self) -> list[JobRecord]:
        return [job for job in self._jobs.values() if job.holder is not None]

    def _of(self, kind: str) -> list[JobRecord]:
        return [job for job in self._jobs.values() if job.kind == kind and job.dead_at is None]
