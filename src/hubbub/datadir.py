"""The data folder: one server's own, with the signing key in it that nobody else can read."""

import fcntl
import os
from pathlib import Path
from secrets import token_urlsafe
from typing import IO

from hubbub.settings import BadSetting, Settings


def prepare(settings: Settings) -> Path:
    """Make the folder if it is missing. Raises BadSetting when it cannot be written to."""
    folder = Path(settings.data).expanduser()
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        probe = folder / f".probe-{os.getpid()}"
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise BadSetting(f"The data folder {folder} cannot be written to: {error.strerror}.") from error
    return folder


def lock(folder: Path) -> IO[bytes]:
    """Keep a second server out of the folder for as long as the file stays open. Raises BadSetting."""
    handle = (folder / "lock").open("ab")
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        handle.close()
        raise BadSetting(f"Another Hubbub is running on the data folder {folder}.") from error
    return handle


def database_path(settings: Settings, folder: Path) -> Path:
    """Where the SQLite file is. Raises BadSetting for a database this version cannot use."""
    if not settings.database:
        return folder / "hubbub.db"
    scheme, found, path = settings.database.partition(":///")
    if scheme != "sqlite" or not found or not path:
        raise BadSetting(f"database cannot be {settings.database!r}: use sqlite:///path/to/file.db, or leave it empty.")
    return Path(path)


def signing_keys(settings: Settings, folder: Path) -> list[str]:
    """The keys that sign (the first) and verify tokens; made on first start, mode 0600. Raises BadSetting."""
    if settings.secret_key:
        if len(settings.secret_key) < 16:
            raise BadSetting("secret_key is too short: use at least 16 random characters.")
        return [settings.secret_key]
    path = folder / "secret.key"
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        pass
    else:
        with os.fdopen(descriptor, "w") as file:
            file.write(token_urlsafe(48) + "\n")
            file.flush()
            os.fsync(file.fileno())
    try:
        keys = path.read_text("utf-8").split()
    except (OSError, UnicodeDecodeError) as error:
        raise BadSetting(f"The signing key {path} cannot be read.") from error
    if not keys:
        raise BadSetting(f"The signing key {path} is empty: remove it to have a new one made (all will sign in again).")
    return keys
