"""What an operator does on the machine itself, beside a running server or without one."""

import asyncio
from pathlib import Path

from hubbub import backup, datadir
from hubbub.chat import accounts, passwords
from hubbub.chat.limits import Limits
from hubbub.chat.usernames import username as checked_username
from hubbub.settings import BadSetting, Settings
from hubbub.store.sql.copy import Progress as CopyProgress
from hubbub.store.sql.database import BadDatabase, Database, Moved, Progress


async def make_admin(settings: Settings, username: str, password: str) -> bool:
    """Make somebody an administrator; True when the account is new.

    Raises:
        InvalidInput: the account is new and its name or password is not allowed.
        BadSetting: the data folder or the database cannot be used.
    """
    try:
        database = Database(datadir.database_url(settings, datadir.prepare(settings)))
        await asyncio.to_thread(database.migrate)
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
        await store.write(accounts.AddAccount(name, name, hashed, admin=True))
        return True
    finally:
        await store.close()


def back_up(settings: Settings, to: Path, keep: int, progress: CopyProgress) -> tuple[Path, list[Path]]:
    """Copy a server's data, as `backup.back_up` does.

    Raises:
        BadSetting: there is nothing to copy, or no way to; or the data is in PostgreSQL, which has its own means.
    """
    folder = Path(settings.data).expanduser()
    try:
        path = Database(datadir.database_url(settings, folder)).path
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
        with datadir.lock(old.path.parent):
            await asyncio.to_thread(old.migrate)
            await asyncio.to_thread(new.migrate)
            return await new.take_over(old, progress)
    except BadDatabase as error:
        raise BadSetting(str(error)) from error
