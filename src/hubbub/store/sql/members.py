"""Members of rooms in SQL."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import bindparam, delete, func, literal_column, select, text
from sqlalchemy.dialects import postgresql, sqlite

from hubbub.chat.records import MemberRecord, RoomRecord
from hubbub.chat.shapes import Rank
from hubbub.store.sql.identity_map import IdentityMap
from hubbub.store.sql.messages import SqlMessages
from hubbub.store.sql.rooms import SqlRooms, room_columns
from hubbub.store.sql.schema import members, rooms
from hubbub.store.sql.statement import Executor, Row, Statement, Values, count, ids, one_of
from hubbub.store.sql.unread import unread, unread_of

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
JOINED_SINCE = one_of(
    member_columns.where(members.c.joined_at > bindparam("at"), members.c.rank.is_not(None)), members.c.user_id
)
PRIVATE_ROOMS_OF = Statement(
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


class SqlMembers:
    """Members within a transaction. Changes wait for `flush`."""

    def __init__(
        self, tx: Executor, changing: bool, known: IdentityMap, rooms: SqlRooms, messages: SqlMessages
    ) -> None:
        self._tx = tx
        self._changing = changing
        self._members = known.members
        self._rooms = rooms
        self._messages = messages
        self._changed: dict[tuple[int, int], MemberRecord] = {}

    def flush(self) -> None:
        if self._changed:
            changed, self._changed = self._changed, {}
            self._tx.run_many(SAVE_MEMBER, [_member_values(member) for member in changed.values()])

    def prefetch(self, statement: Statement, places: Sequence[tuple[int, int]]) -> None:
        """Prefetch these members (room, user) in one query."""
        self._members.update(dict.fromkeys(places))
        values = {"rooms": [room for room, _ in places], "users": [user for _, user in places]}
        for row in self._tx.all(statement, values):
            self._members[row[0], row[1]] = to_member(row)

    def get(self, room: int, user: int) -> MemberRecord | None:
        if (room, user) not in self._members:
            row = self._tx.one(MEMBER, {"room": room, "user": user})
            self._members[room, user] = None if row is None else to_member(row)
        return self._members[room, user]

    def page(self, room: int, after: int, limit: int) -> list[MemberRecord]:
        self.flush()
        rows = self._tx.all(MEMBERS, {"room": room, "after": after, "most": limit})
        return [self._known(row) for row in rows]

    def among(self, room: int, users: Sequence[int]) -> set[int]:
        unknown = [user for user in users if (room, user) not in self._members]
        if unknown:
            for row in self._tx.all(MEMBERS_AMONG, {"room": room, "ids": ids(unknown)}):
                self._known(row)
        found = ((user, self._members.get((room, user))) for user in users)
        return {user for user, member in found if member is not None and member.rank is not None}

    def longest(self, room: int, rank: Rank, but: int) -> MemberRecord | None:
        self.flush()
        row = self._tx.one(LONGEST_MEMBER, {"room": room, "rank": rank, "but": but})
        return None if row is None else self._known(row)

    def of(self, user: int) -> list[MemberRecord]:
        self._rooms.flush()
        self.flush()
        for row in self._tx.all(ROOMS_OF_TO_CHANGE if self._changing else ROOMS_OF, {"user": user}):
            self._rooms.known(row)
        return [self._known(row) for row in self._tx.all(MEMBERSHIPS, {"user": user})]

    def rooms_of(self, user: int) -> list[int]:
        self.flush()
        return [row[0] for row in self._tx.all(ROOM_IDS_OF, {"user": user})]

    def since(self, room: int, version: int, limit: int) -> list[MemberRecord]:
        rows = self._tx.all(MEMBERS_SINCE, {"room": room, "version": version, "most": limit})
        return [self._known(row) for row in rows]

    def purge(self, room: int, limit: int) -> int:
        self.flush()
        gone = self._tx.run(PURGE_MEMBERS, {"room": room, "most": limit})
        for place in [place for place in self._members if place[0] == room]:
            del self._members[place]
        return gone

    def count_since(self, room: int, version: int, most: int) -> int:
        return count(self._tx, CHANGED_MEMBERS, {"room": room, "version": version, "most": most})

    def joined_since(self, users: Sequence[int], at: int) -> list[MemberRecord]:
        rows = self._tx.all(JOINED_SINCE, {"ids": ids(users), "at": at})
        return [self._known(row) for row in rows]

    def private_rooms_of(self, user: int) -> int:
        self._rooms.flush()
        self.flush()
        return count(self._tx, PRIVATE_ROOMS_OF, {"user": user})

    def save(self, member: MemberRecord) -> None:
        self._members[member.room, member.user] = member
        self._changed[member.room, member.user] = member

    def unread(self, member: MemberRecord, room: RoomRecord) -> tuple[int, int]:
        if member.read_seq >= room.seq:
            return 0, 0
        self._messages.flush()
        return unread(self._tx, member, room.seq, room.thread_only_count)

    def unread_of(self, user: int) -> dict[int, tuple[int, int]]:
        self._rooms.flush()
        self._messages.flush()
        self.flush()
        return unread_of(self._tx, user)

    def _known(self, row: Row) -> MemberRecord:
        member = self._members.get((row[0], row[1]))
        if member is None:
            member = self._members[row[0], row[1]] = to_member(row)
        return member


def to_member(row: Row) -> MemberRecord:
    member = MemberRecord(*row)
    member.muted = bool(member.muted)
    member.marked_unread = bool(member.marked_unread)
    return member


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
