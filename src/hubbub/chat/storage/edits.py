"""What messages said before they were edited."""

from typing import Protocol

from hubbub.chat.shapes import Edit


class EditReads(Protocol):
    def of(self, room: int, seq: int) -> list[Edit]:
        """The former texts of a message, oldest first."""


class Edits(EditReads, Protocol):
    def add(self, room: int, seq: int, version: int, edit: Edit, kept: int) -> None:
        """Store a former text. Of more than `kept`, the first and the latest remain."""

    def drop(self, room: int, seq: int) -> None:
        """Erase all former texts of a message."""
