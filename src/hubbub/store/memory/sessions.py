"""Sessions in memory."""

from collections.abc import Sequence

from hubbub.chat.records import SessionRecord
from hubbub.store.memory.tables import Tables


class MemorySessions:
    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    def get(self, session: int) -> SessionRecord | None:
        return self._tables.sessions.get(session)

    def addresses_of(self, user: int) -> list[str]:
        return list({session.address for session in self._tables.sessions.values() if session.user == user})

    def of(self, user: int) -> list[SessionRecord]:
        return [record for record in self._tables.sessions.values() if record.user == user]

    def ended(self, sessions: Sequence[int]) -> list[int]:
        found = (self._tables.sessions.get(session) for session in sessions)
        return [record.id for record in found if record is not None and record.ended_at is not None]

    def add(self, session: SessionRecord) -> SessionRecord:
        session.id = max(self._tables.sessions, default=0) + 1
        self._tables.sessions[session.id] = session
        return session

    def idle(self, before: int, limit: int) -> list[int]:
        found = (r.id for r in self._tables.sessions.values() if r.ended_at is None and r.last_used_at < before)
        return list(found)[:limit]

    def stale(self, before: int, limit: int) -> list[int]:
        found = (r.id for r in self._tables.sessions.values() if (r.ended_at or r.expires_at) < before)
        return list(found)[:limit]

    def drop(self, sessions: Sequence[int]) -> None:
        for session in sessions:
            self._tables.sessions.pop(session, None)

    def forget_places(self, user: int) -> None:
        for record in self.of(user):
            record.device = record.address = ""

    def end(self, session: SessionRecord, at: int) -> None:
        session.ended_at = at

    def note_used(self, session: int, at: int) -> None:
        record = self._tables.sessions.get(session)
        if record is not None:
            record.last_used_at = max(record.last_used_at, at)
