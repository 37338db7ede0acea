"""Drafts. A removed one is kept without content, for its time."""

from typing import Protocol

from hubbub.chat.records import DraftRecord


class DraftReads(Protocol):
    def get(self, user: int, room: int, root: int) -> DraftRecord | None: ...

    def of(self, user: int, limit: int) -> list[DraftRecord]:
        """A user's drafts that have content, the latest first."""

    def count(self, user: int) -> int:
        """How many of them there are. It reads each."""

    def count_all(self, user: int) -> int:
        """How many there are with those that were removed; reads none of them."""


class Drafts(DraftReads, Protocol):
    def save(self, record: DraftRecord) -> None: ...

    def drop_removed(self, user: int, keep: int) -> None:
        """Forget the removed drafts of a user, apart from so many that were removed last."""

    def drop_of(self, user: int) -> None:
        """All of a user's."""

    def purge(self, room: int) -> None:
        """All in a room."""
