"""Bringing a database to the present schema with Alembic; of an SQLite file a copy is kept first."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, text
from sqlalchemy.engine import Connection
from sqlalchemy.pool import NullPool

from hubbub.store.sql.copy import copy_live

# Any number: those who migrate one PostgreSQL database at once must all mean the same.
_MIGRATING = 0x4875626275


def migrate(path: Path) -> Path | None:
    """Bring the SQLite file at `path` (made if missing) to the newest schema.

    Returns the copy that was kept of the file as it was, or None when nothing had to change.

    Raises:
        NewerDatabase: the file was written by a later version of Hubbub.
    """
    engine = create_engine(f"sqlite:///{path}", poolclass=NullPool)
    with engine.connect() as connection:
        present = _present(connection)
    if _is_newest(present, f"{path}", "use the copy kept in the backups folder"):
        return None
    kept = None if present is None else _keep_copy(path, present)
    with engine.begin() as connection:
        _upgrade(connection)
    return kept


def migrate_postgres(url: str) -> bool:
    """Bring the PostgreSQL database to the newest schema; whether something had to change.

    Servers that start together do so one after another.

    Raises:
        NewerDatabase: the database was written by a later version of Hubbub.
        OSError, asyncpg.PostgresError: it cannot be reached, or not be used.
    """
    return asyncio.run(_migrate_postgres(url))


async def _migrate_postgres(url: str) -> bool:
    import asyncpg
    from sqlalchemy.ext.asyncio import create_async_engine

    # Connected as the store connects: SQLAlchemy reads some parts of a URL, such as `sslmode`, in another way.
    engine = create_async_engine(
        "postgresql+asyncpg://", async_creator=lambda: asyncpg.connect(url), poolclass=NullPool
    )
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
    copy = folder / f"{path.stem}-{revision}-{datetime.now(UTC):%Y%m%dT%H%M%SZ}.db"
    copy_live(path, copy)
    return copy
