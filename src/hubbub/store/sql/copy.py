"""Copying an SQLite file while a server writes to it."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

_PAGES_AT_ONCE = 2048

Progress = Callable[[int, int], None]
"""`progress(pages copied, pages in all)`."""


def copy_live(source: Path, target: Path, progress: Progress | None = None) -> None:
    """Copy the database as it is at this moment, whatever is written to it meanwhile.

    Raises:
        sqlite3.Error: the file is damaged or cannot be read, or the copy cannot be written.
    """
    # Read only, and not by `mode=ro`, which could not read a database that nobody has open.
    with closing(sqlite3.connect(source)) as old, closing(sqlite3.connect(target)) as new:
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
