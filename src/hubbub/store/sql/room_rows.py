"""Rooms and members in SQL."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Text, bindparam, delete, func, insert, literal_column, select, text, update
from sqlalchemy.dialects import postgresql, sqlite

from hubbub.chat.confusables import look_of_room
from hubbub.chat.records import MemberRecord, RoomRecord
from hubbub.chat.shapes import Rank
from hubbub.chat.text import folded
from hubbub.store.sql.identity_map import IdentityMap
from hubbub.store.sql.schema import members, mentions, messages, rooms
from hubbub.store.sql.transaction import Row, Statement, Transaction, Values, ids, one_of

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
HEADS = one_of(select(rooms.c.id, rooms.c.version), rooms.c.id)
ADD_ROOM = Statement(
    insert(rooms)
    .values({column.name: bindparam(column.name) for column in rooms.c if column.name != "id"})
    .returning(rooms.c.id)
)
SAVE_HEAD = Statement(
    update(rooms)
    .where(rooms.c.id == bindparam("which"))
    .values({name: bindparam(name) for name in ("seq", "version", "member_count", "last_at")})
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

member_columns = select(
    members.c.room_id,
    members.c.user_id,
    members.c.version,
    members.c.read_seq,
    members.c.joined_at,
    members.c.rank,
    members.c.muted,
    members.c.archived_seq,
    members.c.joined_seq,
    members.c.delivered_seq,
    members.c.marked_unread,
    members.c.added_by,
)
MEMBER = Statement(member_columns.where(members.c.room_id == bindparam("room"), members.c.user_id == bindparam("user")))
MEMBERS_AMONG = one_of(member_columns.where(members.c.room_id == bindparam("room")), members.c.user_id)
MEMBERS = Statement(
    member_columns.where(
        members.c.room_id == bindparam("room"), members.c.user_id > bindparam("after"), members.c.rank.is_not(None)
    )
    .order_by(members.c.user_id)
    .limit(bindparam("most"))
)
LONGEST_MEMBER = Statement(
    member_columns.where(
        members.c.room_id == bindparam("room"),
        members.c.rank == bindparam("rank"),
        members.c.user_id != bindparam("but"),
    )
    .order_by(members.c.joined_at, members.c.user_id)
    .limit(literal_column("1"))
)
MEMBERSHIPS = Statement(
    member_columns.where(members.c.user_id == bindparam("user"), members.c.rank.is_not(None)).order_by(
        members.c.room_id
    )
)
_rooms_of = room_columns.join(members, members.c.room_id == rooms.c.id).where(
    members.c.user_id == bindparam("user"), members.c.rank.is_not(None)
)
ROOMS_OF = Statement(_rooms_of)
ROOMS_OF_TO_CHANGE = Statement(_rooms_of.order_by(rooms.c.id).with_for_update(of=rooms))
ROOM_IDS_OF = Statement(
    select(members.c.room_id)
    .where(members.c.user_id == bindparam("user"), members.c.rank.is_not(None))
    .order_by(members.c.room_id)
)
MEMBERS_SINCE = Statement(
    member_columns.where(members.c.room_id == bindparam("room"), members.c.version > bindparam("version"))
    .order_by(members.c.version)
    .limit(bindparam("most"))
)
_some_members = (
    select(members.c.user_id)
    .where(members.c.room_id == bindparam("room"))
    .order_by(members.c.user_id)
    .limit(bindparam("most"))
    .scalar_subquery()
)
PURGE_MEMBERS = Statement(
    delete(members).where(members.c.room_id == bindparam("room"), members.c.user_id.in_(_some_members))
)
CHANGED_MEMBERS = Statement(
    select(func.count()).select_from(
        select(literal_column("1"))
        .where(members.c.room_id == bindparam("room"), members.c.version > bindparam("version"))
        .limit(bindparam("most"))
        .subquery()
    )
)
MEMBERS_ENTERED = one_of(
    member_columns.where(members.c.joined_at > bindparam("at"), members.c.rank.is_not(None)), members.c.user_id
)
GROUPS_OF = Statement(
    select(func.count())
    .select_from(members.join(rooms, rooms.c.id == members.c.room_id))
    .where(
        members.c.user_id == bindparam("user"),
        members.c.rank.is_not(None),
        text("kind = 'private'"),
        rooms.c.created_by == members.c.user_id,
        rooms.c.deleted_at.is_(None),
    )
)


def _upsert(insert: Any) -> Any:
    adding = insert(members).values({column.name: bindparam(column.name) for column in members.c})
    return adding.on_conflict_do_update(
        index_elements=[members.c.room_id, members.c.user_id],
        set_={
            column.name: adding.excluded[column.name]
            for column in members.c
            if column.name not in ("room_id", "user_id")
        },
    )


SAVE_MEMBER = Statement(_upsert(sqlite.insert), on_postgres=_upsert(postgresql.insert))
# In words of SQLite's own: by itself it would walk through all that is unread, to find the few of it that were deleted.
DELETED_AFTER = Statement(
    text(
        "SELECT count(*) FROM messages INDEXED BY ix_messages_deleted WHERE room_id = :room AND seq > :seq AND deleted"
    ),
    on_postgres=text("SELECT count(*) FROM messages WHERE room_id = :room AND seq > :seq AND deleted"),
)
MENTIONED_AFTER = Statement(
    select(func.count()).where(
        mentions.c.room_id == bindparam("room"),
        mentions.c.user_id == bindparam("user"),
        mentions.c.seq > bindparam("seq"),
    )
)


class RoomRows:
    """Rooms and members within a transaction. Changes wait for `flush`.

    `changing`: a room that is read is locked against other servers until the end, and with it everything that belongs
    to it: whoever changes anything of a room reads the room first.
    """

    def __init__(self, transaction: Transaction, changing: bool, known: IdentityMap) -> None:
        self._tx = transaction
        self._changing = changing
        self._rooms = known.rooms
        self._bodies = known.bodies
        self._members = known.members
        self._heads: dict[int, RoomRecord] = {}
        self._pairs: dict[tuple[int, int], int] = {}
        self._seats: dict[tuple[int, int], MemberRecord] = {}

    def flush(self) -> None:
        """Write everything saved since the last flush."""
        if self._heads:
            heads, self._heads = self._heads, {}
            # Most changes touch only the counters of a room.
            whole = [room for room in heads.values() if _body(room) != self._bodies.get(room.id)]
            self._tx.run_many(SAVE_ROOM, [{"which": room.id, **_room_values(room)} for room in whole])
            self._tx.run_many(
                SAVE_HEAD,
                [
                    {
                        "which": room.id,
                        "seq": room.seq,
                        "version": room.version,
                        "member_count": room.member_count,
                        "last_at": room.last_at,
                    }
                    for room in heads.values()
                ],
            )
            self._bodies.update((room.id, _body(room)) for room in whole)
        if self._seats:
            seats, self._seats = self._seats, {}
            self._tx.run_many(SAVE_MEMBER, [_member_values(member) for member in seats.values()])

    def room(self, room: int) -> RoomRecord | None:
        if room not in self._rooms:
            row = self._tx.one(ROOM_TO_CHANGE if self._changing else ROOM, {"id": room})
            if row is None:
                return None
            self._known_room(row)
        return self._rooms[room]

    def foresee_rooms(self, statement: Statement, rooms: Sequence[int]) -> None:
        """Prefetch these rooms in one query."""
        for row in self._tx.all(statement, {"rooms": rooms}):
            self._known_room(row)

    def foresee_members(self, statement: Statement, seats: Sequence[tuple[int, int]]) -> None:
        """Prefetch these members (room, user) in one query."""
        self._members.update(dict.fromkeys(seats))
        values = {"rooms": [room for room, _ in seats], "users": [user for _, user in seats]}
        for row in self._tx.all(statement, values):
            self._members[row[0], row[1]] = to_member(row)

    def direct_room(self, one: int, other: int) -> RoomRecord | None:
        pair = min(one, other), max(one, other)
        if pair in self._pairs:
            return self._rooms[self._pairs[pair]]
        statement = DIRECT_ROOM_TO_CHANGE if self._changing else DIRECT_ROOM
        row = self._tx.one(statement, {"low": pair[0], "high": pair[1]})
        return None if row is None else self._known_room(row)

    def public_rooms_like(self, key: str, looks: Sequence[str]) -> list[int]:
        self.flush()
        found = [*self._tx.all(PUBLIC_ROOMS_NAMED, {"key": key})]
        for each in looks:
            found += self._tx.all(PUBLIC_ROOMS_LOOKING, {"look": each})
        return sorted({row[0] for row in found})

    def public_rooms(self, part: str, after: int, limit: int) -> list[RoomRecord]:
        rows = self._tx.all(PUBLIC_ROOMS, {"part": part, "after": after, "most": limit})
        return [self._known_room(row) for row in rows]

    def rooms_to_purge(self) -> list[int]:
        return [row[0] for row in self._tx.all(ROOMS_TO_PURGE, {})]

    def heads(self, rooms: Sequence[int]) -> dict[int, int]:
        return {row[0]: row[1] for row in self._tx.all(HEADS, {"ids": ids(rooms)})}

    def add_room(self, room: RoomRecord) -> RoomRecord:
        row = self._tx.one(
            ADD_ROOM, {**_room_values(room), "created_at": room.created_at, "created_by": room.created_by}
        )
        assert row is not None
        room.id = row[0]
        self._rooms[room.id] = room
        self._bodies[room.id] = _body(room)
        return room

    def save_room(self, room: RoomRecord) -> None:
        self._heads[room.id] = room

    def member(self, room: int, user: int) -> MemberRecord | None:
        if (room, user) not in self._members:
            row = self._tx.one(MEMBER, {"room": room, "user": user})
            self._members[room, user] = None if row is None else to_member(row)
        return self._members[room, user]

    def members(self, room: int, after: int, limit: int) -> list[MemberRecord]:
        self.flush()
        rows = self._tx.all(MEMBERS, {"room": room, "after": after, "most": limit})
        return [self._known_member(row) for row in rows]

    def members_among(self, room: int, users: Sequence[int]) -> set[int]:
        unknown = [user for user in users if (room, user) not in self._members]
        if unknown:
            for row in self._tx.all(MEMBERS_AMONG, {"room": room, "ids": ids(unknown)}):
                self._known_member(row)
        found = ((user, self._members.get((room, user))) for user in users)
        return {user for user, member in found if member is not None and member.rank is not None}

    def longest_member(self, room: int, rank: Rank, but: int) -> MemberRecord | None:
        self.flush()
        row = self._tx.one(LONGEST_MEMBER, {"room": room, "rank": rank, "but": but})
        return None if row is None else self._known_member(row)

    def memberships(self, user: int) -> list[MemberRecord]:
        self.flush()
        for row in self._tx.all(ROOMS_OF_TO_CHANGE if self._changing else ROOMS_OF, {"user": user}):
            self._known_room(row)
        return [self._known_member(row) for row in self._tx.all(MEMBERSHIPS, {"user": user})]

    def rooms_of(self, user: int) -> list[int]:
        self.flush()
        return [row[0] for row in self._tx.all(ROOM_IDS_OF, {"user": user})]

    def members_since(self, room: int, version: int, limit: int) -> list[MemberRecord]:
        rows = self._tx.all(MEMBERS_SINCE, {"room": room, "version": version, "most": limit})
        return [self._known_member(row) for row in rows]

    def purge_members(self, room: int, limit: int) -> int:
        self.flush()
        gone = self._tx.run(PURGE_MEMBERS, {"room": room, "most": limit})
        for place in [place for place in self._members if place[0] == room]:
            del self._members[place]
        return gone

    def changed_members(self, room: int, version: int, most: int) -> int:
        return self._count(CHANGED_MEMBERS, {"room": room, "version": version, "most": most})

    def members_entered(self, users: Sequence[int], at: int) -> list[MemberRecord]:
        rows = self._tx.all(MEMBERS_ENTERED, {"ids": ids(users), "at": at})
        return [self._known_member(row) for row in rows]

    def groups_of(self, user: int) -> int:
        self.flush()
        return self._count(GROUPS_OF, {"user": user})

    def save_member(self, member: MemberRecord) -> None:
        self._members[member.room, member.user] = member
        self._seats[member.room, member.user] = member

    def unread(self, member: MemberRecord, head: int) -> tuple[int, int]:
        if member.read_seq >= head:
            return 0, 0
        self.flush()
        place = {"room": member.room, "seq": member.read_seq}
        deleted = self._count(DELETED_AFTER, place)
        return head - member.read_seq - deleted, self._count(MENTIONED_AFTER, {**place, "user": member.user})

    def _count(self, statement: Statement, values: Values) -> int:
        row = self._tx.one(statement, values)
        assert row is not None
        return int(row[0])

    def _known_room(self, row: Row) -> RoomRecord:
        room = self._rooms.get(row[0])
        if room is None:
            room = self._rooms[row[0]] = _to_room(row)
            self._bodies[room.id] = _body(room)
            if room.pair is not None:
                self._pairs[room.pair] = room.id
        return room

    def _known_member(self, row: Row) -> MemberRecord:
        member = self._members.get((row[0], row[1]))
        if member is None:
            member = self._members[row[0], row[1]] = to_member(row)
        return member


def _to_room(row: Row) -> RoomRecord:
    record = RoomRecord(*row[:13])
    record.pair = None if row[13] is None else (row[13], row[14])
    return record


def _body(room: RoomRecord) -> Row:
    """The columns of a room without its counters."""
    return room.kind, room.name, room.topic, room.archived_at, room.deleted_at, room.joins_as


def to_member(row: Row) -> MemberRecord:
    member = MemberRecord(*row)
    member.muted = bool(member.muted)
    member.marked_unread = bool(member.marked_unread)
    return member


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
        "pair_low": None if room.pair is None else room.pair[0],
        "pair_high": None if room.pair is None else room.pair[1],
    }


def _member_values(member: MemberRecord) -> Values:
    return {
        "room_id": member.room,
        "user_id": member.user,
        "version": member.version,
        "read_seq": member.read_seq,
        "joined_at": member.joined_at,
        "rank": member.rank,
        "muted": member.muted,
        "archived_seq": member.archived_seq,
        "joined_seq": member.joined_seq,
        "delivered_seq": member.delivered_seq,
        "marked_unread": member.marked_unread,
        "added_by": member.added_by,
    }
