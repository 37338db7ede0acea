"""Drafts in memory."""

from hubbub.chat.records import DraftRecord
from hubbub.store.memory.tables import Tables


class MemoryDrafts:
    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    def get(self, user: int, room: int, root: int) -> DraftRecord | None:
        return self._tables.drafts.get((user, room, root))

    def of(self, user: int, limit: int) -> list[DraftRecord]:
        mine = [draft for draft in self._tables.drafts.values() if draft.user == user and draft.content]
        return sorted(mine, key=lambda draft: (-draft.at, draft.room, draft.root))[:limit]

    def count(self, user: int) -> int:
        return len(self.of(user, len(self._tables.drafts)))

    def count_all(self, user: int) -> int:
        return sum(draft.user == user for draft in self._tables.drafts.values())

    def save(self, record: DraftRecord) -> None:
        self._tables.drafts[record.user, record.room, record.root] = record

    def drop_removed(self, user: int, keep: int) -> None:
        removed = [draft for draft in self._tables.drafts.values() if draft.user == user and not draft.content]
        for draft in sorted(removed, key=lambda draft: -draft.at)[keep:]:
            del self._tables.drafts[user, draft.room, draft.root]

    def drop_of(self, user: int) -> None:
        self._tables.drafts = {place: one for place, one in self._tables.drafts.items() if one.user != user}

    def purge(self, room: int) -> None:
        self._tables.drafts = {place: one for place, one in self._tables.drafts.items() if one.room != room}
