"""Messages that users saved."""

from typing import Protocol

from hubbub.chat.records import SavedRecord


class SavedReads(Protocol):
    def get(self, user: int, room: int, seq: int) -> SavedRecord | None: ...

    def page(self, user: int, before: tuple[int, int, int] | None, limit: int) -> list[SavedRecord]:
        """What a user saved, the latest first, below a place (time in ms, room, seq)."""

    def count(self, user: int) -> int: ...


class Saved(SavedReads, Protocol):
    def save(self, record: SavedRecord) -> None: ...

    def drop(self, record: SavedRecord) -> None: ...

    def drop_of(self, user: int) -> None:
        """All of a user's."""

    def purge(self, room: int) -> None:
        """All of a room's messages."""
