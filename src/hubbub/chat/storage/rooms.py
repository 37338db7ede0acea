"""Rooms."""

from collections.abc import Sequence
from typing import Protocol

from hubbub.chat.records import RoomRecord


class RoomReads(Protocol):
    def get(self, room: int) -> RoomRecord | None:
        """The room. In a transaction it is locked, and with it everything that belongs to it."""

    def direct(self, one: int, other: int) -> RoomRecord | None:
        """The direct room of two users."""

    def public_like(self, key: str, looks: Sequence[str]) -> list[int]:
        """The ids of public rooms whose folded name is the key, or whose name has one of the skeletons."""

    def public(self, part: str, after: int, limit: int) -> list[RoomRecord]:
        """Public rooms whose folded name contains `part`, by ascending id above `after`."""

    def to_purge(self) -> list[int]:
        """Deleted rooms that still have messages or members."""

    def versions(self, rooms: Sequence[int]) -> dict[int, int]:
        """The versions of the rooms that exist, by id; one query."""

    def public_among(self, rooms: Sequence[int]) -> set[int]:
        """The ids of those that are public and not deleted; one query, which locks none."""


class Rooms(RoomReads, Protocol):
    def add(self, room: RoomRecord) -> RoomRecord:
        """Store a new room and assign its id."""

    def save(self, room: RoomRecord) -> None: ...
