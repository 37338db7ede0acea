"""Ids of requests and connections, for the log and the `X-Request-Id` header."""

from itertools import count
from secrets import token_hex

_run = token_hex(4)
_numbers = count(1)


def next_id() -> str:
    """A short id, unique among the processes of a server with high probability."""
    return f"{_run}-{next(_numbers)}"
