"""Notices in SQL."""

from collections.abc import Sequence

import msgspec
from sqlalchemy import bindparam, delete, insert, literal_column, select

from hubbub.chat.records import NoticeRecord
from hubbub.store.sql.schema import notices
from hubbub.store.sql.statement import Executor, Row, Statement

_columns = select(
    notices.c.room_id,
    notices.c.version,
    notices.c.after_seq,
    notices.c.at,
    notices.c.kind,
    notices.c.actor_id,
    notices.c.users,
    notices.c.old,
    notices.c.new,
    notices.c.seq,
)
_in_room = notices.c.room_id == bindparam("room")
_between = (_in_room, notices.c.version >= bindparam("first"), notices.c.version <= bindparam("last"))
OLDEST_NOTICES = Statement(_columns.where(*_between).order_by(notices.c.version).limit(bindparam("most")))
NEWEST_NOTICES = Statement(_columns.where(*_between).order_by(notices.c.version.desc()).limit(bindparam("most")))
NOTICES_AFTER = Statement(
    _columns.where(_in_room, notices.c.after_seq >= bindparam("first"), notices.c.after_seq <= bindparam("last"))
    # The order of their versions, said as they lie in the index: a room's last message never goes back.
    .order_by(notices.c.after_seq.desc(), notices.c.version.desc())
    .limit(bindparam("most"))
)
ADD_NOTICE = Statement(insert(notices).values({column.name: bindparam(column.name) for column in notices.c}))
_latest_not_kept = (
    select(notices.c.version)
    .where(_in_room)
    .order_by(notices.c.version.desc())
    .limit(literal_column("1"))
    .offset(bindparam("kept"))
    .scalar_subquery()
)
DROP_OLDEST_NOTICES = Statement(delete(notices).where(_in_room, notices.c.version <= _latest_not_kept))
PURGE_NOTICES = Statement(delete(notices).where(_in_room))


class SqlNotices:
    """Notices within a transaction. New ones wait for `flush`."""

    def __init__(self, tx: Executor) -> None:
        self._tx = tx
        self._new: list[NoticeRecord] = []
        self._kept: dict[int, int] = {}

    def flush(self) -> None:
        if not self._new:
            return
        new, self._new = self._new, []
        self._tx.run_many(ADD_NOTICE, [_values(notice) for notice in new])
        kept, self._kept = self._kept, {}
        self._tx.run_many(DROP_OLDEST_NOTICES, [{"room": room, "kept": most} for room, most in kept.items()])

    def page(self, room: int, first: int, last: int, limit: int, newest: bool) -> list[NoticeRecord]:
        self.flush()
        values = {"room": room, "first": first, "last": last, "most": limit}
        rows = self._tx.all(NEWEST_NOTICES if newest else OLDEST_NOTICES, values)
        return [_to_notice(row) for row in (rows[::-1] if newest else rows)]

    def after(self, room: int, first: int, last: int, limit: int) -> list[NoticeRecord]:
        self.flush()
        rows: Sequence[Row] = self._tx.all(NOTICES_AFTER, {"room": room, "first": first, "last": last, "most": limit})
        return [_to_notice(row) for row in rows[::-1]]

    def add(self, notice: NoticeRecord, kept: int) -> None:
        self._new.append(notice)
        self._kept[notice.room] = kept

    def purge(self, room: int) -> None:
        self._tx.run(PURGE_NOTICES, {"room": room})


def _to_notice(row: Row) -> NoticeRecord:
    room, version, after_seq, at, kind, actor, users, old, new, seq = row
    named = [] if users is None else msgspec.json.decode(users, type=list[int])
    return NoticeRecord(room, version, after_seq, at, kind, actor, named, old, new, seq)


def _values(notice: NoticeRecord) -> dict[str, object]:
    return {
        "room_id": notice.room,
        "version": notice.version,
        "after_seq": notice.after_seq,
        "at": notice.at,
        "kind": notice.kind,
        "actor_id": notice.actor,
        "users": msgspec.json.encode(notice.users).decode() if notice.users else None,
        "old": notice.old,
        "new": notice.new,
        "seq": notice.seq,
    }
