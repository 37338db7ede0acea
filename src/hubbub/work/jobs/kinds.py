"""What kinds of jobs there are and who does them."""

from collections.abc import Awaitable, Callable
from typing import Any, Generic, TypeVar

from msgspec import Struct
from msgspec.json import decode

from hubbub.chat.jobs import JobRecord
from hubbub.chat.transaction import Command

Payload = TypeVar("Payload")
Effect = Command[Any] | None
"""A command that is stored in one transaction with the end of the work, so that its effect is there exactly once."""


class Job(Struct, frozen=True):
    """A job as its handler sees it. `id` never changes: an effect elsewhere is made once if it is keyed by it."""

    id: int
    kind: str
    key: str | None
    tries: int
    """1 at the first try."""


class JobKind(Struct, Generic[Payload], frozen=True):
    """A kind of job.

    `handler` gets the payload, decoded as `payload`, and the job. It may run more than once for a job: after a crash,
    or when it raises. Whatever it raises, and taking longer than `timeout_seconds`, is a failed try. The next one comes
    after a growing pause; after `tries` of them the job is a dead letter.
    `at_once`: how many of the kind one server does at the same time.
    """

    name: str
    handler: Callable[[Payload, Job], Awaitable[Effect]]
    payload: type[Payload]
    at_once: int = 4
    timeout_seconds: float = 60
    tries: int = 12

    async def carry_out(self, record: JobRecord) -> Effect:
        """Raises what the handler raises, TimeoutError, or msgspec.DecodeError for a payload of another shape."""
        payload = decode(record.payload, type=self.payload)
        return await self.handler(payload, Job(record.id, record.kind, record.key, record.tries))


class JobKinds:
    """The kinds of a server, by name. All are registered before it starts."""

    def __init__(self) -> None:
        self._kinds: dict[str, JobKind[Any]] = {}

    def register(self, kind: JobKind[Any]) -> None:
        """Raises ValueError if there is one of that name."""
        if kind.name in self._kinds:
            raise ValueError(f"There is a kind of job named {kind.name!r} already.")
        self._kinds[kind.name] = kind

    def get(self, name: str) -> JobKind[Any]:
        return self._kinds[name]

    def names(self) -> list[str]:
        return list(self._kinds)
