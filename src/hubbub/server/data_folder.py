"""The data folder of one server, and the private signing key in it."""

import errno
import fcntl
import os
import stat
import struct
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from secrets import token_urlsafe
from typing import IO

import structlog

from hubbub.server.settings import BadSetting, Settings

_FAR_BEHIND = 1 << 62
"""SQLite locks bytes behind the first GiB (sqlite.org/c3ref/c_pending_byte)."""
_log = structlog.get_logger("data")


def prepare(settings: Settings) -> Path:
    """Create the folder if it is missing. Raises BadSetting when it is not writable."""
    folder = Path(settings.data).expanduser()
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        _keep_others_out(folder)
        probe = folder / f".probe-{os.getpid()}"
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise BadSetting(f"The data folder {folder} cannot be written to: {error.strerror}.") from error
    return folder


def lock(folder: Path) -> IO[bytes]:
    """Keep a second server out of the folder while the returned file is open. Raises BadSetting."""
    return _lock(folder / "lock", f"the data folder {folder}")


def lock_database(path: Path) -> IO[bytes]:
    """The same for an SQLite file: the lock lies beside the real file, whichever path leads to it."""
    real = path.resolve()
    return _lock(real.with_name(real.name + ".lock"), f"the database {path}")


@contextmanager
def lock_file(path: Path) -> Iterator[None]:
    """The same by the file itself, if there is one: a hard link or a bind mount leads to it from another folder.

    One byte is locked, far behind those that SQLite locks, by an open file description lock (fcntl(2)). SQLite's own
    belong to the process, and go when any descriptor of the file is closed: enter this before the store is opened, and
    leave it after it was closed. Raises BadSetting.
    """
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    except OSError:
        yield  # not made yet; or not to be written to, which whoever opens it as a database says
        return
    try:
        _lock_byte(descriptor, path)
        yield
    finally:
        os.close(descriptor)


def _lock_byte(descriptor: int, path: Path) -> None:
    if not hasattr(fcntl, "F_OFD_SETLK"):
        return  # a system without: the lock beside the file is all there is
    wanted = struct.pack("hhqqi4x", fcntl.F_WRLCK, os.SEEK_SET, _FAR_BEHIND, 1, 0)
    try:
        fcntl.fcntl(descriptor, fcntl.F_OFD_SETLK, wanted)
    except OSError as error:
        if error.errno in (errno.EAGAIN, errno.EACCES):
            raise BadSetting(
                f"Another Hubbub is running on the database {path}, by another path to the file."
            ) from error


def _lock(path: Path, what: str) -> IO[bytes]:
    try:
        handle = path.open("ab")
    except OSError as error:
        raise BadSetting(f"{path} cannot be written to: {error.strerror}.") from error
    with suppress(PermissionError):
        os.fchmod(handle.fileno(), 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        handle.close()
        raise BadSetting(f"Another Hubbub is running on {what}.") from error
    return handle


def keep_private(path: Path) -> None:
    """Make the SQLite files readable by the owner only, also those of older versions."""
    for end in ("", "-wal", "-shm", "-journal"):
        with suppress(FileNotFoundError):
            _only_ours(Path(f"{path}{end}"), 0o600)


def _keep_others_out(folder: Path) -> None:
    _only_ours(folder, 0o700)
    for path in (folder / "secret.key", folder / "backups"):
        with suppress(FileNotFoundError):
            _only_ours(path, 0o700 if path.is_dir() else 0o600)


def _only_ours(path: Path, mode: int) -> None:
    if stat.S_IMODE(path.stat().st_mode) & 0o077:
        try:
            path.chmod(mode)
        except PermissionError:
            # A volume of another owner's that we may write to: theirs to say who reads it.
            _log.warning("readable_by_others", path=str(path))


def database_url(settings: Settings, folder: Path) -> str:
    return settings.database or f"sqlite:///{folder / 'hubbub.db'}"


def signing_keys(settings: Settings, folder: Path) -> list[str]:
    """The keys that sign (the first) and verify tokens; made on first start, mode 0600. Raises BadSetting."""
    if settings.secret_key:
        return [key.strip() for key in settings.secret_key.splitlines() if key.strip()]
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
