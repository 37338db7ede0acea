"""Operator commands that work on the data directly, with or without a running server."""

import asyncio
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

from hubbub.chat import accounts, passwords
from hubbub.chat.default_rooms import DefaultRooms
from hubbub.chat.limits import Limits
from hubbub.chat.usernames import username as checked_username
from hubbub.server import backup, data_folder
from hubbub.server.settings import BadSetting, Settings
from hubbub.store.sql.database import BadDatabase, Database
from hubbub.store.sql.examine import Damaged, examine, is_of_hubbub
from hubbub.store.sql.online_backup import Progress as CopyProgress
from hubbub.store.sql.progress import Moved, Progress
from hubbub.store.sql.revisions import Schema

_LOOKING_SECONDS = 3


async def make_admin(settings: Settings, username: str, password: str) -> bool:
    """Make somebody an administrator; True when the account is new.

    Raises:
        InvalidInput: the account is new and its name or password is not allowed.
        BadSetting: the data folder or the database cannot be used; or a server of an older version runs on it.
    """
    folder = data_folder.prepare(settings)
    try:
        database = Database(data_folder.database_url(settings, folder))
        if database.path is not None:
            data_folder.keep_private(database.path)
            if database.path.exists():
                examine(database.path, _LOOKING_SECONDS)
        await asyncio.to_thread(_bring_up_to_date, database)
    except Damaged as error:
        raise BadSetting(f"The database {database.shown} {error}. {what_to_restore(folder)}") from error
    except BadDatabase as error:
        raise BadSetting(str(error)) from error
    store = await database.open(lambda events: None)
    limits = Limits(
        username_length=settings.username_length,
        password_min=settings.password_min,
        password_max=settings.password_max,
    )
    try:
        if await store.read(accounts.AccountNamed(username)) is not None:
            await store.write(accounts.SetAdmin(username))
            return False
        name = checked_username(username, limits.username_length)
        hashed = passwords.make(passwords.fit(password, limits))
        names = settings.default_rooms
        admission = accounts.Admission(limits=limits, rooms=await store.read(DefaultRooms(names)), missing_rooms=names)
        await store.write(accounts.AddAccount(name, name, hashed, admin=True, admission=admission))
        return True
    finally:
        await store.close()


def _bring_up_to_date(database: Database) -> None:
    """Migrate, but never while a server runs on the database."""
    schema, servers = database.state()
    if schema.is_usable:
        return
    refused = (
        f"The database {database.shown} has the schema of an older version, and a server runs on it: install and "
        "restart the server first, then run this again."
    )
    if database.path is None:
        if servers:
            raise BadSetting(refused)
        database.migrate()
        return
    try:
        database.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with data_folder.lock_database(database.path), data_folder.lock_file(database.path):
            database.migrate()
    except BadSetting as error:
        raise BadSetting(refused) from error


def what_to_restore(folder: Path) -> str:
    """What the operator should do about a damaged database in this data folder."""
    found = backup.newest(folder)
    which = f"the newest that is known of is {found}" if found else "as `hubbub backup` makes them"
    return f"Keep the damaged files aside, put a backup in their place ({which}), and start again."


def back_up(settings: Settings, to: Path, keep: int, progress: CopyProgress) -> tuple[Path, list[Path]]:
    """Copy a server's data, as `backup.back_up` does.

    Raises:
        BadSetting: there is nothing to copy, or no way to; or the data is in PostgreSQL, which has its own means.
    """
    folder = Path(settings.data).expanduser()
    try:
        path = Database(data_folder.database_url(settings, folder)).path
    except BadDatabase as error:
        raise BadSetting(str(error)) from error
    if path is None:
        raise BadSetting(
            "The data is in PostgreSQL: use pg_dump --format=custom, or base backups and the archive of its log. "
            "Keep secret_key too."
        )
    if not path.exists():
        raise BadSetting(f"There is no database at {path}: give the server's --data.")
    return backup.back_up(path, folder, to, keep, progress)


async def move(source: str, target: str, progress: Progress) -> list[Moved]:
    """Move a team's data from an SQLite file to PostgreSQL; both are brought to the newest schema first.

    Raises:
        BadSetting: one of them cannot be used, a server runs on the file, or the database holds something else.
    """
    try:
        old, new = Database(source), Database(target)
        if old.path is None or not old.path.exists() or not new.shared:
            raise BadSetting("Give --from sqlite:///path/to/hubbub.db, which is there, and --to postgresql://…")
        try:
            # Before anything is written beside it.
            ours = is_of_hubbub(old.path)
            if ours:
                examine(old.path, _LOOKING_SECONDS)
        except Damaged as error:
            raise BadSetting(f"{old.shown} {error}.") from error
        if not ours:
            raise BadSetting(f"{old.shown} is a database of another program: Hubbub's tables are not in it.")
        with (
            data_folder.lock_database(old.path),
            data_folder.lock_file(old.path),
            _lock_of_old_servers(old.path.parent),
        ):
            await asyncio.to_thread(old.migrate)
            await asyncio.to_thread(_bring_up_to_date, new)
            for database in (old, new):
                if (await asyncio.to_thread(database.state))[0] is not Schema.NEWEST:
                    raise BadSetting(
                        f"{database.shown} has the schema of a newer version, whose data this one would not move: "
                        "install that version first."
                    )
            return await new.take_over(old, progress)
    except BadDatabase as error:
        raise BadSetting(str(error)) from error


def _lock_of_old_servers(folder: Path) -> AbstractContextManager[Any]:
    """Older versions lock the data folder, not the database file."""
    return data_folder.lock(folder) if (folder / "lock").exists() else nullcontext()
