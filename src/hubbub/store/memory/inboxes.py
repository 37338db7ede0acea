"""Inboxes in memory."""

from collections.abc import Sequence

from hubbub.chat.events import Arrival
from hubbub.chat.records import InboxEntry
from hubbub.store.memory.tables import Tables


class MemoryInboxes:
    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    def heads(self, users: Sequence[int]) -> dict[int, int]:
        return {user: self.head(user) for user in users}

    def head(self, user: int) -> int:
        return len(self._tables.inboxes[user])

    def page(self, user: int, after: int, limit: int) -> list[InboxEntry]:
        return self._tables.inboxes[user][after : after + limit]

    def add(self, arrival: Arrival, room: int, seq: int, version: int) -> None:
        inbox = self._tables.inboxes[arrival.user]
        arrival.position = len(inbox) + 1
        inbox.append(InboxEntry(arrival.position, room, seq, version))
