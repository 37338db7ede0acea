"""Cursors of consumers in memory."""

from hubbub.chat.consumers import ConsumerRecord, CursorRecord
from hubbub.chat.records import RoomRecord
from hubbub.store.memory.tables import Tables


class MemoryCursors:
    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    def consumer(self, name: str) -> ConsumerRecord | None:
        return self._tables.consumers.get(name)

    def cursor(self, consumer: str, room: int) -> CursorRecord | None:
        return self._tables.cursors.get((consumer, room))

    def behind(self, consumer: str, first: int, last: int) -> list[int]:
        found = []
        for room in self._between(first, last):
            cursor = self.cursor(consumer, room.id) or CursorRecord(consumer, room.id, 0)
            if room.version > cursor.version and cursor.parked_at is None:
                found.append(room.id)
        return found

    def last_room(self) -> int:
        return max(self._tables.rooms, default=0)

    def parked(self, after: tuple[str, int], limit: int) -> list[CursorRecord]:
        found = [
            cursor for at, cursor in sorted(self._tables.cursors.items()) if at > after and cursor.parked_at is not None
        ]
        return found[:limit]

    def consumers(self) -> list[ConsumerRecord]:
        return [self._tables.consumers[name] for name in sorted(self._tables.consumers)]

    def save_consumer(self, consumer: ConsumerRecord) -> None:
        self._tables.consumers[consumer.name] = consumer

    def drop_consumer(self, name: str) -> bool:
        return self._tables.consumers.pop(name, None) is not None

    def drop(self, consumer: str, first: int, last: int) -> None:
        for name, room in [key for key in self._tables.cursors if key[0] == consumer and first <= key[1] <= last]:
            del self._tables.cursors[name, room]

    def save(self, cursor: CursorRecord) -> None:
        self._tables.cursors[cursor.consumer, cursor.room] = cursor

    def skip(self, consumer: str, first: int, last: int) -> None:
        for room in self._between(first, last):
            self._tables.cursors.setdefault((consumer, room.id), CursorRecord(consumer, room.id, room.version))

    def _between(self, first: int, last: int) -> list[RoomRecord]:
        return [room for room in self._tables.rooms.values() if first <= room.id <= last]
