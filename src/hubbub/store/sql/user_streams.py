"""User streams in SQL. The table is called `inbox`, as it was when it had direct messages only."""

from collections.abc import Sequence
from typing import get_args

from sqlalchemy import bindparam, func, insert, select, text

from hubbub.chat.events import UserCommitted
from hubbub.chat.records import StreamEntry
from hubbub.chat.stream_shapes import ActivityKind, EntryKind
from hubbub.store.sql.identity_map import IdentityMap
from hubbub.store.sql.schema import inbox
from hubbub.store.sql.statement import Executor, Statement, Values, ids

_entries = (
    select(inbox.c.position, inbox.c.kind, inbox.c.room_id, inbox.c.seq, inbox.c.version)
    .where(inbox.c.user_id == bindparam("user"), inbox.c.position > bindparam("after"))
    .order_by(inbox.c.position)
    .limit(bindparam("most"))
)
HEAD = Statement(select(func.max(inbox.c.position)).where(inbox.c.user_id == bindparam("user")))
# One search in the key for each user: grouping would read their whole streams.
HEADS = Statement(
    text(
        "SELECT value, (SELECT max(inbox.position) FROM inbox WHERE inbox.user_id = json_each.value) "
        "FROM json_each(:ids)"
    ),
    text(
        "SELECT CAST(value AS bigint), "
        "(SELECT max(inbox.position) FROM inbox WHERE inbox.user_id = CAST(asked.value AS bigint)) "
        "FROM json_array_elements_text(CAST(:ids AS json)) AS asked(value)"
    ),
)
ENTRIES = Statement(_entries)
ENTRIES_OF_KIND = Statement(_entries.where(inbox.c.kind == bindparam("kind")))
_LATEST = (
    "SELECT position, kind, room_id, seq, version FROM inbox{hint} "
    "WHERE user_id = :user AND kind = '{kind}' AND position < :before ORDER BY position DESC LIMIT :most"
)
# The kind as a literal, for the partial index of it. SQLite would go through the entries of all kinds in the key.
LATEST: dict[ActivityKind, Statement] = {
    kind: Statement(
        text(_LATEST.format(kind=kind, hint=f" INDEXED BY ix_inbox_{kind}")),
        on_postgres=text(_LATEST.format(kind=kind, hint="")),
    )
    for kind in get_args(ActivityKind)
}
LATEST_MENTIONS, LATEST_REACTIONS = LATEST["mention"], LATEST["reaction"]
_END = 2**63 - 1
ADD = Statement(insert(inbox).values({column.name: bindparam(column.name) for column in inbox.c}))
REMOVE = Statement(
    text("DELETE FROM inbox WHERE room_id = :room_id AND seq = :seq AND user_id = :user_id AND kind = :kind")
)
# Not the newest of a user, whose position must not be given out again.
PURGE = Statement(
    text(
        "DELETE FROM inbox WHERE (user_id, position) IN (SELECT user_id, position FROM inbox AS old "
        "WHERE old.room_id = :room AND old.position < (SELECT max(position) FROM inbox AS newest "
        "WHERE newest.user_id = old.user_id) LIMIT :most)"
    )
)


class SqlUserStreams:
    """User streams within a transaction. New entries wait for `flush`, which assigns their positions.

    It runs last, so that the streams of popular users are locked for the shortest time; they are locked in ascending
    order, so there is no deadlock.
    """

    def __init__(self, tx: Executor, known: IdentityMap) -> None:
        self._tx = tx
        self._heads = known.stream_heads
        self._added: list[tuple[UserCommitted, int, bool]] = []

    def flush(self) -> None:
        if not self._added:
            return
        added, self._added = self._added, []
        unknown = sorted({committed.user for committed, *_ in added if committed.user not in self._heads})
        if unknown:
            self._tx.hold(*unknown)
            self._heads.update(dict.fromkeys(unknown, 0) | self._stored_heads(unknown))
        rows: dict[tuple[int, str, int, int], Values] = {}
        former: list[Values] = []
        for committed, version, is_new in added:
            user, kind, room, seq = committed.user, committed.kind, committed.room, committed.seq
            committed.position = self._heads[user] = self._heads[user] + 1
            which = {"user_id": user, "kind": kind, "room_id": room, "seq": seq}
            reference = (user, kind, room, seq)
            if not is_new and reference not in rows:
                former.append(which)
            rows[reference] = {**which, "position": committed.position, "version": version}
        if former:
            self._tx.run_many(REMOVE, former)
        self._tx.run_many(ADD, list(rows.values()))

    def head(self, user: int) -> int:
        head = self._heads.get(user)
        if head is None:
            row = self._tx.one(HEAD, {"user": user})
            head = self._heads[user] = 0 if row is None or row[0] is None else row[0]
        return head

    def heads(self, users: Sequence[int]) -> dict[int, int]:
        self.flush()
        return self._stored_heads(users)

    def page(self, user: int, after: int, limit: int, kind: EntryKind | None = None) -> list[StreamEntry]:
        self.flush()
        values: Values = {"user": user, "after": after, "most": limit, "kind": kind}
        return [StreamEntry(*row) for row in self._tx.all(ENTRIES if kind is None else ENTRIES_OF_KIND, values)]

    def latest(self, user: int, kind: ActivityKind, before: int | None, limit: int) -> list[StreamEntry]:
        self.flush()
        values: Values = {"user": user, "before": _END if before is None else before, "most": limit}
        return [StreamEntry(*row) for row in self._tx.all(LATEST[kind], values)]

    def add(self, committed: UserCommitted, version: int = 0, is_new: bool = False) -> None:
        self._added.append((committed, version, is_new))

    def purge(self, room: int, limit: int) -> int:
        self.flush()
        return self._tx.run(PURGE, {"room": room, "most": limit})

    def _stored_heads(self, users: Sequence[int]) -> dict[int, int]:
        rows = self._tx.all(HEADS, {"ids": ids(users)})
        return {user: head for user, head in rows if head is not None}
