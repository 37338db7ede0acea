"""Rooms in memory."""

from collections.abc import Sequence

from hubbub.chat.confusables import look_of_room
from hubbub.chat.records import RoomRecord
from hubbub.chat.text import folded
from hubbub.store.memory.tables import Tables


class MemoryRooms:
    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    def get(self, room: int) -> RoomRecord | None:
        return self._tables.rooms.get(room)

    def direct(self, one: int, other: int) -> RoomRecord | None:
        found = self._tables.direct.get((min(one, other), max(one, other)))
        return None if found is None else self._tables.rooms[found]

    def public_like(self, key: str, looks: Sequence[str]) -> list[int]:
        named = ((room.id, room.name or "") for room in self._public())
        return [room for room, name in named if folded(name) == key or look_of_room(name) in looks]

    def public(self, part: str, after: int, limit: int) -> list[RoomRecord]:
        found = [room for room in self._public() if room.id > after and part in folded(room.name or "")]
        return found[:limit]

    def versions(self, rooms: Sequence[int]) -> dict[int, int]:
        return {room: self._tables.rooms[room].version for room in rooms if room in self._tables.rooms}

    def public_among(self, rooms: Sequence[int]) -> set[int]:
        known = [self._tables.rooms[room] for room in rooms if room in self._tables.rooms]
        return {room.id for room in known if room.kind == "public" and room.deleted_at is None}

    def to_purge(self) -> list[int]:
        return [
            room.id
            for room in self._tables.rooms.values()
            if room.deleted_at is not None and (self._tables.messages.get(room.id) or self._tables.members.get(room.id))
        ]

    def add(self, room: RoomRecord) -> RoomRecord:
        room.id = len(self._tables.rooms) + 1
        self._tables.rooms[room.id] = room
        if room.pair is not None:
            self._tables.direct[room.pair] = room.id
        return room

    def save(self, room: RoomRecord) -> None:
        self._tables.rooms[room.id] = room

    def _public(self) -> list[RoomRecord]:
        return [room for room in self._tables.rooms.values() if room.kind == "public" and room.deleted_at is None]
