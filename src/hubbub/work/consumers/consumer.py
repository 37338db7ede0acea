"""A consumer, and the consumers of a server."""

from collections.abc import Awaitable, Callable
from typing import Any, Literal

from msgspec import Struct

from hubbub.chat.changes import Changed
from hubbub.chat.records import RoomRecord
from hubbub.chat.transaction import Command

Handle = Callable[[RoomRecord, Changed], Awaitable[Command[Any] | None]]


class Consumer(Struct, frozen=True):
    """Follows what changes in every room, with a cursor for each.

    `handle` gets a room and what changed in it since it was last called for it, in the order of the versions and as it
    is now: changes in between, such as an edit before a deletion, are not seen. For one room it is called by one server
    at a time. A command that it returns is stored in one transaction with the cursor: its effect is there exactly once.
    Any other effect happens at least once.

    Whatever it raises, and taking longer than `timeout_seconds`, is a failure: it is called again after a growing
    pause. After `tries` failures the room is parked for this consumer, until an operator has it tried again.

    `name`: a-z, 0-9, dots and dashes; its cursors are stored under it. `starts`: a consumer of a new name is given all
    there is, or what changes from now on.
    `at_once`: in how many rooms one server calls it at the same time.
    """

    name: str
    handle: Handle
    starts: Literal["beginning", "now"] = "now"
    at_once: int = 2
    timeout_seconds: float = 60
    tries: int = 10


class Consumers:
    """The consumers of a server. All are added before it starts."""

    def __init__(self) -> None:
        self._consumers: dict[str, Consumer] = {}

    def add(self, consumer: Consumer) -> None:
        """Raises ValueError if there is one of that name, or if the name has other characters."""
        if consumer.name in self._consumers:
            raise ValueError(f"There is a consumer named {consumer.name!r} already.")
        if not consumer.name or set(consumer.name) - set("abcdefghijklmnopqrstuvwxyz0123456789.-"):
            raise ValueError(f"A consumer cannot be named {consumer.name!r}: use a-z, 0-9, dots and dashes.")
        self._consumers[consumer.name] = consumer

    def all(self) -> list[Consumer]:
        return list(self._consumers.values())
