"""The limit of open files: each connection is one."""

import resource
from contextlib import suppress

_FILES = 1 << 20


def open_many() -> None:
    """Raise the soft limit of open files: its usual value, 1,024, is for programs that use select(2)."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _FILES if hard == resource.RLIM_INFINITY else min(hard, _FILES)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        with suppress(OSError, ValueError):  # a system that has another limit too
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def half_of_them(most: int) -> int:
    """The most connections of one address: half of what the process may have."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return most if most == 0 or soft == resource.RLIM_INFINITY else min(most, soft // 2)
