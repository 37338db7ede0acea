"""What a member has not read, counted: differences of running numbers, and index entries of the few exceptions."""

from sqlalchemy import text

from hubbub.chat.records import MemberRecord
from hubbub.store.sql.statement import Executor, Statement, count

# The indexes are named, as SQLite would scan all unread messages otherwise. `apart`: shown in a thread only.
_APART = (
    "EXISTS (SELECT 1 FROM messages AS apart{hint} WHERE apart.room_id = {of}.room_id AND apart.seq = {of}.seq "
    "AND apart.thread_only_count IS NOT NULL)"
)
_MINE = "WHERE members.user_id = :user AND members.rank IS NOT NULL"
_HINT = " INDEXED BY ix_messages_thread_only"


def _statement(sql: str, of: str) -> Statement:
    """A statement with the indexes named for SQLite. `of`: whose rows are not to be those of messages apart."""

    def on(gone: str, hint: str, cross: str) -> str:
        return sql.format(gone=gone, hint=hint, cross=cross, apart=_APART.format(hint=hint, of=of), mine=_MINE)

    return Statement(text(on(" INDEXED BY ix_messages_deleted", _HINT, " CROSS")), on_postgres=text(on("", "", "")))


DELETED_AFTER = _statement(
    "SELECT count(*) FROM messages{gone} WHERE room_id = :room AND seq > :seq AND deleted AND NOT {apart}", "messages"
)
MENTIONED_AFTER = _statement(
    "SELECT count(*) FROM mentions WHERE room_id = :room AND user_id = :user AND seq > :seq AND NOT {apart}", "mentions"
)
APART_UP_TO = _statement(
    "SELECT thread_only_count FROM messages{hint} WHERE room_id = :room AND seq <= :seq "
    "AND thread_only_count IS NOT NULL ORDER BY seq DESC LIMIT 1",
    "messages",
)

# CROSS JOIN keeps SQLite to this order (sqlite.org/optoverview.html, "Manual control of query plans").
DELETED_OF = _statement(
    "SELECT members.room_id, count(*) FROM members{cross} JOIN messages{gone} "
    "ON messages.room_id = members.room_id AND messages.seq > members.read_seq AND deleted "
    "{mine} AND NOT {apart} GROUP BY members.room_id",
    "messages",
)
MENTIONED_OF = _statement(
    "SELECT members.room_id, count(*) FROM members JOIN mentions ON mentions.room_id = members.room_id "
    "AND mentions.user_id = members.user_id AND mentions.seq > members.read_seq "
    "{mine} AND NOT {apart} GROUP BY members.room_id",
    "mentions",
)
APART_OF = _statement(
    "SELECT members.room_id, rooms.thread_only_count - coalesce((SELECT messages.thread_only_count FROM messages{hint} "
    "WHERE messages.room_id = members.room_id AND messages.seq <= members.read_seq "
    "AND messages.thread_only_count IS NOT NULL ORDER BY messages.seq DESC LIMIT 1), 0) "
    "FROM members JOIN rooms ON rooms.id = members.room_id {mine} AND rooms.thread_only_count > 0",
    "messages",
)


def unread(tx: Executor, member: MemberRecord, seq: int, thread_only_count: int) -> tuple[int, int]:
    """The member's unread messages and mentions in a room whose last message and count of messages apart are these."""
    place = {"room": member.room, "seq": member.read_seq}
    apart = thread_only_count - apart_up_to(tx, member.room, member.read_seq) if thread_only_count else 0
    deleted = count(tx, DELETED_AFTER, place)
    mentioned = count(tx, MENTIONED_AFTER, {**place, "user": member.user})
    return seq - member.read_seq - apart - deleted, mentioned


def apart_up_to(tx: Executor, room: int, seq: int) -> int:
    """How many messages of a room up to a `seq` are shown in their threads only."""
    row = tx.one(APART_UP_TO, {"room": room, "seq": seq})
    return 0 if row is None else int(row[0])


def unread_of(tx: Executor, user: int) -> dict[int, tuple[int, int]]:
    """By room, where there is either: how many messages after the read marker are not counted, and the mentions."""
    uncounted: dict[int, int] = dict(tx.all(DELETED_OF, {"user": user}))
    for room, apart in tx.all(APART_OF, {"user": user}):
        uncounted[room] = uncounted.get(room, 0) + apart
    mentioned: dict[int, int] = dict(tx.all(MENTIONED_OF, {"user": user}))
    return {room: (uncounted.get(room, 0), mentioned.get(room, 0)) for room in uncounted.keys() | mentioned.keys()}
