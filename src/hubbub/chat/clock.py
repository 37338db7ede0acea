"""Time as Hubbub keeps it (integer milliseconds since 1970, UTC) and as clients see it (RFC 3339)."""

import time
from datetime import UTC, datetime
from functools import lru_cache
from typing import Annotated

from msgspec import Meta

Timestamp = Annotated[
    str,
    Meta(
        description="RFC 3339, UTC, with milliseconds",
        examples=["2026-01-31T12:34:56.789Z"],
        extra_json_schema={"format": "date-time"},
    ),
]


JUMP = 60_000
"""Milliseconds: a clock that is put right goes no further at once; what goes further is doubted."""
APART_MS = 180_000
"""So far may the clocks of servers be apart that share a database: who asks for what is new looks back by it."""
_DOUBTED = 60_000
_FAR = 3_600_000
_STEADY = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
"""What nobody sets; it goes on while the machine sleeps, where there is such a clock (clock_gettime(2))."""


class _Wall:
    """The system's clock, but for jumps: it is believed again when it has stayed where it jumped to for a minute."""

    def __init__(self) -> None:
        self._offset = self._read() - self._steady()
        self._doubted: tuple[int, int] | None = None
        """The offset it jumped to, and when."""

    def now(self) -> int:
        wall, steady = self._read(), self._steady()
        offset = wall - steady
        if abs(offset - self._offset) <= JUMP:
            self._offset, self._doubted = offset, None
            return wall
        doubted = self._doubted
        if doubted is None or abs(offset - doubted[0]) > JUMP:
            self._doubted = (offset, steady)
        elif steady - doubted[1] >= _DOUBTED:
            self._offset, self._doubted = offset, None
            return wall
        return steady + self._offset

    def _read(self) -> int:
        return time.time_ns() // 1_000_000

    def _steady(self) -> int:
        return time.clock_gettime_ns(_STEADY) // 1_000_000


_wall = _Wall()


def now() -> int:
    """Milliseconds since the epoch."""
    return _wall.now()


def next_at(last: int) -> int:
    """The time of what is said after something that was said at `last`, both in milliseconds.

    It does not go back, so that what servers with other clocks say stays in order; unless `last` is so far in the
    future that a clock must have been wrong: then it returns, or everything would bear that time until it has come.
    """
    present = now()
    return present if last - present > _FAR else max(present, last)


@lru_cache(256)
def rfc3339(milliseconds: int) -> str:
    """`2026-01-31T12:34:56.789Z` (RFC 3339, section 5.6)."""
    whole, fraction = divmod(milliseconds, 1000)
    return f"{_seconds(whole)}.{fraction:03d}Z"


@lru_cache(4096)
def _seconds(whole: int) -> str:
    # Formatting a date costs more than storing a row; messages come many to a second, under load many to a millisecond.
    return f"{datetime.fromtimestamp(whole, UTC):%Y-%m-%dT%H:%M:%S}"


def milliseconds(timestamp: str) -> int:
    """The inverse of `rfc3339`."""
    return round(datetime.fromisoformat(timestamp).timestamp() * 1000)
