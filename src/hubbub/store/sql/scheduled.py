"""Scheduled messages in SQL. They are changed by their user only, one at a time, so nothing waits for `flush`."""

from typing import Any

from msgspec.structs import asdict
from sqlalchemy import bindparam, delete, func, insert, select, update

from hubbub.chat.records import ScheduledRecord
from hubbub.store.sql.kept_schema import scheduled
from hubbub.store.sql.statement import Executor, Row, Statement, count

_columns = select(*scheduled.c)
_this = scheduled.c.id == bindparam("which")
_mine = scheduled.c.user_id == bindparam("user")
ONE_SCHEDULED = Statement(_columns.where(_this))
NEXT_SCHEDULED = Statement(_columns.where(_mine).order_by(scheduled.c.at, scheduled.c.id).limit(bindparam("most")))
SCHEDULED_AT = Statement(_columns.where(_mine, scheduled.c.at == bindparam("at")))
COUNT_SCHEDULED = Statement(select(func.count()).select_from(scheduled).where(_mine))
_values: dict[str, Any] = {column.name: bindparam(column.name) for column in scheduled.c if column.name != "id"}
ADD_SCHEDULED = Statement(insert(scheduled).values(_values).returning(scheduled.c.id))
SAVE_SCHEDULED = Statement(update(scheduled).where(_this).values(_values))
DROP_SCHEDULED = Statement(delete(scheduled).where(_this))
DROP_SCHEDULED_OF = Statement(delete(scheduled).where(_mine))
PURGE_SCHEDULED = Statement(delete(scheduled).where(scheduled.c.room_id == bindparam("room")))


class SqlScheduled:
    """Scheduled messages within a transaction."""

    def __init__(self, tx: Executor) -> None:
        self._tx = tx

    def get(self, message: int) -> ScheduledRecord | None:
        row = self._tx.one(ONE_SCHEDULED, {"which": message})
        return None if row is None else _record(row)

    def of(self, user: int, limit: int) -> list[ScheduledRecord]:
        return [_record(row) for row in self._tx.all(NEXT_SCHEDULED, {"user": user, "most": limit})]

    def at(self, user: int, at: int) -> list[ScheduledRecord]:
        return [_record(row) for row in self._tx.all(SCHEDULED_AT, {"user": user, "at": at})]

    def count(self, user: int) -> int:
        return count(self._tx, COUNT_SCHEDULED, {"user": user})

    def add(self, record: ScheduledRecord) -> ScheduledRecord:
        row = self._tx.one(ADD_SCHEDULED, _row(record))
        assert row is not None
        record.id = row[0]
        return record

    def save(self, record: ScheduledRecord) -> None:
        self._tx.run(SAVE_SCHEDULED, {"which": record.id, **_row(record)})

    def drop(self, record: ScheduledRecord) -> None:
        self._tx.run(DROP_SCHEDULED, {"which": record.id})

    def drop_of(self, user: int) -> None:
        self._tx.run(DROP_SCHEDULED_OF, {"user": user})

    def purge(self, room: int) -> None:
        self._tx.run(PURGE_SCHEDULED, {"room": room})


def _record(row: Row) -> ScheduledRecord:
    record = ScheduledRecord(*row)
    record.also_in_room = bool(record.also_in_room)
    return record


def _row(record: ScheduledRecord) -> dict[str, Any]:
    values = asdict(record)
    return {
        **{name: values[name] for name in ("at", "content", "thread", "also_in_room", "reply_to", "failed")},
        "user_id": record.user,
        "room_id": record.room,
    }
