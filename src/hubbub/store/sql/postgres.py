"""PostgreSQL: one connection writes for each server, some read, all from the event loop.

The rules of the chat are plain functions that ask the tx and get an answer. Here an answer comes over the network,
so they run in a greenlet that the loop goes on without (SQLAlchemy's `greenlet_spawn`, as its own asyncpg driver does).

The writer is the same group commit as on SQLite. Several servers write to one database: a transaction that changes a
room holds its row until the commit, so the changes of each room are numbered one after another. What two servers make
at once that only one may (a name, a direct room) the unique indexes stop, and it is decided again.
"""

import asyncio
from collections.abc import Callable, Sequence
from time import monotonic
from typing import Any

import asyncpg
import stamina
import structlog
from sqlalchemy.util import await_only, greenlet_spawn

from hubbub.chat.events import Event
from hubbub.chat.transaction import Command, Query, Result
from hubbub.errors import HubbubError, Unavailable
from hubbub.store.sql.batch import LARGEST_BATCH, Decided, Waiting, decide, finish, settle
from hubbub.store.sql.migrate import server_name
from hubbub.store.sql.prefetch import RacedError, prefetch
from hubbub.store.sql.statement import Row, Statement, Values
from hubbub.store.sql.transaction import SqlTransaction

_READERS = 8
_CONNECT_SECONDS = 5
_TURN_SECONDS = 15
"""How long a question waits for its turn: all who lost their line with a server ask at once."""
_STATEMENT_SECONDS = 10
_FIRST_PAUSE, _LONGEST_PAUSE = 0.1, 2.0
_log = structlog.get_logger("store")

_LOST = (
    OSError,
    TimeoutError,
    asyncpg.InterfaceError,
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,
    asyncpg.InsufficientResourcesError,
    asyncpg.InvalidAuthorizationSpecificationError,
    asyncpg.InvalidCatalogNameError,
)
"""The database cannot be reached or does not answer: not the fault of any one command."""

_RACES = (RacedError, asyncpg.SerializationError, asyncpg.DeadlockDetectedError, asyncpg.UniqueViolationError)
"""Another server was first: what was decided is decided again, upon what is there now."""

# A server that hangs must not hold rooms for ever: PostgreSQL ends its transaction, and it finds its connection gone.
_SERVER_SETTINGS = {
    "statement_timeout": "10s",
    "lock_timeout": "5s",
    "idle_in_transaction_session_timeout": "15s",
}


_HOLD = "SELECT pg_advisory_xact_lock(number) FROM unnest($1::bigint[]) WITH ORDINALITY AS held(number, place)"
_NOT_PATIENT = "SET LOCAL lock_timeout = '100ms'"


