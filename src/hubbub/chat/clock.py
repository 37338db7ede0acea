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


def now() -> int:
    """Milliseconds since the epoch."""
    return time.time_ns() // 1_000_000


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
