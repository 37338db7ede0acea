"""A message's position as a cursor, `12-345`: its room and its `seq` there."""

import re

from hubbub.chat.timeline import Place
from hubbub.errors import InvalidInput

CURSOR_PATTERN = r"^[1-9][0-9]{0,17}-[1-9][0-9]{0,17}(?![\s\S])"
_CURSOR = re.compile(r"([1-9][0-9]{0,17})-([1-9][0-9]{0,17})")


def format_cursor(room: int, seq: int) -> str:
    return f"{room}-{seq}"


def parse_cursor(cursor: str | None, field: str) -> Place | None:
    """The inverse of `format_cursor`; None stays None. Raises InvalidInput with `field`."""
    if cursor is None:
        return None
    match = _CURSOR.fullmatch(cursor)
    if match is None:
        raise InvalidInput("must be a message's id, such as 12-345", field, "bad_format")
    return int(match[1]), int(match[2])
