"""Saved messages in SQL. They are changed by their user only, one at a time, so nothing waits for `flush`."""

from sqlalchemy import and_, bindparam, delete, func, or_, select, text

from hubbub.chat.records import SavedRecord
from hubbub.store.sql.kept_schema import saved
from hubbub.store.sql.statement import Executor, Statement, count

_columns = select(
    saved.c.user_id, saved.c.room_id, saved.c.seq, saved.c.saved_at, saved.c.remind_at, saved.c.reminded_at
)
_mine = saved.c.user_id == bindparam("user")
_this = (_mine, saved.c.room_id == bindparam("room"), saved.c.seq == bindparam("seq"))
ONE_SAVED = Statement(_columns.where(*_this))
_latest_first = (saved.c.saved_at.desc(), saved.c.room_id.desc(), saved.c.seq.desc())
LATEST_SAVED = Statement(_columns.where(_mine).order_by(*_latest_first).limit(bindparam("most")))
SAVED_BEFORE = Statement(
    _columns.where(
        _mine,
        saved.c.saved_at <= bindparam("at"),
        or_(
            saved.c.saved_at < bindparam("at"),
            saved.c.room_id < bindparam("room"),
            and_(saved.c.room_id == bindparam("room"), saved.c.seq < bindparam("seq")),
        ),
    )
    .order_by(*_latest_first)
    .limit(bindparam("most"))
)
COUNT_SAVED = Statement(select(func.count()).select_from(saved).where(_mine))
SAVE = Statement(
    text(
        "INSERT INTO saved (user_id, room_id, seq, saved_at, remind_at, reminded_at) "
        "VALUES (:user, :room, :seq, :saved_at, :remind_at, :reminded_at) "
        "ON CONFLICT (user_id, room_id, seq) DO UPDATE SET remind_at = excluded.remind_at, "
        "reminded_at = excluded.reminded_at"
    )
)
DROP_SAVED = Statement(delete(saved).where(*_this))
DROP_SAVED_OF = Statement(delete(saved).where(_mine))
PURGE_SAVED = Statement(delete(saved).where(saved.c.room_id == bindparam("room")))


class SqlSaved:
    """Saved messages within a transaction."""

    def __init__(self, tx: Executor) -> None:
        self._tx = tx

    def get(self, user: int, room: int, seq: int) -> SavedRecord | None:
        row = self._tx.one(ONE_SAVED, {"user": user, "room": room, "seq": seq})
        return None if row is None else SavedRecord(*row)

    def page(self, user: int, before: tuple[int, int, int] | None, limit: int) -> list[SavedRecord]:
        if before is None:
            rows = self._tx.all(LATEST_SAVED, {"user": user, "most": limit})
        else:
            at, room, seq = before
            rows = self._tx.all(SAVED_BEFORE, {"user": user, "at": at, "room": room, "seq": seq, "most": limit})
        return [SavedRecord(*row) for row in rows]

    def count(self, user: int) -> int:
        return count(self._tx, COUNT_SAVED, {"user": user})

    def save(self, record: SavedRecord) -> None:
        values = {"saved_at": record.saved_at, "remind_at": record.remind_at, "reminded_at": record.reminded_at}
        self._tx.run(SAVE, {"user": record.user, "room": record.room, "seq": record.seq, **values})

    def drop(self, record: SavedRecord) -> None:
        self._tx.run(DROP_SAVED, {"user": record.user, "room": record.room, "seq": record.seq})

    def drop_of(self, user: int) -> None:
        self._tx.run(DROP_SAVED_OF, {"user": user})

    def purge(self, room: int) -> None:
        self._tx.run(PURGE_SAVED, {"room": room})
