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


def database_url(settings: Settings, folder: Path) -> str:
    return settings.database or f"sqlite:///{folder / 'hubbub.db'}"


def signing_keys(settings: Settings, folder: Path) -> list[str]:
    """The keys that sign (the first) and verify tokens; made on first start, mode 0600. Raises BadSetting."""
    if settings.secret_key:
        given = [key.strip() for key in settings.secret_key.splitlines() if key.strip()]
        if not given or min(map(len, given)) < 16:
            raise BadSetting("secret_key is too short: use at least 16 random characters.")
        return given
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
