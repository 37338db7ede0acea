"""Scheduled messages."""

from typing import Protocol

from hubbub.chat.records import ScheduledRecord


class ScheduledReads(Protocol):
    def get(self, message: int) -> ScheduledRecord | None: ...

    def of(self, user: int, limit: int) -> list[ScheduledRecord]:
        """A user's, the next first."""

    def at(self, user: int, at: int) -> list[ScheduledRecord]:
        """A user's that are sent at this time."""

    def count(self, user: int) -> int:
        """How many there are; reads none of them."""


class Scheduled(ScheduledReads, Protocol):
    def add(self, record: ScheduledRecord) -> ScheduledRecord:
        """Store it, and give it its id."""

    def save(self, record: ScheduledRecord) -> None: ...

    def drop(self, record: ScheduledRecord) -> None: ...

    def drop_of(self, user: int) -> None:
        """All of a user's."""

    def purge(self, room: int) -> None:
        """All for a room."""
