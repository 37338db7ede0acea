"""Messages."""

from typing import Protocol

from hubbub.chat.records import MessageRecord
from hubbub.chat.shapes import Message


class MessageReads(Protocol):
    def get(self, room: int, seq: int) -> Message | None: ...

    def page(self, room: int, first: int, last: int, limit: int, newest: bool, in_room: bool = False) -> list[Message]:
        """Messages from `first` to `last`, ascending: the first `limit` of them, or the newest.

        `in_room`: without those that are shown in their threads only.
        """

    def in_thread(self, room: int, root: int, first: int, last: int, limit: int, newest: bool) -> list[Message]:
        """The same of the replies in a thread."""

    def replies(self, room: int, seq: int, after: int, limit: int) -> list[Message]:
        """Messages above `after` that reply to a message, ascending."""

    def since(self, room: int, version: int, limit: int) -> list[Message]:
        """Messages that changed after a version of the room, by ascending version."""

    def count_since(self, room: int, version: int, most: int) -> int:
        """How many messages changed after a version of the room; counts up to `most`."""

    def keyed(self, room: int, sender: int, key: str) -> Message | None:
        """The message that a sender posted with an idempotency key."""

    def source(self, room: int, seq: int) -> tuple[int, int] | None:
        """The room and `seq` that a message was forwarded from."""


class Messages(MessageReads, Protocol):
    def add(self, record: MessageRecord) -> None: ...

    def save(self, message: Message) -> None: ...

    def save_root(self, message: Message) -> None:
        """Mark a message as one that has replies in its thread, whose counts are read with it from now on."""

    def purge(self, room: int, limit: int) -> int:
        """Erase up to `limit` messages, oldest first, with what belongs to them; returns how many."""
