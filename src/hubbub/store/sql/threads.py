"""Threads in SQL. Both numbers that are subtracted for a count are read from an index: see `chat/threads.py`."""

from collections.abc import Sequence
from typing import Any

import msgspec
from sqlalchemy import bindparam, delete, select, text
from sqlalchemy.dialects import postgresql, sqlite

from hubbub.chat.records import FollowRecord, ThreadRecord
from hubbub.chat.shapes import Thread
from hubbub.chat.storage.threads import Activity, Followed
from hubbub.store.sql.messages import SqlMessages
from hubbub.store.sql.statement import Executor, Row, Statement, ids, one_of
from hubbub.store.sql.thread_rows import HINT_DELETED, people, summaries, thread_columns
from hubbub.store.sql.thread_schema import thread_follows, threads
from hubbub.store.sql.unread import apart_up_to

THREAD = Statement(thread_columns.where(threads.c.room_id == bindparam("room"), threads.c.root == bindparam("root")))
# In two steps: with one, SQLite may walk back through the whole room, as that is in the order asked for.
COUNTED = Statement(
    text(
        "SELECT thread_count FROM messages WHERE room_id = :room AND seq = ("
        "SELECT max(seq) FROM messages WHERE room_id = :room AND thread_root = :root AND seq <= :seq)"
    )
)
_follow_columns = select(
    thread_follows.c.room_id,
    thread_follows.c.user_id,
    thread_follows.c.root,
    thread_follows.c.following,
    thread_follows.c.read_seq,
    thread_follows.c.read_count,
)
FOLLOWS = one_of(
    _follow_columns.where(thread_follows.c.room_id == bindparam("room"), thread_follows.c.root == bindparam("root")),
    thread_follows.c.user_id,
)
_UNREAD = (
    "threads.replies - follows.read_count - (SELECT count(*) FROM messages{hint} "
    "WHERE messages.room_id = follows.room_id AND messages.thread_root = follows.root "
    "AND messages.seq > follows.read_seq AND messages.deleted AND messages.thread_root IS NOT NULL)"
)
_MENTIONS = (
    "(SELECT count(*) FROM mentions{cross} JOIN messages ON messages.room_id = mentions.room_id "
    "AND messages.seq = mentions.seq WHERE mentions.room_id = follows.room_id AND mentions.user_id = follows.user_id "
    "AND mentions.seq > follows.read_seq AND messages.thread_root = follows.root)"
)


def _statement(sql: str) -> Statement:
    # CROSS JOIN keeps SQLite to this order (sqlite.org/optoverview.html, "Manual control of query plans").
    return Statement(
        text(sql.format(hint=HINT_DELETED, cross=" CROSS")), on_postgres=text(sql.format(hint="", cross=""))
    )


UNREAD = _statement(
    f"SELECT {_UNREAD}, {_MENTIONS} FROM thread_follows AS follows "  # noqa: S608 - constants
    "JOIN threads ON threads.room_id = follows.room_id AND threads.root = follows.root "
    "WHERE follows.room_id = :room AND follows.user_id = :user AND follows.root = :root"
)
_NEWEST_FIRST = "ORDER BY threads.last_at DESC, follows.room_id DESC, threads.last_seq DESC"
# The counts are those of one page, not of all that the user follows. Whatever has unread replies is after its marker.
FOLLOWED, FOLLOWED_UNREAD = (
    _statement(
        "SELECT follows.room_id, follows.user_id, follows.root, follows.following, follows.read_seq, "  # noqa: S608
        f"follows.read_count, threads.last_at, threads.last_seq, {_UNREAD}, {_MENTIONS} "
        "FROM (SELECT follows.room_id, follows.root FROM thread_follows AS follows "
        "JOIN threads ON threads.room_id = follows.room_id AND threads.root = follows.root "
        "JOIN rooms ON rooms.id = follows.room_id "
        "WHERE follows.user_id = :user AND follows.following AND rooms.deleted_at IS NULL "
        "AND (threads.last_at, follows.room_id, threads.last_seq) < (:at, :room, :seq)"
        f"{condition} {_NEWEST_FIRST} LIMIT :most) AS page "
        "JOIN thread_follows AS follows "
        "ON follows.room_id = page.room_id AND follows.user_id = :user AND follows.root = page.root "
        f"JOIN threads ON threads.room_id = page.room_id AND threads.root = page.root {_NEWEST_FIRST}"
    )
    for condition in ("", f" AND threads.replies > follows.read_count AND {_UNREAD} > 0")
)
COUNT_UNREAD = _statement(
    "SELECT count(*) FROM (SELECT 1 FROM thread_follows AS follows "  # noqa: S608 - constants
    "JOIN threads ON threads.room_id = follows.room_id AND threads.root = follows.root "
    "JOIN rooms ON rooms.id = follows.room_id "
    "WHERE follows.user_id = :user AND follows.following AND rooms.deleted_at IS NULL "
    f"AND threads.replies > follows.read_count AND {_UNREAD} > 0 LIMIT :most) AS page"
)
DROP_FOLLOWS = Statement(
    delete(thread_follows).where(
        thread_follows.c.room_id == bindparam("room"), thread_follows.c.user_id == bindparam("user")
    )
)
_END = 2**63 - 1


