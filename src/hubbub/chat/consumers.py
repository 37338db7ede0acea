"""Records of the consumers of the rooms' log (`hubbub.work.consumers`)."""

from msgspec import Struct


class ConsumerRecord(Struct):
    """A consumer by its name.

    `skipped_to`: the last room whose cursor was set to its present version, for one that starts from now. `ready`: it
    may be given changes.
    """

    name: str
    skipped_to: int = 0
    ready: bool = False


class CursorRecord(Struct):
    """A consumer has handled all changes of a room up to `version`. `parked_at` (ms): it was given up at the next one,
    because of `error`, until an operator has it tried again."""

    consumer: str
    room: int
    version: int
    parked_at: int | None = None
    error: str | None = None
