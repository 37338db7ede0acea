"""Cursors: how far each consumer has followed each room."""

from typing import Protocol

from hubbub.chat.consumers import ConsumerRecord, CursorRecord


class CursorReads(Protocol):
    def consumer(self, name: str) -> ConsumerRecord | None:
        """The consumer. In a transaction it is locked."""

    def cursor(self, consumer: str, room: int) -> CursorRecord | None:
        """None: it has not begun with this room. In a transaction it is locked."""

    def behind(self, consumer: str, first: int, last: int) -> list[int]:
        """Rooms with ids from `first` to `last` whose version is above the consumer's cursor, without parked ones."""

    def last_room(self) -> int:
        """The highest id of a room; 0 if there is none."""

    def parked(self, after: tuple[str, int], limit: int) -> list[CursorRecord]:
        """Rooms that a consumer has given up for now, by consumer and room."""

    def consumers(self) -> list[ConsumerRecord]:
        """Every consumer that was ever registered."""


class Cursors(CursorReads, Protocol):
    def save_consumer(self, consumer: ConsumerRecord) -> None:
        """Store a consumer. One that is ready stays so."""

    def drop_consumer(self, name: str) -> bool:
        """Forget a consumer, but not its cursors; whether there was one."""

    def save(self, cursor: CursorRecord) -> None: ...

    def drop(self, consumer: str, first: int, last: int) -> None:
        """Remove the cursors of the rooms with ids from `first` to `last`."""

    def skip(self, consumer: str, first: int, last: int) -> None:
        """Set the cursors of the rooms with ids from `first` to `last` to the rooms' present versions, where there is
        none yet."""