def _upsert(insert: Any, table: Any) -> Any:
    adding = insert(table).values({column.name: bindparam(column.name) for column in table.c})
    keys = list(table.primary_key)
    return adding.on_conflict_do_update(
        index_elements=keys,
        set_={column.name: adding.excluded[column.name] for column in table.c if column not in keys},
    )


SAVE_THREAD = Statement(_upsert(sqlite.insert, threads), on_postgres=_upsert(postgresql.insert, threads))
SAVE_FOLLOW = Statement(_upsert(sqlite.insert, thread_follows), on_postgres=_upsert(postgresql.insert, thread_follows))


class SqlThreads:
    """Threads within a transaction. Changes wait for `flush`."""

    def __init__(self, tx: Executor, messages: SqlMessages) -> None:
        self._tx = tx
        self._messages = messages
        self._threads: dict[tuple[int, int], ThreadRecord | None] = {}
        self._follows: dict[tuple[int, int, int], FollowRecord | None] = {}
        self._changed: dict[tuple[int, int], ThreadRecord] = {}
        self._changed_follows: dict[tuple[int, int, int], FollowRecord] = {}

    def flush(self) -> None:
        if self._changed:
            changed, self._changed = self._changed, {}
            self._tx.run_many(SAVE_THREAD, [_thread_values(thread) for thread in changed.values()])
        if self._changed_follows:
            follows, self._changed_follows = self._changed_follows, {}
            self._tx.run_many(SAVE_FOLLOW, [_follow_values(follow) for follow in follows.values()])

    def get(self, room: int, root: int) -> ThreadRecord | None:
        if (room, root) not in self._threads:
            row = self._tx.one(THREAD, {"room": room, "root": root})
            self._threads[room, root] = None if row is None else _to_thread(row)
        return self._threads[room, root]

    def summaries(self, room: int, roots: Sequence[int]) -> dict[int, Thread]:
        self._messages.flush()
        self.flush()
        return summaries(self._tx, room, roots)

    def counted(self, room: int, root: int, seq: int) -> int:
        self._messages.flush()
        row = self._tx.one(COUNTED, {"room": room, "root": root, "seq": seq})
        return 0 if row is None else int(row[0])

    def counted_in_room(self, room: int, seq: int) -> int:
        self._messages.flush()
        return apart_up_to(self._tx, room, seq)

    def follow(self, room: int, root: int, user: int) -> FollowRecord | None:
        return self.follows(room, root, [user]).get(user)

    def follows(self, room: int, root: int, users: Sequence[int]) -> dict[int, FollowRecord]:
        unknown = [user for user in users if (room, root, user) not in self._follows]
        if unknown:
            self._follows.update(dict.fromkeys((room, root, user) for user in unknown))
            for row in self._tx.all(FOLLOWS, {"room": room, "root": root, "ids": ids(unknown)}):
                self._follows[room, root, row[1]] = _to_follow(row)
        found = ((user, self._follows[room, root, user]) for user in users)
        return {user: follow for user, follow in found if follow is not None}

    def unread(self, follow: FollowRecord) -> tuple[int, int]:
        self._messages.flush()
        self.flush()
        row = self._tx.one(UNREAD, {"room": follow.room, "user": follow.user, "root": follow.root})
        return (0, 0) if row is None else (row[0], row[1])

    def followed(self, user: int, unread: bool, before: Activity | None, limit: int) -> list[Followed]:
        self._messages.flush()
        self.flush()
        at, room, seq = before or (_END, _END, _END)
        values = {"user": user, "at": at, "room": room, "seq": seq, "most": limit}
        rows = self._tx.all(FOLLOWED_UNREAD if unread else FOLLOWED, values)
        return [Followed(_to_follow(row[:6]), (row[6], row[0], row[7]), row[8], row[9]) for row in rows]

    def count_unread(self, user: int, most: int) -> int:
        self._messages.flush()
        self.flush()
        row = self._tx.one(COUNT_UNREAD, {"user": user, "most": most})
        return 0 if row is None else int(row[0])

    def save(self, thread: ThreadRecord) -> None:
        self._threads[thread.room, thread.root] = self._changed[thread.room, thread.root] = thread

    def save_follow(self, follow: FollowRecord) -> None:
        place = (follow.room, follow.root, follow.user)
        self._follows[place] = self._changed_follows[place] = follow

    def drop_follows(self, room: int, user: int) -> None:
        self.flush()
        self._tx.run(DROP_FOLLOWS, {"room": room, "user": user})
        for place in [place for place in self._follows if place[0] == room and place[2] == user]:
            self._follows[place] = None


def _to_thread(row: Row) -> ThreadRecord:
    thread = ThreadRecord(*row)
    thread.people = people(row[5])
    return thread


def _to_follow(row: Row) -> FollowRecord:
    follow = FollowRecord(*row)
    follow.following = bool(follow.following)
    return follow


def _thread_values(thread: ThreadRecord) -> dict[str, Any]:
    return {
        "room_id": thread.room,
        "root": thread.root,
        "replies": thread.replies,
        "last_seq": thread.last_seq,
        "last_at": thread.last_at,
        "people": msgspec.json.encode(thread.people).decode(),
    }


def _follow_values(follow: FollowRecord) -> dict[str, Any]:
    return {
        "room_id": follow.room,
        "user_id": follow.user,
        "root": follow.root,
        "following": follow.following,
        "read_seq": follow.read_seq,
        "read_count": follow.read_count,
    }
