"""Bringing a database to the present schema with Alembic, after keeping a copy of it."""

import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine
from sqlalchemy.engine import Connection
from sqlalchemy.pool import NullPool


def migrate(path: Path) -> Path | None:
    """Bring the SQLite file at `path` (made if missing) to the newest schema.

    Returns the copy that was kept of the file as it was, or None when nothing had to change.

    Raises:
        NewerDatabase: the file was written by a later version of Hubbub.
    """
    engine = create_engine(f"sqlite:///{path}", poolclass=NullPool)
    config = _config()
    scripts = ScriptDirectory.from_config(config)
    with engine.connect() as connection:
        present = MigrationContext.configure(connection).get_current_revision()
    if present == scripts.get_current_head():
        return None
    if present is not None and present not in {script.revision for script in scripts.walk_revisions()}:
        raise NewerDatabase(
            f"{path} was written by a newer version of Hubbub (schema {present}). Install that version, "
            "or use the copy kept in the backups folder."
        )
    kept = None if present is None else _keep_copy(path, present)
    with engine.begin() as connection:
        _upgrade(config, connection)
    return kept


class NewerDatabase(Exception):  # noqa: N818 - says what is the case
    """The database is of a later version than the program."""


def _upgrade(config: Config, connection: Connection) -> None:
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
    with closing(sqlite3.connect(path)) as source, closing(sqlite3.connect(copy)) as target:
        source.backup(target)
    return copy
