"""What is done with the database before a server uses it: locked, examined, migrated."""

from pathlib import Path
from typing import IO

import structlog

from hubbub.server import backup, data_folder, workers
from hubbub.server.administration import what_to_restore
from hubbub.server.settings import BadSetting, Settings
from hubbub.store.sql.database import BadDatabase, Database
from hubbub.store.sql.examine import Damaged, examine

_EXAMINING_SECONDS = 3
_log = structlog.get_logger("server")


def configured_database(settings: Settings, folder: Path) -> Database:
    """The database that the settings name. Raises BadSetting if it cannot be used with the others."""
    try:
        database = Database(data_folder.database_url(settings, folder))
    except BadDatabase as error:
        raise BadSetting(str(error)) from error
    if database.shared and not settings.secret_key:
        raise BadSetting(
            "Servers that share a database must share their signing key too: set secret_key (HUBBUB_SECRET_KEY) to the "
            "same 16 or more random characters on each."
        )
    if settings.bus and not database.shared:
        raise BadSetting("A bus is for servers that share a database: set database to postgresql://… too.")
    return database


def lock_database(path: Path) -> IO[bytes]:
    """Lock the path of a database file that need not exist yet. Raises BadSetting if another server has it."""
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise BadSetting(f"The folder {path.parent} cannot be made: {error.strerror}.") from error
    return data_folder.lock_database(path)


def examine_database(path: Path, folder: Path) -> None:
    """Refuse to write to a damaged database. Large files are examined for a bounded time."""
    backup.clean(folder / "backups")
    if not path.exists():
        return
    data_folder.keep_private(path)
    try:
        if not examine(path, _EXAMINING_SECONDS):
            _log.info("database_examined_in_part", seconds=_EXAMINING_SECONDS, whole="hubbub check")
    except Damaged as error:
        raise BadSetting(f"The database {path} {error}. {what_to_restore(folder)}") from error


def migrate_database(database: Database, worker: workers.Inherited | None) -> None:
    """Migrate to the newest schema. A worker reports this to its supervisor, which then waits longer."""
    if worker is not None:
        # It may take as long as it takes.
        worker.line.say("migrating")
    try:
        kept = database.migrate()
    except BadDatabase as error:
        raise BadSetting(str(error)) from error
    if kept is not None:
        _log.info("migrated", copy_of_the_old=kept)
    if worker is not None:
        worker.line.say("starting")
