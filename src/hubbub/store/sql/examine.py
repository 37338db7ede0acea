"""Integrity of an SQLite file: in bounded time at start-up, completely for `hubbub check`."""

import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from time import monotonic

_HEADER = b"SQLite format 3\0"
"""sqlite.org/fileformat2.html#magic_header_string"""
_MOST_PROBLEMS = 5


class Damaged(Exception):  # noqa: N818 - says what is the case
    """What is wrong with the file, as the end of a sentence about it."""


def recognise(path: Path) -> None:
    """Raises Damaged when what is at `path` cannot be a database. Nothing is opened for writing, and nothing made."""
    if path.is_dir():
        raise Damaged("is a folder, not a database")
    try:
        with path.open("rb") as file:
            start = file.read(len(_HEADER))
    except OSError as error:
        raise Damaged(f"cannot be read: {error.strerror}") from error
    if not start:
        raise Damaged("is empty: what was in it is gone (if nothing ever was, remove it)")
    if start != _HEADER:
        raise Damaged("is not an SQLite database")


def is_of_hubbub(path: Path) -> bool:
    """Whether the file has our tables in it. Raises Damaged."""
    recognise(path)
    if Path(f"{path}-wal").exists():
        return True  # they may be in there; a look would leave its traces
    # As if nobody could change it: no other way of opening it makes no file beside it.
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?immutable=1", uri=True)) as connection:
            found = connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'alembic_version'").fetchone()
    except sqlite3.Error as error:
        raise Damaged(f"is damaged: {error}") from error
    return found is not None


def examine(path: Path, seconds: float | None = None) -> bool:
    """Check the file. Returns whether the check was completed within `seconds`; None: with indexes, however long.

    Raises:
        Damaged: something is wrong with it.
    """
    recognise(path)
    pragma = "integrity_check" if seconds is None else "quick_check"
    try:
        with closing(sqlite3.connect(path, check_same_thread=False)) as connection:
            connection.execute("PRAGMA query_only = on")
            with _interrupted_after(connection, seconds) as in_time:
                found = [str(row[0]) for row in connection.execute(f"PRAGMA {pragma}({_MOST_PROBLEMS})")]
    except sqlite3.Error as error:
        if getattr(error, "sqlite_errorcode", 0) == sqlite3.SQLITE_INTERRUPT:
            return False
        raise Damaged(f"is damaged: {error}") from error
    if found != ["ok"]:
        raise Damaged("is damaged: " + "; ".join(" ".join(line.replace("***", "").split()) for line in found))
    return in_time()


@contextmanager
def _interrupted_after(connection: sqlite3.Connection, seconds: float | None) -> Iterator[Callable[[], bool]]:
    """Interrupts what the connection does after `seconds`. Yields a function: whether they have not passed yet."""
    done = threading.Event()
    deadline = None if seconds is None else monotonic() + seconds

    def interrupt() -> None:
        ended = done.wait(seconds)
        while not ended:
            connection.interrupt()
            # An interrupt that comes before the statement has begun is lost.
            ended = done.wait(0.01)

    thread = threading.Thread(target=interrupt, daemon=True)
    thread.start()
    try:
        yield lambda: deadline is None or monotonic() < deadline
    finally:
        done.set()
        thread.join()
