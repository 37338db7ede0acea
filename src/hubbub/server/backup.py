"""Online backups: each is a complete data folder that a server can be started on."""

import fcntl
import os
import re
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

from hubbub.server.settings import BadSetting
from hubbub.store.sql.examine import Damaged, recognise
from hubbub.store.sql.online_backup import PARTIAL, Progress, copy_live, sync

_NAME = re.compile(r"hubbub-\d{8}T\d{6}Z")
_BACKUP = re.compile(rf"{_NAME.pattern}({re.escape(PARTIAL)})?")
_NOT_COPIED = re.compile(r"lock|last-backup|backups|\.probe-.*|.*\.lock|.*\.db(-wal|-shm|-journal)?|.*\.partial.*")
LAST = "last-backup"
"""The file in a data folder that says where its newest backup is."""


def back_up(database: Path, folder: Path, to: Path, keep: int, progress: Progress) -> tuple[Path, list[Path]]:
    """Copy the SQLite file at `database` and what else is in the data folder to a new folder in `to`.

    Symbolic links are copied as links: nothing outside of the folder is read through them. Backups that are kept inside
    of the folder are no part of a backup, or each would hold all that were before it.
    Of the backups there, the newest `keep` stay; 0: all. Returns the new one, and those that were removed.

    Raises:
        BadSetting: something cannot be read, written or removed. Half a backup is not left.
    """
    try:
        recognise(database)
        to.mkdir(mode=0o700, parents=True, exist_ok=True)
        clean(to)
        made = _new_name(to)
        # Under another name until it is whole: a backup that was interrupted is not taken for one.
        with _partial(made.with_name(made.name + PARTIAL)) as partial:
            # The database first: a file that it names is there already when the files are copied.
            copy_live(database, partial / "hubbub.db", progress)
            _copy_files(folder, partial, to, database)
            partial.rename(made)
            sync(to)
    except Damaged as error:
        raise BadSetting(f"No backup was made in {to}: {database} {error}.") from error
    except (OSError, sqlite3.Error) as error:
        raise BadSetting(f"No backup was made in {to}: {error}.") from error
    with suppress(OSError):  # a folder that is only read from
        (folder / LAST).write_text(f"{made.resolve()}\n")
    try:
        return made, _thin_out(to, keep)
    except OSError as error:
        raise BadSetting(f"The backup {made} was made, but an older one could not be removed: {error}.") from error


def _new_name(to: Path) -> Path:
    """Named by its time. One that begins in the same second as another one has the next second."""
    at = datetime.now(UTC)
    while (made := to / f"hubbub-{at:%Y%m%dT%H%M%SZ}").exists() or made.with_name(made.name + PARTIAL).exists():
        at += timedelta(seconds=1)
    return made


def clean(to: Path) -> None:
    """Remove partial backups in `to` left by killed processes, but not one in progress."""
    for left in to.glob(f"hubbub-*{PARTIAL}"):
        with suppress(OSError), _locked(left):
            shutil.rmtree(left)


def newest(folder: Path) -> Path | None:
    """The newest known backup or copy of this data folder that still exists."""
    found = [
        path for path in (folder / "backups").glob("*") if path.suffix != PARTIAL and path.name.startswith("hubbub-")
    ]
    with suppress(OSError):
        found += [path for path in [Path((folder / LAST).read_text().strip())] if path.exists()]
    # Each ends in the time it was made at.
    return max(found, key=lambda path: path.stem.rpartition("-")[2], default=None)


@contextmanager
def _partial(folder: Path) -> Iterator[Path]:
    folder.mkdir(mode=0o700)
    try:
        with _locked(folder):
            yield folder
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Raises OSError when another process has it."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    finally:
        os.close(descriptor)


def _thin_out(to: Path, keep: int) -> list[Path]:
    old = sorted(path for path in to.iterdir() if _NAME.fullmatch(path.name))
    removed = old[:-keep] if keep else []
    for path in removed:
        shutil.rmtree(path)
    return removed


def _copy_files(folder: Path, target: Path, to: Path, database: Path) -> None:
    """Everything in the folder except the database, which was copied already."""
    real = database.resolve()
    copied = {Path(f"{real}{end}") for end in ("", "-wal", "-shm", "-journal", ".lock")}
    for path in folder.iterdir():
        if _NOT_COPIED.fullmatch(path.name) or _is_backup(path):
            continue
        if path.absolute() in copied or path.resolve() in copied:
            continue
        if not to.resolve().is_relative_to(path.resolve()):
            _copy(path, target / path.name)
    sync(target)


def _is_backup(path: Path) -> bool:
    return _BACKUP.fullmatch(path.name) is not None and path.is_dir() and not path.is_symlink()


def _copy(path: Path, target: Path) -> None:
    """Copy and sync. Files that disappear meanwhile are skipped."""
    try:
        if path.is_symlink():
            target.symlink_to(path.readlink())
        elif path.is_dir():
            target.mkdir(mode=0o700)
            for each in path.iterdir():
                if not _is_backup(each):
                    _copy(each, target / each.name)
            sync(target)
        elif path.is_file():
            # Not followed, should it have become a link since.
            descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
            with os.fdopen(descriptor, "rb") as source, target.open("xb") as copy:
                target.chmod(0o600)
                shutil.copyfileobj(source, copy, 1 << 20)
                copy.flush()
                os.fsync(copy.fileno())
    except FileNotFoundError:
        if not target.parent.exists():
            raise
