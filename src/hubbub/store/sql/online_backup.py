"""Copies an SQLite file while a server writes to it."""

import os
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

_PAGES_AT_ONCE = 2048
PARTIAL = ".partial"
"""The end of the name of what is not whole yet."""

Progress = Callable[[int, int], None]
"""`progress(pages copied, pages in all)`."""


def copy_live(source: Path, target: Path, progress: Progress | None = None) -> None:
    """Copy the database as it is at this moment, whatever is written to it meanwhile.

    It is written beside the target and gets its name when it is whole and on the disk, so that nothing that is
    interrupted is taken for a copy.

    Raises:
        sqlite3.Error: the file is damaged or cannot be read, or the copy cannot be written.
        OSError: likewise.
    """
    partial = target.with_name(target.name + PARTIAL)
    try:
        with _readable(source, partial) as old, closing(sqlite3.connect(partial)) as new:
            partial.chmod(0o600)
            # Within one read transaction: SQLite begins a copy anew at each write of another connection otherwise
            # (sqlite.org/c3ref/backup_finish.html), and would never end beside a busy server.
            old.execute("PRAGMA query_only = on")
            old.execute("BEGIN")
            old.execute("SELECT count(*) FROM sqlite_master").fetchone()
            old.backup(
                new,
                pages=_PAGES_AT_ONCE,
                progress=lambda _, left, pages: None if progress is None else progress(pages - left, pages),
            )
            new.execute("PRAGMA journal_mode = delete")
            found = new.execute("PRAGMA quick_check(1)").fetchone()[0]
            if found != "ok":
                raise sqlite3.DatabaseError(f"the copy is damaged, and so is what it was made of: {found}")
        sync(partial)
        partial.rename(target)
        sync(target.parent)
    except BaseException:
        for each in (partial, partial.with_name(f"{partial.name}-journal"), _aside(partial)):
            each.unlink(missing_ok=True)
        raise
    finally:
        for end in ("-wal", "-shm", ""):
            Path(f"{_aside(partial)}{end}").unlink(missing_ok=True)


def sync(path: Path) -> None:
    """Flush a file's contents or a folder's entries to the disk (fsync(2))."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def _readable(source: Path, partial: Path) -> Iterator[sqlite3.Connection]:
    """A connection to the file, also in a folder that is not writable.

    `mode=ro` is tried second: it cannot read a WAL database that no process has open.
    """
    try:
        connection = sqlite3.connect(source)
        connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    except sqlite3.OperationalError:
        connection.close()
        if os.access(source.parent, os.W_OK):
            raise
        connection = _open_read_only(source, partial)
    with closing(connection):
        yield connection


def _open_read_only(source: Path, partial: Path) -> sqlite3.Connection:
    # A server that can write there may run under another name: then its -shm is there, and tells where the end is.
    connection = sqlite3.connect(f"{source.absolute().as_uri()}?mode=ro", uri=True)
    try:
        connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    except sqlite3.OperationalError:
        connection.close()
        # Nobody has it open. What is in the WAL has to be brought in, which is done to a copy.
        aside = _aside(partial)
        shutil.copyfile(source, aside)
        if Path(f"{source}-wal").exists():
            shutil.copyfile(f"{source}-wal", f"{aside}-wal")
        connection = sqlite3.connect(aside)
    return connection


def _aside(partial: Path) -> Path:
    return partial.with_name(f"{partial.name}-source")
