"""Ids by which a request or connection is found again in the log."""

from itertools import count
from secrets import token_hex

_run = token_hex(4)
_numbers = count(1)


def next_id() -> str:
    """Unique in this process's life, and short."""
    return f"{_run}-{next(_numbers)}"
