"""Copies of a running server's data: each a data folder of its own, that a server can be started on."""

import os
import re
import shutil
import sqlite3
from datetime import UTC, datetime
from pathlib import Path

from hubbub.settings import BadSetting
from hubbub.store.sql.copy import Progress, copy_live

_NAME = re.compile(r"hubbub-\d{8}T\d{6}Z")
_NOT_COPIED = re.compile(r"lock|backups|\.probe-.*|.*\.db(-wal|-shm|-journal)?")


def back_up(database: Path, folder: Path, to: Path, keep: int, progress: Progress) -> tuple[Path, list[Path]]:
    """Copy the SQLite file at `database` and what else is in the data folder to a new folder in `to`.

    Of the backups there, the newest `keep` stay; 0: all. Returns the new one, and those that were removed.

    Raises:
        BadSetting: something cannot be read, written or removed. Half a backup is not left.
    """
    made = to / f"hubbub-{datetime.now(UTC):%Y%m%dT%H%M%SZ}"
    # Under another name until it is whole: a backup that was interrupted is not taken for one.
    partial = made.with_suffix(".partial")
    try:
        to.mkdir(mode=0o700, parents=True, exist_ok=True)
        partial.mkdir(mode=0o700)
        try:
            # The database first: a file that it names is there already when the files are copied.
            copy_live(database, partial / "hubbub.db", progress)
            _copy_files(folder, partial, to)
            _flush(partial)
            partial.rename(made)
            _sync(to)
        except BaseException:
            shutil.rmtree(partial, ignore_errors=True)
            raise
    except (OSError, shutil.Error, sqlite3.Error) as error:
        raise BadSetting(f"No backup was made in {to}: {error}.") from error
    try:
        return made, _thin_out(to, keep)
    except OSError as error:
        raise BadSetting(f"The backup {made} was made, but an older one could not be removed: {error}.") from error


def _thin_out(to: Path, keep: int) -> list[Path]:
    old = sorted(path for path in to.iterdir() if _NAME.fullmatch(path.name))
    removed = old[:-keep] if keep else []
    for path in removed:
        shutil.rmtree(path)
    return removed


def _copy_files(folder: Path, target: Path, to: Path) -> None:
    for path in folder.iterdir():
        if _NOT_COPIED.fullmatch(path.name) or to.resolve().is_relative_to(path.resolve()):
            continue
        if path.is_dir():
            shutil.copytree(path, target / path.name)
        else:
            shutil.copy2(path, target / path.name)


def _flush(folder: Path) -> None:
    """On disk before the backup gets its name."""
    for path in (*folder.rglob("*"), folder):
        _sync(path)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
