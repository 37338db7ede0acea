"""Rooms in SQL."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Text, bindparam, func, insert, literal_column, select, text, update

from hubbub.chat.confusables import look_of_room
from hubbub.chat.records import RoomRecord
from hubbub.chat.text import folded
from hubbub.store.sql.identity_map import IdentityMap
from hubbub.store.sql.schema import members, messages, rooms
from hubbub.store.sql.statement import Executor, Row, Statement, ids, one_of

room_columns = select(
    rooms.c.id,
    rooms.c.kind,
    rooms.c.seq,
    rooms.c.version,
    rooms.c.member_count,
    rooms.c.created_at,
    rooms.c.name,
    rooms.c.topic,
    rooms.c.created_by,
    rooms.c.archived_at,
    rooms.c.deleted_at,
    rooms.c.last_at,
    rooms.c.joins_as,
    rooms.c.pair_low,
    rooms.c.pair_high,
    rooms.c.thread_only_count,
)
# As text: as an expression SQLAlchemy would write "= 1" after it, and SQLite not find the index of public rooms' names.
_public = (text("kind = 'public'"), rooms.c.deleted_at.is_(None))
ROOM = Statement(room_columns.where(rooms.c.id == bindparam("id")))
ROOM_TO_CHANGE = Statement(room_columns.where(rooms.c.id == bindparam("id")).with_for_update())
DIRECT_ROOM = Statement(
    room_columns.where(rooms.c.pair_low == bindparam("low"), rooms.c.pair_high == bindparam("high"))
)
DIRECT_ROOM_TO_CHANGE = Statement(
    room_columns.where(rooms.c.pair_low == bindparam("low"), rooms.c.pair_high == bindparam("high")).with_for_update()
)
PUBLIC_ROOMS_NAMED = Statement(select(rooms.c.id).where(*_public, rooms.c.key == bindparam("key")))
PUBLIC_ROOMS_LOOKING = Statement(select(rooms.c.id).where(*_public, rooms.c.look == bindparam("look")))
_any_public = (
    room_columns.where(*_public, rooms.c.id > bindparam("after")).order_by(rooms.c.id).limit(bindparam("most"))
)
_part = bindparam("part", type_=Text)
_any_part = _part == literal_column("''")
PUBLIC_ROOMS = Statement(
    _any_public.where((func.instr(rooms.c.key, _part) > literal_column("0")) | _any_part),
    on_postgres=_any_public.where((func.strpos(rooms.c.key, _part) > literal_column("0")) | _any_part),
)
ROOMS_TO_PURGE = Statement(
    select(rooms.c.id).where(
        rooms.c.deleted_at.is_not(None),
        select(messages.c.seq).where(messages.c.room_id == rooms.c.id).exists()
        | select(members.c.user_id).where(members.c.room_id == rooms.c.id).exists(),
    )
)
PUBLIC_AMONG = one_of(select(rooms.c.id).where(*_public), rooms.c.id)
VERSIONS = one_of(select(rooms.c.id, rooms.c.version), rooms.c.id)
ADD_ROOM = Statement(
    insert(rooms)
    .values({column.name: bindparam(column.name) for column in rooms.c if column.name != "id"})
    .returning(rooms.c.id)
)
SAVE_COUNTERS = Statement(
    update(rooms)
    .where(rooms.c.id == bindparam("which"))
    .values({name: bindparam(name) for name in ("seq", "version", "member_count", "last_at", "thread_only_count")})
)
SAVE_ROOM = Statement(
    update(rooms)
    .where(rooms.c.id == bindparam("which"))
    .values(
        {
            column.name: bindparam(column.name)
            for column in rooms.c
            if column.name not in ("id", "created_at", "created_by")
        }
    )
)


class SqlRooms:
    """Rooms within a transaction. Changes wait for `flush`.

    `changing`: a room that is read is locked against other servers until the end of the transaction, and with it
    everything that belongs to it: every change of a room reads the room first.
    """

    def __init__(self, tx: Executor, changing: bool, known: IdentityMap) -> None:
        self._tx = tx
        self._changing = changing
        self._rooms = known.rooms
        self._bodies = known.bodies
        self._changed: dict[int, RoomRecord] = {}
        self._pairs: dict[tuple[int, int], int] = {}

    def flush(self) -> None:
        """Write everything saved since the last flush."""
        if self._changed:
            changed, self._changed = self._changed, {}
            # Most changes touch only the counters of a room.
            whole = [room for room in changed.values() if _body(room) != self._bodies.get(room.id)]
            self._tx.run_many(SAVE_ROOM, [{"which": room.id, **_room_values(room)} for room in whole])
            self._tx.run_many(
                SAVE_COUNTERS,
                [
                    {
                        "which": room.id,
                        "seq": room.seq,
                        "version": room.version,
                        "member_count": room.member_count,
                        "last_at": room.last_at,
                        "thread_only_count": room.thread_only_count,
                    }
                    for room in changed.values()
                ],
            )
            self._bodies.update((room.id, _body(room)) for room in whole)

    def get(self, room: int) -> RoomRecord | None:
        if room not in self._rooms:
            row = self._tx.one(ROOM_TO_CHANGE if self._changing else ROOM, {"id": room})
            if row is None:
                return None
            self.known(row)
        return self._rooms[room]

    def prefetch(self, statement: Statement, rooms: Sequence[int]) -> None:
        """Prefetch these rooms in one query."""
        for row in self._tx.all(statement, {"rooms": rooms}):
            self.known(row)

    def direct(self, one: int, other: int) -> RoomRecord | None:
        pair = min(one, other), max(one, other)
        if pair in self._pairs:
            return self._rooms[self._pairs[pair]]
        statement = DIRECT_ROOM_TO_CHANGE if self._changing else DIRECT_ROOM
        row = self._tx.one(statement, {"low": pair[0], "high": pair[1]})
        return None if row is None else self.known(row)

    def public_like(self, key: str, looks: Sequence[str]) -> list[int]:
        self.flush()
        found = [*self._tx.all(PUBLIC_ROOMS_NAMED, {"key": key})]
        for each in looks:
            found += self._tx.all(PUBLIC_ROOMS_LOOKING, {"look": each})
        return sorted({row[0] for row in found})

    def public(self, part: str, after: int, limit: int) -> list[RoomRecord]:
        rows = self._tx.all(PUBLIC_ROOMS, {"part": part, "after": after, "most": limit})
        return [self.known(row) for row in rows]

    def to_purge(self) -> list[int]:
        return [row[0] for row in self._tx.all(ROOMS_TO_PURGE, {})]

    def versions(self, rooms: Sequence[int]) -> dict[int, int]:
        return {row[0]: row[1] for row in self._tx.all(VERSIONS, {"ids": ids(rooms)})}

    def public_among(self, rooms: Sequence[int]) -> set[int]:
        return {row[0] for row in self._tx.all(PUBLIC_AMONG, {"ids": ids(rooms)})}

    def add(self, room: RoomRecord) -> RoomRecord:
        row = self._tx.one(
            ADD_ROOM, {**_room_values(room), "created_at": room.created_at, "created_by": room.created_by}
        )
        assert row is not None
        room.id = row[0]
        self._rooms[room.id] = room
        self._bodies[room.id] = _body(room)
        return room

    def save(self, room: RoomRecord) -> None:
        self._changed[room.id] = room

    def known(self, row: Row) -> RoomRecord:
        """The record of a row: the one already given out in this transaction, if there is one."""
        room = self._rooms.get(row[0])
        if room is None:
            room = self._rooms[row[0]] = _to_room(row)
            self._bodies[room.id] = _body(room)
            if room.pair is not None:
                self._pairs[room.pair] = room.id
        return room


def _to_room(row: Row) -> RoomRecord:
    record = RoomRecord(*row[:13])
    record.pair = None if row[13] is None else (row[13], row[14])
    record.thread_only_count = row[15]
    return record


def _body(room: RoomRecord) -> Row:
    """The columns of a room without its counters."""
    return room.kind, room.name, room.topic, room.archived_at, room.deleted_at, room.joins_as


def _room_values(room: RoomRecord) -> dict[str, Any]:
    return {
        "kind": room.kind,
        "seq": room.seq,
        "version": room.version,
        "member_count": room.member_count,
        "name": room.name,
        "key": None if room.name is None else folded(room.name),
        "look": None if room.name is None or room.kind != "public" else look_of_room(room.name),
        "topic": room.topic,
        "archived_at": room.archived_at,
        "deleted_at": room.deleted_at,
        "last_at": room.last_at,
        "joins_as": room.joins_as,
        "thread_only_count": room.thread_only_count,
        "pair_low": None if room.pair is None else room.pair[0],
        "pair_high": None if room.pair is None else room.pair[1],
    }
