"""Inboxes in SQL."""

from collections.abc import Sequence

from sqlalchemy import bindparam, func, insert, select

from hubbub.chat.records import InboxEntry
from hubbub.store.sql.known import Known
from hubbub.store.sql.schema import inbox
from hubbub.store.sql.transaction import Statement, Transaction, Values, ids, one_of

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


class InboxRows:
    """The part of the ledger that keeps inboxes. New entries wait for `flush_inbox`."""

    def __init__(self, transaction: Transaction, changing: bool, known: Known) -> None:
        self._transaction = transaction
        self._to_change = changing
        self._inbox_heads = known.inbox_heads
        self._entries: list[Values] = []

    def flush_inbox(self) -> None:
        entries, self._entries = self._entries, []
        self._transaction.run_many(ADD, entries)

    def inbox_head(self, user: int) -> int:
        head = self._inbox_heads.get(user)
        if head is None:
            if self._to_change:
                self._transaction.hold(user)
            row = self._transaction.one(HEAD, {"user": user})
            head = self._inbox_heads[user] = 0 if row is None or row[0] is None else row[0]
        return head

    def inbox_heads(self, users: Sequence[int]) -> dict[int, int]:
        self.flush_inbox()
        return {row[0]: row[1] for row in self._transaction.all(HEADS, {"ids": ids(users)})}

    def inbox(self, user: int, after: int, limit: int) -> list[InboxEntry]:
        self.flush_inbox()
        return [
            InboxEntry(*row) for row in self._transaction.all(ENTRIES, {"user": user, "after": after, "most": limit})
        ]

    def add_to_inbox(self, user: int, room: int, seq: int, version: int) -> InboxEntry:
        position = self._inbox_heads[user] = self.inbox_head(user) + 1
        self._entries.append({"user_id": user, "position": position, "room_id": room, "seq": seq, "version": version})
        return InboxEntry(position, room, seq, version)