class PostgresStore:
    """`hubbub.chat.transaction.Store` on a migrated PostgreSQL database; `publish` is called with all committed events.

    Made by `open`.
    """

    def __init__(self, url: str, publish: Callable[[list[Event]], None], pool: "asyncpg.Pool[Any]") -> None:
        self._url = url
        self._publish = publish
        self._pool = pool
        self._loop = asyncio.get_running_loop()
        self._queue: list[Waiting] = []
        self._queued = asyncio.Event()
        self._unanswered = 0
        self._closed = False
        self._connection: asyncpg.Connection[Any] | None = None
        self._pause = 0.0
        self._not_before = 0.0
        self._writer = self._loop.create_task(self._write_batches())

    @classmethod
    async def open(cls, url: str, publish: Callable[[list[Event]], None]) -> "PostgresStore":
        """Connections are made when they are first needed."""
        pool = await asyncpg.create_pool(
            url,
            min_size=0,
            max_size=_READERS,
            timeout=_CONNECT_SECONDS,
            command_timeout=_STATEMENT_SECONDS,
            server_settings={**_SERVER_SETTINGS, "application_name": server_name()},
        )
        return cls(url, publish, pool)

    def submit(self, command: Command[Result], done: Callable[[Result | HubbubError], None]) -> None:
        if self._closed:
            done(Unavailable("The server is shutting down. Connect again in a moment.", reason="shutting_down"))
            return
        self._queue.append((command, done))
        self._unanswered += 1
        self._queued.set()

    def under_way(self) -> bool:
        """Whether a submitted command has not been answered yet."""
        return self._unanswered > 0

    async def write(self, command: Command[Result]) -> Result:
        future: asyncio.Future[Result] = self._loop.create_future()
        self.submit(command, lambda result: settle(future, result))
        return await future

    async def read(self, query: Query[Result]) -> Result:
        try:
            try:
                return await self._answer(query)
            except (asyncpg.InterfaceError, asyncpg.PostgresConnectionError, asyncpg.OperatorInterventionError):
                # The database was restarted since this connection was last used: a new one may do.
                return await self._answer(query)
        except HubbubError:
            # NotAllowed is a PermissionError, and so an OSError: the query refused, nothing is lost.
            raise
        except _LOST as error:
            raise _unavailable(error) from error

    async def _answer(self, query: Query[Result]) -> Result:
        async with (
            self._pool.acquire(timeout=_TURN_SECONDS) as connection,
            connection.transaction(isolation="repeatable_read", readonly=True),
        ):
            answer: Result = await greenlet_spawn(query.answer, SqlTransaction(PostgresExecutor(connection)))
            return answer

    async def close(self) -> None:
        """Finish the submitted commands, then close the connections."""
        self._closed = True
        self._queued.set()
        await self._writer
        if self._connection is not None:
            self._connection.terminate()
        self._pool.terminate()

    # Writing

    async def _write_batches(self) -> None:
        while True:
            await self._queued.wait()
            batch, self._queue = self._queue[:LARGEST_BATCH], self._queue[LARGEST_BATCH:]
            if not self._queue and not self._closed:
                self._queued.clear()
            if batch:
                decided = await self._commit_surely([command for command, _ in batch])
                self._unanswered -= len(batch)
                finish(batch, decided, self._publish)
            elif self._closed:
                return

    async def _commit_surely(self, commands: Sequence[Command[Any]]) -> list[Decided]:
        """Like `_commit`, whatever it raises: without this task nothing would ever be stored again."""
        try:
            return await self._commit(commands)
        except Exception:
            _log.exception("commit_failed", commands=len(commands))
            return [Unavailable("The server could not do this because of a fault of its own.")] * len(commands)

    async def _commit(self, commands: Sequence[Command[Any]], patient: bool = True) -> list[Decided]:
        """Decide the commands in order and commit them together; when that fails, one by one, so a bad one fails
        alone. Never raises. `patient`: wait for rooms that another server holds."""
        try:
            async for attempt in stamina.retry_context(
                on=_RACES, attempts=5, timeout=5, wait_initial=0.002, wait_max=0.1, wait_jitter=0.01
            ):
                with attempt:
                    return await self._transact(commands, patient)
        except _LOST as error:
            self._lose(error, len(commands))
            return [_unavailable(error)] * len(commands)
        except asyncpg.LockNotAvailableError:
            # A server that hangs holds a room until PostgreSQL ends its transaction. The other rooms go on meanwhile.
            if len(commands) > 1:
                return await self._one_by_one(commands, patient=False)
            return [
                Unavailable(
                    "Another server is busy with this just now. Try again in a moment.", retry_after=5, reason="busy"
                )
            ]
        except Exception:
            if len(commands) > 1:
                return await self._one_by_one(commands, patient)
            _log.exception("command_failed", command=type(commands[0]).__name__)
        return [Unavailable("The server could not do this because of a fault of its own.")]

    async def _one_by_one(self, commands: Sequence[Command[Any]], patient: bool) -> list[Decided]:
        return [outcome for command in commands for outcome in await self._commit([command], patient)]

    async def _transact(self, commands: Sequence[Command[Any]], patient: bool) -> list[Decided]:
        connection = await self._connected()
        async with connection.transaction():
            if not patient:
                await connection.execute(_NOT_PATIENT)
            return await greenlet_spawn(_decide, connection, commands)

    async def _connected(self) -> "asyncpg.Connection[Any]":
        """The writing connection. Raises OSError at once while the database was unreachable a moment ago."""
        if self._connection is None or self._connection.is_closed():
            if monotonic() < self._not_before:
                raise ConnectionError("PostgreSQL was out of reach a moment ago")
            self._connection = await asyncpg.connect(
                self._url,
                timeout=_CONNECT_SECONDS,
                command_timeout=_STATEMENT_SECONDS,
                server_settings={**_SERVER_SETTINGS, "application_name": server_name()},
            )
            self._pause = 0.0
        return self._connection

    def _lose(self, error: BaseException, commands: int) -> None:
        """Drop the connection, whatever its state; the next one is made after a growing pause."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.terminate()
        if monotonic() >= self._not_before:
            self._pause = min(_LONGEST_PAUSE, self._pause * 2 or _FIRST_PAUSE)
            self._not_before = monotonic() + self._pause
            _log.error("commit_failed", error=str(error) or type(error).__name__, commands=commands)


def _decide(connection: "asyncpg.Connection[Any]", commands: Sequence[Command[Any]]) -> list[Decided]:
    tx = SqlTransaction(PostgresExecutor(connection), changing=True)
    prefetch(tx, commands)
    return decide(tx, commands)


def _unavailable(error: BaseException) -> Unavailable:
    if isinstance(error, asyncpg.DiskFullError):
        return Unavailable(
            "The database's disk is full, so nothing can be stored now. Try again later.",
            retry_after=5,
            reason="disk_full",
        )
    return Unavailable(
        "The server's database does not answer now. Try again in a moment.", retry_after=2, reason="storage_unreachable"
    )


class PostgresExecutor:
    """`hubbub.store.sql.statement.Executor` on an open transaction, within a greenlet."""

    is_shared = True

    def __init__(self, connection: "asyncpg.Connection[Any]") -> None:
        self._connection = connection

    def all(self, statement: Statement, values: Values) -> Sequence[Row]:
        compiled = statement.postgres
        rows: list[Row] = await_only(self._connection.fetch(compiled.sql, *compiled.in_place(values)))
        return rows

    def one(self, statement: Statement, values: Values) -> Row | None:
        compiled = statement.postgres
        row: Row | None = await_only(self._connection.fetchrow(compiled.sql, *compiled.in_place(values)))
        return row

    def run(self, statement: Statement, values: Values) -> int:
        compiled = statement.postgres
        status: str = await_only(self._connection.execute(compiled.sql, *compiled.in_place(values)))
        return int(status.rpartition(" ")[2])

    def run_many(self, statement: Statement, values: Sequence[Values]) -> None:
        if values:
            compiled = statement.postgres
            rows = [compiled.in_place(each) for each in values]
            await_only(self._connection.executemany(compiled.sql, rows))

    def hold(self, *numbers: int) -> None:
        await_only(self._connection.execute(_HOLD, sorted(numbers)))

    def try_to_hold(self, number: int) -> bool:
        return bool(await_only(self._connection.fetchval("SELECT pg_try_advisory_xact_lock($1)", number)))
