"""Inboxes: what was sent to a user personally, numbered for each user."""

from collections.abc import Sequence
from typing import Protocol

from hubbub.chat.events import Arrival
from hubbub.chat.records import InboxEntry


class InboxReads(Protocol):
    def head(self, user: int) -> int:
        """The position of the newest entry; 0 for an empty inbox."""

    def heads(self, users: Sequence[int]) -> dict[int, int]:
        """The same for many users, without those whose inbox is empty; one query."""

    def page(self, user: int, after: int, limit: int) -> list[InboxEntry]:
        """Entries above a position, ascending."""


class Inboxes(InboxReads, Protocol):
    def add(self, arrival: Arrival, room: int, seq: int, version: int) -> None:
        """Add a message. `arrival.position` is 0 until the transaction is flushed."""
