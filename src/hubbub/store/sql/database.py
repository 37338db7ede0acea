"""The database that a URL names: migrated, and opened as a store."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from hubbub.chat.events import Event
from hubbub.chat.transaction import Store
from hubbub.masking import masked
from hubbub.store.sql.migrate import (
    ForeignDatabase,
    OlderServers,
    migrate,
    migrate_postgres,
    schema_of,
    schema_of_postgres,
)
from hubbub.store.sql.progress import Moved, Progress
from hubbub.store.sql.revisions import NewerDatabase, Schema
from hubbub.store.sql.sqlite import SqliteStore

if TYPE_CHECKING:
    from hubbub.store.sql.shared_counts import SharedCounts

Publish = Callable[[list[Event]], None]


class OpenStore(Store, Protocol):
    def under_way(self) -> bool:
        """Whether a submitted command has not been answered yet."""

    async def close(self) -> None:
        """Finish the submitted commands, then close the database."""


class BadDatabase(Exception):  # noqa: N818 - says what is the case
    """The database cannot be used. The text is for the operator."""


class Database:
    """What a URL names. `shared`: several servers may use it at once.

    Raises:
        BadDatabase: there is no such kind of database here.
    """

    def __init__(self, url: str) -> None:
        scheme, found, path = url.partition("://")
        self.path: Path | None = None
        """Where the file is, if it is one."""
        self.shared = scheme == "postgresql"
        if self.shared:
            try:
                make_url(url)
                self.shown = masked(url)
            except (ArgumentError, ValueError) as error:
                raise BadDatabase("The database URL cannot be read: postgresql://user:password@host/name.") from error
        elif scheme == "sqlite" and path.startswith("/") and len(path) > 1:
            self.path = Path(path[1:])
            self.shown = str(self.path)
        else:
            raise BadDatabase(
                f"database cannot be {masked(url) if found else repr(url)}: use sqlite:///path/to/file.db, "
                "postgresql://user:password@host/name, or leave it empty."
            )
        self._url = url

    def migrate(self) -> str | None:
        """Migrate to the newest schema. One that is newer still stays as it is.

        Returns where the old file was kept, if it was; raises BadDatabase.
        """
        with self._as_bad_database():
            if self.path is None:
                migrate_postgres(self._url)
                return None
            self.path.parent.mkdir(parents=True, exist_ok=True)
            kept = migrate(self.path)
        return None if kept is None else str(kept)

    def state(self) -> tuple[Schema, int]:
        """Its schema, and how many connections of servers PostgreSQL has. Raises BadDatabase."""
        with self._as_bad_database():
            return schema_of_postgres(self._url) if self.path is None else (schema_of(self.path), 0)

    @contextmanager
    def _as_bad_database(self) -> Iterator[None]:
        try:
            if self.path is None:
                with _postgres_errors():
                    yield
            else:
                yield
        except NewerDatabase as error:
            otherwise = (
                "restore a backup made before" if self.path is None else "use the copy kept in the backups folder"
            )
            raise BadDatabase(
                f"The database {self.shown} was written by a newer version of Hubbub (schema {error}), which this one "
                f"cannot use. Install that version, or {otherwise}."
            ) from error
        except OlderServers as error:
            raise BadDatabase(
                f"Servers of a version that is too old for the new schema run on the database {self.shown}. Upgrade "
                "them to the version between first, or stop them."
            ) from error
        except ForeignDatabase as error:
            raise BadDatabase(str(error)) from error
        except ImportError as error:
            raise BadDatabase(f"PostgreSQL needs more packages: pip install 'hubbub[cluster]' ({error}).") from error
        except (OSError, sqlite3.Error, SQLAlchemyError) as error:
            reason = getattr(error, "orig", None) or error
            raise BadDatabase(masked(f"The database {self.shown} cannot be opened: {reason}.")) from error

    async def open(self, publish: Publish) -> OpenStore:
        if self.path is None:
            # Here, not above: its driver is not there unless it was asked for.
            from hubbub.store.sql.postgres import PostgresStore

            return await PostgresStore.open(self._url, publish)
        return SqliteStore(self.path, publish)

    async def open_counts(self) -> "SharedCounts | None":
        """The shared rate-limit counts of several servers; None with a single server."""
        if self.path is not None:
            return None
        from hubbub.store.sql.shared_counts import SharedCounts

        return await SharedCounts.open(self._url)

    async def take_over(self, file: "Database", progress: Progress) -> list[Moved]:
        """Copy everything from an SQLite file into this PostgreSQL database, and compare. Raises BadDatabase."""
        from asyncpg import PostgresError

        from hubbub.store.sql.sqlite_to_postgres import NotTheSame, move

        assert file.path is not None
        try:
            return await move(file.path, self._url, progress)
        except NotTheSame as error:
            raise BadDatabase(str(error)) from error
        except (OSError, PostgresError) as error:
            raise BadDatabase(f"The database {self.shown} could not be written to: {error}.") from error


@contextmanager
def _postgres_errors() -> Iterator[None]:
    """Turns errors of the driver, which is an optional dependency, into OSError."""
    from asyncpg import InterfaceError, PostgresError

    try:
        yield
    except (PostgresError, InterfaceError) as error:
        raise OSError(str(error)) from error
