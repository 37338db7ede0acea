"""Consumers of the rooms' log and their cursors in SQL."""

from sqlalchemy import BigInteger, bindparam, delete, func, literal_column, select, text, tuple_

from hubbub.chat.consumers import ConsumerRecord, CursorRecord
from hubbub.store.sql.schema import rooms
from hubbub.store.sql.statement import Executor, Row, Statement
from hubbub.store.sql.work_schema import consumers, cursors

_consumers = select(consumers.c.name, consumers.c.skipped_to, consumers.c.ready)
CONSUMER = Statement(_consumers.where(consumers.c.name == bindparam("name")).with_for_update())
CONSUMER_READ = Statement(_consumers.where(consumers.c.name == bindparam("name")))
CONSUMERS = Statement(_consumers.order_by(consumers.c.name))
SAVE_CONSUMER = Statement(
    text(
        "INSERT INTO consumers (name, skipped_to, ready) VALUES (:name, :skipped_to, :ready) "
        # One that two servers make at once is ready when one of them says so.
        "ON CONFLICT (name) DO UPDATE SET skipped_to = excluded.skipped_to, ready = consumers.ready OR excluded.ready"
    )
)
_cursors = select(cursors.c.consumer, cursors.c.room_id, cursors.c.version, cursors.c.parked_at, cursors.c.error)
CURSOR = Statement(
    _cursors.where(
        cursors.c.room_id == bindparam("room"), cursors.c.consumer == bindparam("consumer")
    ).with_for_update()
)
CURSOR_READ = Statement(
    _cursors.where(cursors.c.room_id == bindparam("room"), cursors.c.consumer == bindparam("consumer"))
)
_zero = literal_column("0", BigInteger)
BEHIND = Statement(
    select(rooms.c.id)
    .select_from(
        rooms.outerjoin(cursors, (cursors.c.room_id == rooms.c.id) & (cursors.c.consumer == bindparam("consumer")))
    )
    .where(
        rooms.c.id >= bindparam("first"),
        rooms.c.id <= bindparam("last"),
        rooms.c.version > func.coalesce(cursors.c.version, _zero),
        cursors.c.parked_at.is_(None),
    )
    .order_by(rooms.c.id)
)
LAST_ROOM = Statement(select(func.coalesce(func.max(rooms.c.id), _zero)))
PARKED = Statement(
    _cursors.where(
        cursors.c.parked_at.is_not(None),
        tuple_(cursors.c.consumer, cursors.c.room_id)
        > tuple_(bindparam("consumer", type_=cursors.c.consumer.type), bindparam("room", type_=rooms.c.id.type)),
    )
    .order_by(cursors.c.consumer, cursors.c.room_id)
    .limit(bindparam("most"))
)
SAVE_CURSOR = Statement(
    text(
        "INSERT INTO cursors (room_id, consumer, version, parked_at, error) "
        "VALUES (:room, :consumer, :version, :parked_at, :error) ON CONFLICT (room_id, consumer) DO UPDATE "
        "SET version = excluded.version, parked_at = excluded.parked_at, error = excluded.error"
    )
)
# Where there is no row yet there is nothing to lock: who comes second waits at this until the first has committed.
BEGIN_CURSOR = Statement(
    text(
        "INSERT INTO cursors (room_id, consumer, version) VALUES (:room, CAST(:consumer AS text), 0) "
        "ON CONFLICT DO NOTHING"
    )
)
DROP_CONSUMER = Statement(delete(consumers).where(consumers.c.name == bindparam("which")))
DROP_CURSORS = Statement(
    delete(cursors).where(
        cursors.c.room_id >= bindparam("first"),
        cursors.c.room_id <= bindparam("last"),
        cursors.c.consumer == bindparam("which"),
    )
)
SKIP = Statement(
    text(
        "INSERT INTO cursors (room_id, consumer, version) SELECT id, CAST(:consumer AS text), version FROM rooms "
        "WHERE id >= :first AND id <= :last ORDER BY id ON CONFLICT DO NOTHING"
    )
)


class SqlCursors:
    """Cursors within a transaction. Changes wait for `flush`."""

    def __init__(self, tx: Executor, changing: bool) -> None:
        self._tx = tx
        self._changing = changing
        self._changed: dict[tuple[int, str], CursorRecord] = {}

    def flush(self) -> None:
        if self._changed:
            changed, self._changed = self._changed, {}
            self._tx.run_many(SAVE_CURSOR, [_values(changed[key]) for key in sorted(changed)])

    def consumer(self, name: str) -> ConsumerRecord | None:
        row = self._tx.one(CONSUMER if self._changing else CONSUMER_READ, {"name": name})
        return None if row is None else _to_consumer(row)

    def consumers(self) -> list[ConsumerRecord]:
        return [_to_consumer(row) for row in self._tx.all(CONSUMERS, {})]

    def cursor(self, consumer: str, room: int) -> CursorRecord | None:
        self.flush()
        which = {"consumer": consumer, "room": room}
        row = self._tx.one(CURSOR if self._changing else CURSOR_READ, which)
        if row is None and self._changing and self._tx.is_shared:
            self._tx.run(BEGIN_CURSOR, which)
            row = self._tx.one(CURSOR, which)
        return None if row is None else _to_cursor(row)

    def behind(self, consumer: str, first: int, last: int) -> list[int]:
        self.flush()
        return [row[0] for row in self._tx.all(BEHIND, {"consumer": consumer, "first": first, "last": last})]

    def last_room(self) -> int:
        row = self._tx.one(LAST_ROOM, {})
        return 0 if row is None else int(row[0])

    def parked(self, after: tuple[str, int], limit: int) -> list[CursorRecord]:
        self.flush()
        rows = self._tx.all(PARKED, {"consumer": after[0], "room": after[1], "most": limit})
        return [_to_cursor(row) for row in rows]

    def save_consumer(self, consumer: ConsumerRecord) -> None:
        self._tx.run(SAVE_CONSUMER, {"name": consumer.name, "skipped_to": consumer.skipped_to, "ready": consumer.ready})

    def drop_consumer(self, name: str) -> bool:
        return self._tx.run(DROP_CONSUMER, {"which": name}) > 0

    def drop(self, consumer: str, first: int, last: int) -> None:
        self.flush()
        self._tx.run(DROP_CURSORS, {"which": consumer, "first": first, "last": last})

    def save(self, cursor: CursorRecord) -> None:
        self._changed[cursor.room, cursor.consumer] = cursor

    def skip(self, consumer: str, first: int, last: int) -> None:
        self._tx.run(SKIP, {"consumer": consumer, "first": first, "last": last})


def _to_consumer(row: Row) -> ConsumerRecord:
    name, skipped_to, ready = row
    return ConsumerRecord(name=name, skipped_to=skipped_to, ready=bool(ready))


def _to_cursor(row: Row) -> CursorRecord:
    consumer, room, version, parked_at, error = row
    return CursorRecord(consumer=consumer, room=room, version=version, parked_at=parked_at, error=error)


def _values(cursor: CursorRecord) -> dict[str, object]:
    return {
        "room": cursor.room,
        "consumer": cursor.consumer,
        "version": cursor.version,
        "parked_at": cursor.parked_at,
        "error": cursor.error,
    }
