"""One transaction: what it has read, and what it has yet to write."""

from collections.abc import Sequence

from hubbub.store.sql.account_rows import AccountRows
from hubbub.store.sql.identity_map import IdentityMap
from hubbub.store.sql.inbox_rows import InboxRows
from hubbub.store.sql.message_rows import MessageRows
from hubbub.store.sql.notice_rows import PURGE_NOTICES, NoticeRows
from hubbub.store.sql.transaction import Row, Statement, Transaction, Values


class SqlLedger(AccountRows, MessageRows, NoticeRows, InboxRows):
    """`hubbub.chat.ledger.Ledger` within one transaction. `changing`: it will write. Call `flush` before the commit.

    `known`: the identity map, updated with what is written.
    """

    def __init__(self, transaction: Transaction, changing: bool = False, known: IdentityMap | None = None) -> None:
        known = known or IdentityMap()
        AccountRows.__init__(self, transaction, changing, known)
        MessageRows.__init__(self, transaction, changing, known)
        NoticeRows.__init__(self, transaction)
        InboxRows.__init__(self, transaction, changing, known)

    def ask(self, statement: Statement, values: Values) -> Sequence[Row]:
        """For prefetching."""
        return self._tx.all(statement, values)

    def flush(self) -> None:
        """Write everything. Inboxes come last: see `InboxRows`."""
        AccountRows.flush(self)
        MessageRows.flush(self)
        self.flush_notices()
        self.flush_inbox()

    def purge_members(self, room: int, limit: int) -> int:
        self._tx.run(PURGE_NOTICES, {"room": room})
        return super().purge_members(room, limit)
