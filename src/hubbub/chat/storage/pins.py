"""Pinned messages. A deleted message is not pinned."""

from typing import Protocol

from hubbub.chat.records import PinRecord
from hubbub.chat.shapes import Message


class PinReads(Protocol):
    def of(self, room: int, limit: int) -> list[PinRecord]:
        """The pins of a room, the newest first."""

    def messages(self, room: int) -> list[Message]:
        """The pinned messages of a room, by ascending `seq`; one query."""

    def count(self, room: int) -> int: ...


class Pins(PinReads, Protocol):
    def add(self, pin: PinRecord) -> None:
        """Pin a message, which is saved with `pinned`."""

    def drop(self, room: int, seq: int) -> None: ...
