"""Inboxes in SQL."""

from collections.abc import Sequence

from sqlalchemy import bindparam, func, insert, select

from hubbub.chat.events import Arrival
from hubbub.chat.records import InboxEntry
from hubbub.store.sql.identity_map import IdentityMap
from hubbub.store.sql.schema import inbox
from hubbub.store.sql.statement import Executor, Statement, Values, ids, one_of

_mine = inbox.c.user_id == bindparam("user")
HEAD = Statement(select(func.max(inbox.c.position)).where(_mine))
HEADS = one_of(select(inbox.c.user_id, func.max(inbox.c.position)).group_by(inbox.c.user_id), inbox.c.user_id)
ENTRIES = Statement(
    select(inbox.c.position, inbox.c.room_id, inbox.c.seq, inbox.c.version)
    .where(_mine, inbox.c.position > bindparam("after"))
    .order_by(inbox.c.position)
    .limit(bindparam("most"))
)
ADD = Statement(insert(inbox).values({column.name: bindparam(column.name) for column in inbox.c}))


class SqlInboxes:
    """Inboxes within a transaction. New entries wait for `flush`, which assigns their positions.

    It runs last, so that the inboxes of popular users are locked for the shortest time; they are locked in ascending
    order, so there is no deadlock.
    """

    def __init__(self, tx: Executor, known: IdentityMap) -> None:
        self._tx = tx
        self._heads = known.inbox_heads
        self._entries: list[tuple[Arrival, int, int, int]] = []

    def flush(self) -> None:
        if not self._entries:
            return
        entries, self._entries = self._entries, []
        unknown = sorted({arrival.user for arrival, *_ in entries if arrival.user not in self._heads})
        if unknown:
            self._tx.hold(*unknown)
            self._heads.update(dict.fromkeys(unknown, 0) | self._stored_heads(unknown))
        values: list[Values] = []
        for arrival, room, seq, version in entries:
            user = arrival.user
            arrival.position = self._heads[user] = self._heads[user] + 1
            values.append(
                {"user_id": user, "position": arrival.position, "room_id": room, "seq": seq, "version": version}
            )
        self._tx.run_many(ADD, values)

    def head(self, user: int) -> int:
        head = self._heads.get(user)
        if head is None:
            row = self._tx.one(HEAD, {"user": user})
            head = self._heads[user] = 0 if row is None or row[0] is None else row[0]
        return head

    def heads(self, users: Sequence[int]) -> dict[int, int]:
        self.flush()
        return self._stored_heads(users)

    def page(self, user: int, after: int, limit: int) -> list[InboxEntry]:
        self.flush()
        return [InboxEntry(*row) for row in self._tx.all(ENTRIES, {"user": user, "after": after, "most": limit})]

    def add(self, arrival: Arrival, room: int, seq: int, version: int) -> None:
        self._entries.append((arrival, room, seq, version))

    def _stored_heads(self, users: Sequence[int]) -> dict[int, int]:
        return {row[0]: row[1] for row in self._tx.all(HEADS, {"ids": ids(users)})}
