"""Migrations with Alembic; a copy of an SQLite file is kept first."""

import asyncio
import sqlite3
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import create_engine, event, inspect, text
from sqlalchemy.engine import Engine
from sqlalchemy.pool import NullPool

from hubbub.store.sql import revisions
from hubbub.store.sql.online_backup import PARTIAL, copy_live, sync
from hubbub.store.sql.revisions import Schema
from hubbub.store.sql.statistics import ANALYZE

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

# Any number: those who migrate one PostgreSQL database at once must all mean the same.
_MIGRATING = 0x4875626275
_SERVER = "hubbub"
_SERVERS = """
SELECT application_name FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid() AND application_name LIKE :name
"""
_UNNAMED_REVISION = "0011"
"""Of the servers that named their connections without a revision."""


def migrate(path: Path) -> Path | None:
    """Bring the SQLite file at `path` (made if missing) to the newest schema.

    Returns the copy that was kept of the file as it was, or None when nothing had to change.

    Raises:
        NewerDatabase: the file was written by a later version of Hubbub, and this one cannot use it.
        ForeignDatabase: it was written by another program.
    """
    if not path.exists():
        # Made beside, and given its name when it is whole: so a file that is empty is one that lost something.
        begun = path.with_name(path.name + PARTIAL)
        begun.unlink(missing_ok=True)
        with _engine(begun).begin() as connection:
            revisions.upgrade(connection)
        sync(begun)
        begun.rename(path)
        sync(path.parent)
        return None
    if schema_of(path).is_usable:
        return None
    with _engine(path).connect() as connection:
        present = revisions.present(connection)
        if present is None and inspect(connection).get_table_names():
            raise ForeignDatabase(f"{path} is a database of another program: Hubbub's tables are not in it.")
    kept = None if present is None else _keep_copy(path, present)
    with _engine(path).begin() as connection:
        revisions.upgrade(connection)
    return kept


def schema_of(path: Path) -> Schema:
    """What the SQLite file has. Raises NewerDatabase."""
    if not path.exists():
        return Schema.MISSING
    with _engine(path).connect() as connection:
        return revisions.state(connection)


def _engine(path: Path) -> Engine:
    engine = create_engine("sqlite://", creator=lambda: sqlite3.connect(path, isolation_level=None), poolclass=NullPool)
    # `sqlite3` by itself begins a transaction before rows are written, but not before tables are changed.
    event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN"))
    return engine


def migrate_postgres(url: str) -> bool:
    """Bring the PostgreSQL database to the newest schema; whether something had to change.

    Servers that start together do so one after another.

    Raises:
        NewerDatabase: the database was written by a later version of Hubbub, and this one cannot use it.
        OlderServers: servers run on it that could not use the newest schema.
        OSError, asyncpg.PostgresError: it cannot be reached, or not be used.
    """
    return asyncio.run(_migrate_postgres(url))


def schema_of_postgres(url: str) -> tuple[Schema, int]:
    """What the PostgreSQL database has, and how many connections of servers there are to it.

    Raises NewerDatabase, OSError and asyncpg.PostgresError as `migrate_postgres`.
    """
    return asyncio.run(_schema_of_postgres(url))


@cache
def server_name() -> str:
    """How a server names its connections (`application_name`): with the newest revision that it knows."""
    return f"{_SERVER} {revisions.known()[-1]}"


def _postgres_engine(url: str) -> "AsyncEngine":
    import asyncpg
    from sqlalchemy.ext.asyncio import create_async_engine

    # Connected as the store connects: SQLAlchemy reads some parts of a URL, such as `sslmode`, in another way.
    return create_async_engine("postgresql+asyncpg://", async_creator=lambda: asyncpg.connect(url), poolclass=NullPool)


async def _schema_of_postgres(url: str) -> tuple[Schema, int]:
    engine = _postgres_engine(url)
    try:
        async with engine.begin() as connection:
            return await connection.run_sync(revisions.state), len(await _servers(connection))
    finally:
        await engine.dispose()


async def _migrate_postgres(url: str) -> bool:
    engine = _postgres_engine(url)
    try:
        async with engine.begin() as connection:
            await connection.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": _MIGRATING})
            if (await connection.run_sync(revisions.state)).is_usable:
                return False
            oldest = revisions.compatible_from()
            if any(revision < oldest for revision in await _servers(connection)):
                raise OlderServers
            is_new = await connection.run_sync(revisions.present) is None
            await connection.run_sync(revisions.upgrade)
        if not is_new:
            # After the migration's locks are gone, on which servers that run may be waiting.
            async with engine.begin() as connection:
                await connection.exec_driver_sql(ANALYZE)
        return True
    finally:
        await engine.dispose()


async def _servers(connection: "AsyncConnection") -> list[str]:
    """The newest revision that each connection's server knows."""
    found = await connection.scalars(text(_SERVERS), {"name": f"{_SERVER}%"})
    return [name.removeprefix(_SERVER).strip() or _UNNAMED_REVISION for name in found]


class OlderServers(Exception):  # noqa: N818 - says what is the case
    """Servers run on the database that are too old for the newest schema."""


class ForeignDatabase(Exception):  # noqa: N818 - says what is the case
    """The database is not one of Hubbub's."""


def _keep_copy(path: Path, revision: str) -> Path:
    folder = path.parent / "backups"
    folder.mkdir(mode=0o700, exist_ok=True)
    # What a migration left that was killed while it copied. There is one at a time: it holds the lock.
    for left in folder.glob(f"{path.stem}-*{PARTIAL}*"):
        left.unlink()
    copy = folder / f"{path.stem}-{revision}-{datetime.now(UTC):%Y%m%dT%H%M%SZ}.db"
    copy_live(path, copy)
    return copy
