"""Notices in memory."""

from hubbub.chat.records import NoticeRecord
from hubbub.store.memory.tables import Tables


class MemoryNotices:
    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    def page(self, room: int, first: int, last: int, limit: int, newest: bool) -> list[NoticeRecord]:
        found = [notice for notice in self._tables.notices[room] if first <= notice.version <= last]
        return found[-limit:] if newest else found[:limit]

    def after(self, room: int, first: int, last: int, limit: int) -> list[NoticeRecord]:
        return [notice for notice in self._tables.notices[room] if first <= notice.after_seq <= last][-limit:]

    def add(self, notice: NoticeRecord, kept: int) -> None:
        found = self._tables.notices[notice.room]
        found.append(notice)
        del found[:-kept]

    def purge(self, room: int) -> None:
        self._tables.notices.pop(room, None)
