"""A transaction is freed when its batch is done: one that referred to itself would keep all its rows for the garbage
collector, which then runs among the messages."""

import sqlite3
import weakref
from contextlib import closing

from hubbub.store.sql.sqlite_file import SqliteExecutor
from hubbub.store.sql.transaction import SqlTransaction


def test_a_transaction_does_not_refer_to_itself() -> None:
    with closing(sqlite3.connect(":memory:")) as connection:
        transaction = SqlTransaction(SqliteExecutor(connection), changing=True)
        parts = [weakref.ref(part) for part in (transaction, transaction.messages, transaction.jobs)]
        del transaction
        assert [part() for part in parts] == [None, None, None]
