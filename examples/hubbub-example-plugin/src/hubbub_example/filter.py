"""Refuses messages that contain certain words."""

import re
from collections.abc import Sequence

from hubbub.plugins import Refused


class WordFilter:
    def __init__(self, words: Sequence[str]) -> None:
        self._pattern = re.compile(rf"\b({'|'.join(map(re.escape, words))})\b", re.IGNORECASE) if words else None

    def check(self, text: str) -> None:
        """Raises Refused: the text contains one of the words."""
        found = self._pattern and self._pattern.search(text)
        if found:
            raise Refused(f"“{found[0]}” is not a word for this server. Find another one.", reason="bad_word")
