"""A message's place as one word, `12-345`: its room and its `seq` there."""

import re

from hubbub.chat.timeline import Place
from hubbub.errors import InvalidInput

PLACE_PATTERN = r"^[1-9][0-9]{0,17}-[1-9][0-9]{0,17}(?![\s\S])"
_WORD = re.compile(r"([1-9][0-9]{0,17})-([1-9][0-9]{0,17})")


def format_cursor(room: int, seq: int) -> str:
    return f"{room}-{seq}"


def parse_cursor(word: str | None, field: str) -> Place | None:
    """The inverse; None stays None. Raises InvalidInput."""
    if word is None:
        return None
    match = _WORD.fullmatch(word)
    if match is None:
        raise InvalidInput("must be a message's id, such as 12-345", field, "bad_format")
    return int(match[1]), int(match[2])
