"""Jobs: work that follows a commit and needs its own retries. A command's jobs are stored in its own transaction."""

from msgspec import Struct
from msgspec.json import encode


class NewJob(Struct, frozen=True):
    """A job to be stored with the command that returns it (`Outcome.jobs`). It is carried out at least once.

    `payload`: a struct, encoded as JSON. `key`: while a job of this kind and key waits or runs, another one is not
    added; one that was given up (a dead letter) is tried again. `due_at`: not before this time, in ms since 1970; 0 for
    at once.
    """

    kind: str
    payload: object = None
    key: str | None = None
    due_at: int = 0

    def encoded(self) -> str:
        return encode(self.payload).decode()


class JobRecord(Struct):
    """A stored job. Times are milliseconds since 1970, by the store's clock.

    It is waiting, running (`holder`: the server that does it) or dead (`dead_at`: when it was given up). `due_at`: when
    it may be claimed; of one that is running, when another server may take it over. `tries` counts begun tries.
    """

    id: int
    kind: str
    key: str | None
    payload: str
    created_at: int
    due_at: int
    tries: int = 0
    holder: str | None = None
    dead_at: int | None = None
    last_error: str | None = None

    @property
    def state(self) -> str:
        if self.dead_at is not None:
            return "dead"
        return "waiting" if self.holder is None else "running"
