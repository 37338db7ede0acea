"""Scheduled messages in memory."""

from copy import copy

from hubbub.chat.records import ScheduledRecord
from hubbub.store.memory.tables import Tables


class MemoryScheduled:
    def __init__(self, tables: Tables) -> None:
        self._tables = tables
        self._last = 0

    def get(self, message: int) -> ScheduledRecord | None:
        return copy(self._tables.scheduled.get(message))

    def of(self, user: int, limit: int) -> list[ScheduledRecord]:
        mine = [copy(record) for record in self._tables.scheduled.values() if record.user == user]
        return sorted(mine, key=lambda record: (record.at, record.id))[:limit]

    def at(self, user: int, at: int) -> list[ScheduledRecord]:
        return [copy(record) for record in self._tables.scheduled.values() if (record.user, record.at) == (user, at)]

    def count(self, user: int) -> int:
        return sum(record.user == user for record in self._tables.scheduled.values())

    def add(self, record: ScheduledRecord) -> ScheduledRecord:
        self._last += 1
        record.id = self._last
        self.save(record)
        return record

    def save(self, record: ScheduledRecord) -> None:
        self._tables.scheduled[record.id] = copy(record)

    def drop(self, record: ScheduledRecord) -> None:
        self._tables.scheduled.pop(record.id, None)

    def drop_of(self, user: int) -> None:
        self._tables.scheduled = {number: one for number, one in self._tables.scheduled.items() if one.user != user}

    def purge(self, room: int) -> None:
        self._tables.scheduled = {number: one for number, one in self._tables.scheduled.items() if one.room != room}
