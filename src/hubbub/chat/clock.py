"""Time: integer milliseconds since 1970 (UTC) internally, RFC 3339 for clients."""

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
"""Milliseconds. Smaller adjustments of the clock are accepted at once, larger ones after a minute."""
APART_MS = 180_000
"""The largest difference between the clocks of servers that share a database: queries by time look back by it."""
_DOUBTED = 60_000
_FAR = 3_600_000
_STEADY = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
"""A monotonic clock, which includes suspend where the system has one that does (clock_gettime(2))."""


class _Wall:
    """The system's clock without its jumps: a new offset is trusted once it has been kept for a minute."""

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
    """The time of a message after one at `last`, both in milliseconds.

    It does not go back, so that messages from servers with different clocks stay in order. An exception is a `last`
    more than an hour in the future, where a clock must have been wrong: the time then returns to the present, or all
    messages would bear that time until it has come.
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
    # Cached, as formatting a date costs more than storing a row, and many messages share a second.
    return f"{datetime.fromtimestamp(whole, UTC):%Y-%m-%dT%H:%M:%S}"


def milliseconds(timestamp: str) -> int:
    """The inverse of `rfc3339`."""
    return round(datetime.fromisoformat(timestamp).timestamp() * 1000)
