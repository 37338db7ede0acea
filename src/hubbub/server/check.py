"""`hubbub check`: examines everything a server needs to start."""

import asyncio
import os
import shutil
import stat
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from hubbub.server import backup, data_folder
from hubbub.server.administration import what_to_restore
from hubbub.server.settings import BadSetting, Settings
from hubbub.store.sql.database import BadDatabase, Database
from hubbub.store.sql.examine import Damaged, examine, is_of_hubbub
from hubbub.store.sql.online_backup import PARTIAL

_LITTLE_SPACE = 100_000_000


class Finding(NamedTuple):
    good: bool
    text: str


def check_all(settings: Settings) -> Iterator[Finding]:
    """Yields findings one by one; large databases take a while. Works beside a running server."""
    yield Finding(True, "settings: each can be used")
    folder = Path(settings.data).expanduser()
    try:
        database = Database(data_folder.database_url(settings, folder))
    except BadDatabase as error:
        yield Finding(False, str(error))
        return
    yield from _folder(folder)
    yield from _key(settings, folder, database.shared)
    if database.path is not None:
        yield from _file(database.path, folder)
    yield from _schema(database)


def _folder(folder: Path) -> Iterator[Finding]:
    if not folder.is_dir():
        yield Finding(False, f"data folder: there is none at {folder}. Give the server's --data.")
        return
    mode = stat.S_IMODE(folder.stat().st_mode)
    if mode & 0o077:
        yield Finding(False, f"data folder: others may look into {folder} (mode {mode:o}): chmod 700 {folder}")
    if not os.access(folder, os.W_OK):
        yield Finding(False, f"data folder: {folder} cannot be written to")
    free = shutil.disk_usage(folder).free
    yield Finding(free >= _LITTLE_SPACE, f"data folder: {folder}, {free // 1_000_000} MB free")
    for left in (folder / "backups").glob(f"*{PARTIAL}*"):
        yield Finding(True, f"data folder: {left} is half a backup, which the next start removes")
    newest = backup.newest(folder)
    yield Finding(True, f"backups: {'none is known of' if newest is None else f'the newest known of is {newest}'}")


def _key(settings: Settings, folder: Path, shared: bool) -> Iterator[Finding]:
    path = folder / "secret.key"
    if not settings.secret_key and (shared or not path.exists()):
        yield Finding(not shared, "key: none yet" if not shared else "key: secret_key is needed with PostgreSQL")
        return
    try:
        data_folder.signing_keys(settings, folder)
    except BadSetting as error:
        yield Finding(False, f"key: {error}")
        return
    with suppress(FileNotFoundError):
        if not settings.secret_key and path.stat().st_mode & 0o077:
            yield Finding(False, f"key: others may read {path}: chmod 600 {path}")
    yield Finding(True, "key: there")


def _file(path: Path, folder: Path) -> Iterator[Finding]:
    if not path.exists():
        yield Finding(True, f"database: {path} is not there yet")
        return
    try:
        if not is_of_hubbub(path):
            yield Finding(False, f"database: {path} is one of another program")
            return
        examine(path)
    except Damaged as error:
        yield Finding(False, f"database: {path} {error}. {what_to_restore(folder)}")
        return
    yield Finding(True, f"database: {path} is whole, {path.stat().st_size // 1_000_000} MB")


def _schema(database: Database) -> Iterator[Finding]:
    if database.path is not None and not database.path.is_file():
        return
    try:
        schema, _ = asyncio.run(asyncio.to_thread(database.state))
    except BadDatabase as error:
        yield Finding(False, f"schema: {error}")
        return
    yield Finding(True, f"schema: {schema.value}")
