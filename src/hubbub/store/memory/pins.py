"""Pinned messages in memory."""

from hubbub.chat.records import PinRecord
from hubbub.chat.shapes import Message
from hubbub.store.memory.messages import MemoryMessages
from hubbub.store.memory.tables import Tables


class MemoryPins:
    def __init__(self, tables: Tables, messages: MemoryMessages) -> None:
        self._tables = tables
        self._messages = messages

    def of(self, room: int, limit: int) -> list[PinRecord]:
        found = [pin for pin in self._tables.pins.values() if pin.room == room]
        return sorted(found, key=lambda pin: (pin.at, pin.seq), reverse=True)[:limit]

    def messages(self, room: int) -> list[Message]:
        return [message for pin in self.of(room, len(self._tables.pins)) for message in self._one(room, pin.seq)]

    def _one(self, room: int, seq: int) -> list[Message]:
        return self._messages.page(room, seq, seq, 1, newest=False)

    def count(self, room: int) -> int:
        return sum(pin.room == room for pin in self._tables.pins.values())

    def add(self, pin: PinRecord) -> None:
        self._tables.pins[pin.room, pin.seq] = pin

    def drop(self, room: int, seq: int) -> None:
        self._tables.pins.pop((room, seq), None)
