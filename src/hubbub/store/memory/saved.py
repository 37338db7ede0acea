"""Saved messages in memory."""

from copy import copy

from hubbub.chat.records import SavedRecord
from hubbub.store.memory.tables import Tables


class MemorySaved:
    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    def get(self, user: int, room: int, seq: int) -> SavedRecord | None:
        return copy(self._tables.saved.get((user, room, seq)))

    def page(self, user: int, before: tuple[int, int, int] | None, limit: int) -> list[SavedRecord]:
        mine = [record for record in self._tables.saved.values() if record.user == user]
        found = [record for record in mine if before is None or _place(record) < before]
        return sorted(found, key=_place, reverse=True)[:limit]

    def count(self, user: int) -> int:
        return sum(record.user == user for record in self._tables.saved.values())

    def save(self, record: SavedRecord) -> None:
        self._tables.saved[record.user, record.room, record.seq] = record

    def drop(self, record: SavedRecord) -> None:
        self._tables.saved.pop((record.user, record.room, record.seq), None)

    def drop_of(self, user: int) -> None:
        self._tables.saved = {place: one for place, one in self._tables.saved.items() if one.user != user}

    def purge(self, room: int) -> None:
        self._tables.saved = {place: one for place, one in self._tables.saved.items() if one.room != room}


def _place(record: SavedRecord) -> tuple[int, int, int]:
    return (record.saved_at, record.room, record.seq)
