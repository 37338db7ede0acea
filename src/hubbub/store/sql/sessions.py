"""Sessions in SQL."""

from collections.abc import Sequence

from sqlalchemy import bindparam, delete, func, insert, literal_column, select, update

from hubbub.chat import clock
from hubbub.chat.records import SessionRecord
from hubbub.store.sql.schema import sessions
from hubbub.store.sql.statement import Executor, Statement, ids, one_of
from hubbub.store.sql.tickets import DROP_EXPIRED

_session = select(
    sessions.c.id,
    sessions.c.user_id,
    sessions.c.device,
    sessions.c.address,
    sessions.c.created_at,
    sessions.c.last_used_at,
    sessions.c.expires_at,
    sessions.c.ended_at,
)
SESSION = Statement(_session.where(sessions.c.id == bindparam("id")))
SESSIONS_OF = Statement(
    _session.where(sessions.c.user_id == bindparam("user"), sessions.c.ended_at.is_(None)).order_by(sessions.c.id)
)
ADDRESSES_OF = Statement(
    select(sessions.c.address).distinct().where(sessions.c.user_id == bindparam("user")).limit(literal_column("1000"))
)
ENDED_SESSIONS = one_of(select(sessions.c.id).where(sessions.c.ended_at.is_not(None)), sessions.c.id)
ADD_SESSION = Statement(
    insert(sessions)
    .values({column.name: bindparam(column.name) for column in sessions.c if column.name != "id"})
    .returning(sessions.c.id)
)
END_SESSION = Statement(
    update(sessions)
    .where(sessions.c.id == bindparam("which"), sessions.c.ended_at.is_(None))
    .values(ended_at=bindparam("ended_at"))
)
IDLE_SESSIONS = Statement(
    select(sessions.c.id)
    .where(sessions.c.ended_at.is_(None), sessions.c.last_used_at < bindparam("before"))
    .limit(bindparam("most"))
)
STALE_SESSIONS = Statement(
    select(sessions.c.id)
    .where(func.coalesce(sessions.c.ended_at, sessions.c.expires_at) < bindparam("before"))
    .limit(bindparam("most"))
)
DROP_SESSION = Statement(delete(sessions).where(sessions.c.id == bindparam("which")))
FORGET_PLACES = Statement(
    update(sessions)
    .where(sessions.c.user_id == bindparam("user"))
    .values(device=literal_column("''"), address=literal_column("''"))
)
NOTE_USED = Statement(
    update(sessions)
    .where(sessions.c.id == bindparam("which"), sessions.c.last_used_at < bindparam("last_used_at"))
    .values(last_used_at=bindparam("last_used_at"))
)


class SqlSessions:
    """Sessions within a transaction; each is read once."""

    def __init__(self, tx: Executor) -> None:
        self._tx = tx
        self._sessions: dict[int, SessionRecord] = {}
        self._used: dict[int, int] = {}

    def flush(self) -> None:
        used, self._used = self._used, {}
        self._tx.run_many(NOTE_USED, [{"which": session, "last_used_at": at} for session, at in sorted(used.items())])

    def get(self, session: int) -> SessionRecord | None:
        if session not in self._sessions:
            row = self._tx.one(SESSION, {"id": session})
            if row is None:
                return None
            self._sessions[session] = SessionRecord(*row)
        return self._sessions[session]

    def of(self, user: int) -> list[SessionRecord]:
        rows = self._tx.all(SESSIONS_OF, {"user": user})
        return [self._sessions.setdefault(row[0], SessionRecord(*row)) for row in rows]

    def addresses_of(self, user: int) -> list[str]:
        return [row[0] for row in self._tx.all(ADDRESSES_OF, {"user": user})]

    def ended(self, sessions: Sequence[int]) -> list[int]:
        return [row[0] for row in self._tx.all(ENDED_SESSIONS, {"ids": ids(sessions)})]

    def add(self, session: SessionRecord) -> SessionRecord:
        row = self._tx.one(
            ADD_SESSION,
            {
                "user_id": session.user,
                "device": session.device,
                "address": session.address,
                "created_at": session.created_at,
                "last_used_at": session.last_used_at,
                "expires_at": session.expires_at,
                "ended_at": session.ended_at,
            },
        )
        assert row is not None
        session.id = row[0]
        self._sessions[session.id] = session
        return session

    def end(self, session: SessionRecord, at: int) -> None:
        session.ended_at = at
        self._tx.run(END_SESSION, {"which": session.id, "ended_at": at})

    def idle(self, before: int, limit: int) -> list[int]:
        return [row[0] for row in self._tx.all(IDLE_SESSIONS, {"before": before, "most": limit})]

    def stale(self, before: int, limit: int) -> list[int]:
        return [row[0] for row in self._tx.all(STALE_SESSIONS, {"before": before, "most": limit})]

    def drop(self, sessions: Sequence[int]) -> None:
        which = [{"which": session} for session in sorted(sessions)]
        self._tx.run(DROP_EXPIRED, {"before": clock.now() - 3_600_000})
        self._tx.run_many(DROP_SESSION, which)
        for session in sessions:
            self._sessions.pop(session, None)

    def forget_places(self, user: int) -> None:
        self._tx.run(FORGET_PLACES, {"user": user})
        for record in self._sessions.values():
            if record.user == user:
                record.device = record.address = ""

    def note_used(self, session: int, at: int) -> None:
        self._used[session] = max(at, self._used.get(session, 0))
