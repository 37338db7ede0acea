"""Jobs: the outbox of the commands."""

from collections.abc import Sequence
from typing import Protocol

from hubbub.chat.jobs import JobRecord, NewJob


class JobReads(Protocol):
    def next_due(self, kinds: Sequence[str]) -> dict[str, int]:
        """When the first job of each kind may be claimed (ms), without the kinds that have none; one query."""

    def page(self, after: int, limit: int, kind: str | None, dead: bool) -> list[JobRecord]:
        """Jobs by ascending id above `after`. `kind`: only of this one. `dead`: only those that were given up."""

    def counts(self) -> list[tuple[str, str, int]]:
        """How many jobs there are of each kind and state: (kind, state, count)."""


class Jobs(JobReads, Protocol):
    def add(self, job: NewJob) -> None:
        """Store a job, unless one of its kind and key waits or runs."""

    def cancel(self, kind: str, key: str) -> None:
        """Remove the job of this kind and key, unless it is running."""

    def due(self, kind: str, at: int, limit: int) -> list[JobRecord]:
        """Jobs of a kind that may be claimed at a time, the first first; without those that another server is just
        claiming. Locked."""

    def to_change(self, job: int) -> JobRecord | None:
        """The job, locked."""

    def save(self, job: JobRecord) -> None: ...

    def remove(self, job: int) -> None: ...

    def running(self) -> list[JobRecord]:
        """Every job that is claimed."""
