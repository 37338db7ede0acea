"""Migrations with Alembic; a copy of an SQLite file is kept first."""

import asyncio
import sqlite3
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, inspect, text
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.pool import NullPool

from hubbub.store.sql.online_backup import PARTIAL, copy_live, sync

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncEngine

# Any number: those who migrate one PostgreSQL database at once must all mean the same.
_MIGRATING = 0x4875626275
SERVER = "hubbub"
"""How the connections of servers are named in PostgreSQL (`application_name`)."""
_SERVERS = """
SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid() AND application_name = :name
"""


def migrate(path: Path) -> Path | None:
    """Bring the SQLite file at `path` (made if missing) to the newest schema.

    Returns the copy that was kept of the file as it was, or None when nothing had to change.

    Raises:
        NewerDatabase: the file was written by a later version of Hubbub.
        ForeignDatabase: it was written by another program.
    """
    if not path.exists():
        # Made beside, and given its name when it is whole: so a file that is empty is one that lost something.
        begun = path.with_name(path.name + PARTIAL)
        begun.unlink(missing_ok=True)
        with _engine(begun).begin() as connection:
            _upgrade(connection)
        sync(begun)
        begun.rename(path)
        sync(path.parent)
        return None
    if is_newest(path):
        return None
    with _engine(path).connect() as connection:
        present = _present(connection)
        if present is None and inspect(connection).get_table_names():
            raise ForeignDatabase(f"{path} is a database of another program: Hubbub's tables are not in it.")
    kept = None if present is None else _keep_copy(path, present)
    with _engine(path).begin() as connection:
        _upgrade(connection)
    return kept


def is_newest(path: Path) -> bool:
    """Whether the SQLite file is there and has the newest schema. Raises NewerDatabase."""
    if not path.exists():
        return False
    with _engine(path).connect() as connection:
        present = _present(connection)
    return _is_newest(present, f"{path}", "use the copy kept in the backups folder")


def _engine(path: Path) -> Engine:
    return create_engine("sqlite://", creator=lambda: sqlite3.connect(path), poolclass=NullPool)


def migrate_postgres(url: str) -> bool:
    """Bring the PostgreSQL database to the newest schema; whether something had to change.

    Servers that start together do so one after another.

    Raises:
        NewerDatabase: the database was written by a later version of Hubbub.
        OSError, asyncpg.PostgresError: it cannot be reached, or not be used.
    """
    return asyncio.run(_migrate_postgres(url))


def is_newest_postgres(url: str) -> tuple[bool, int]:
    """Whether the PostgreSQL database has the newest schema, and how many connections of servers there are to it.

    Raises as `migrate_postgres`.
    """
    return asyncio.run(_is_newest_postgres(url))


def _postgres_engine(url: str) -> "AsyncEngine":
    import asyncpg
    from sqlalchemy.ext.asyncio import create_async_engine

    # Connected as the store connects: SQLAlchemy reads some parts of a URL, such as `sslmode`, in another way.
    return create_async_engine("postgresql+asyncpg://", async_creator=lambda: asyncpg.connect(url), poolclass=NullPool)


async def _is_newest_postgres(url: str) -> tuple[bool, int]:
    engine = _postgres_engine(url)
    try:
        async with engine.begin() as connection:
            present = await connection.run_sync(_present)
            found = await connection.scalar(text(_SERVERS), {"name": SERVER})
        return _is_newest(present, "The database", "restore a backup made before"), int(found or 0)
    finally:
        await engine.dispose()


async def _migrate_postgres(url: str) -> bool:
    engine = _postgres_engine(url)
    try:
        async with engine.begin() as connection:
            await connection.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": _MIGRATING})
            present = await connection.run_sync(_present)
            if _is_newest(present, "The database", "restore a backup made before"):
                return False
            await connection.run_sync(_upgrade)
        return True
    finally:
        await engine.dispose()


class ForeignDatabase(Exception):  # noqa: N818 - says what is the case
    """The database is not one of Hubbub's."""


class NewerDatabase(Exception):  # noqa: N818 - says what is the case
    """The database is of a later version than the program."""


def _present(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


def _is_newest(present: str | None, what: str, otherwise: str) -> bool:
    scripts = ScriptDirectory.from_config(_config())
    if present == scripts.get_current_head():
        return True
    if present is not None and present not in {script.revision for script in scripts.walk_revisions()}:
        raise NewerDatabase(
            f"{what} was written by a newer version of Hubbub (schema {present}). Install that version, or {otherwise}."
        )
    return False


def _upgrade(connection: Connection) -> None:
    config = _config()
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.set_main_option("path_separator", "os")
    return config


def _keep_copy(path: Path, revision: str) -> Path:
    folder = path.parent / "backups"
    folder.mkdir(mode=0o700, exist_ok=True)
    # What a migration left that was killed while it copied. There is one at a time: it holds the lock.
    for left in folder.glob(f"{path.stem}-*{PARTIAL}*"):
        left.unlink()
    copy = folder / f"{path.stem}-{revision}-{datetime.now(UTC):%Y%m%dT%H%M%SZ}.db"
    copy_live(path, copy)
    return copy
