"""An SQLite file: connections, snapshots for queries, and the writer's transactions."""

import sqlite3
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import structlog

from hubbub.chat.transaction import Command, Query, Result
from hubbub.errors import HubbubError, Unavailable
from hubbub.store.sql.batch import Decided, decide
from hubbub.store.sql.identity_map import IdentityMap
from hubbub.store.sql.prefetch import prefetch_keys
from hubbub.store.sql.statement import Compiled, Row, Statement, Values
from hubbub.store.sql.transaction import SqlTransaction

_MANY = 8
"""From so many commands on, asking for all of their keys at once takes less than asking for each."""
_PAGES_KIB = 8_000
_log = structlog.get_logger("store")


def connect(path: Path) -> sqlite3.Connection:
    """A connection as Hubbub uses it: explicit transactions, WAL, every commit synced."""
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, cached_statements=256)
    connection.execute("PRAGMA busy_timeout = 5000")
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA wal_autocheckpoint = 0")
    # What is deleted is overwritten: it is not to be read from a stolen file.
    connection.execute("PRAGMA secure_delete = ON")
    return connection


def snapshot(connection: sqlite3.Connection, query: Query[Result]) -> Result:
    """Answer a query from one consistent snapshot."""
    try:
        connection.execute("BEGIN")
        try:
            return query.answer(SqlTransaction(SqliteExecutor(connection)))
        finally:
            connection.execute("ROLLBACK")
    except sqlite3.OperationalError as error:
        raise _unavailable(error) from error
    except sqlite3.DatabaseError as error:
        if _is_damage(error):
            raise _damaged(error) from error
        raise


class Writer:
    """The writing connection. Its identity map is kept until another process writes to the file."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        # The ends of many rooms, and of each in three indexes: by default there is place for some hundred of them.
        connection.execute(f"PRAGMA cache_size = -{_PAGES_KIB}")
        self._known = IdentityMap()
        self._changes_of_others: Row | None = None

    def commit(self, commands: Sequence[Command[Any]]) -> list[Decided]:
        """Decide the commands in order and commit them together; when that fails, one by one, so a bad one fails
        alone. Never raises."""
        try:
            return self._transact(commands)
        except sqlite3.OperationalError as error:
            # Disk full, input/output error, locked: not the fault of any one command, so trying each would not help.
            _log.error("commit_failed", error=str(error), commands=len(commands))
            return [_unavailable(error)] * len(commands)
        except Exception as error:
            if _is_damage(error):
                return [_damaged(error)] * len(commands)
            if len(commands) > 1:
                return [outcome for command in commands for outcome in self.commit([command])]
            _log.exception("command_failed", command=type(commands[0]).__name__)
            return [Unavailable("The server could not do this because of a fault of its own.")]

    def _transact(self, commands: Sequence[Command[Any]]) -> list[Decided]:
        try:
            self._connection.execute("BEGIN IMMEDIATE")
            known = self._still_known()
            tx = SqlTransaction(SqliteExecutor(self._connection), changing=True, known=known)
            if len(commands) >= _MANY:
                prefetch_keys(tx, commands)
            decided = decide(tx, commands)
            self._connection.execute("COMMIT")
        except BaseException:
            with suppress(sqlite3.Error):
                self._connection.execute("ROLLBACK")
            raise
        # A command that is refused should have changed nothing. Should: so nothing it had in hand is kept.
        if not known.is_too_large and not any(isinstance(outcome, HubbubError) for outcome in decided):
            self._known = known
        return decided

    def _still_known(self) -> IdentityMap:
        """The identity map, taken out: it is put back only if everything done with it is committed."""
        known, self._known = self._known, IdentityMap()
        # A number that changes when another connection has written (sqlite.org/pragma.html#pragma_data_version).
        before, self._changes_of_others = (
            self._changes_of_others,
            self._connection.execute("PRAGMA data_version").fetchone(),
        )
        return known if before == self._changes_of_others else IdentityMap()


def _is_damage(error: Exception) -> bool:
    return getattr(error, "sqlite_errorcode", 0) & 0xFF in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


def _damaged(error: Exception) -> Unavailable:
    _log.error("database_damaged", error=str(error), todo="stop the server, run `hubbub check`, restore a backup")
    return Unavailable(
        "The server's storage is damaged. Its operator has to restore it.", retry_after=60, reason="storage_damaged"
    )


def _unavailable(error: sqlite3.OperationalError) -> Unavailable:
    if "full" in str(error):
        return Unavailable(
            "The server's disk is full, so nothing can be stored now. Try again later.",
            retry_after=5,
            reason="disk_full",
        )
    return Unavailable(
        "The server's storage does not answer now. Try again later.", retry_after=5, reason="storage_unreachable"
    )


class SqliteExecutor:
    """`hubbub.store.sql.statement.Executor` on an open SQLite transaction."""

    is_shared = False

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def all(self, statement: Statement, values: Values) -> list[Row]:
        return self._execute(statement.sqlite, values).fetchall()

    def one(self, statement: Statement, values: Values) -> Row | None:
        row: Row | None = self._execute(statement.sqlite, values).fetchone()
        return row

    def run(self, statement: Statement, values: Values) -> int:
        return self._execute(statement.sqlite, values).rowcount

    def run_many(self, statement: Statement, values: Sequence[Values]) -> None:
        if values:
            compiled = statement.sqlite
            self._connection.executemany(compiled.sql, [compiled.in_place(each) for each in values])

    def _execute(self, compiled: Compiled, values: Values) -> sqlite3.Cursor:
        return self._connection.execute(compiled.sql, compiled.in_place(values))

    def hold(self, *numbers: int) -> None:
        """Nothing to do: there is one writer."""

    def try_to_hold(self, number: int) -> bool:
        return True
