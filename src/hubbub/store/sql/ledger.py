"""The ledger on SQL: what one transaction has read, and what it has yet to write."""

from hubbub.store.sql.account_rows import AccountRows
from hubbub.store.sql.inbox_rows import InboxRows
from hubbub.store.sql.message_rows import MessageRows
from hubbub.store.sql.transaction import Transaction


class SqlLedger(AccountRows, MessageRows, InboxRows):
    """`hubbub.chat.ledger.Ledger` within one transaction. `changing`: it will write. Call `flush` before the commit."""

    def __init__(self, transaction: Transaction, changing: bool = False) -> None:
        AccountRows.__init__(self, transaction, changing)
        MessageRows.__init__(self, transaction, changing)
        InboxRows.__init__(self, transaction, changing)

    def flush(self) -> None:
        AccountRows.flush(self)
        MessageRows.flush(self)
        self.flush_inbox()
