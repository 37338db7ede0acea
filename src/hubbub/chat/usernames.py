"""User names: which are allowed, which count as the same, and which look like another.

Letters and digits of any script and `. _ -`, stored in NFKC. Two names are the same when they are equal after
case folding; they are confusable when their skeletons (UTS #39, section 4) are equal.
"""

import json
import unicodedata
from functools import cache
from importlib import resources

from hubbub.chat.text import folded, storable
from hubbub.errors import InvalidInput

_PUNCTUATION = "._-"


def username(text: str, longest: int) -> str:
    """The name as it is stored.

    Raises:
        InvalidInput: empty, too long, or with a character that is not allowed.
    """
    name = unicodedata.normalize("NFKC", storable(text, "username"))
    if not name:
        raise InvalidInput("must not be empty", "username")
    if len(name) > longest:
        raise InvalidInput(f"has {len(name)} characters; at most {longest} are allowed", "username")
    marks = 0
    for position, character in enumerate(name):
        category = unicodedata.category(character)
        marks = marks + 1 if category in ("Mn", "Mc") else 0
        letter_or_digit = category[0] == "L" or category == "Nd"
        # Many scripts write vowels as marks: allowed on a letter, but not heaped up.
        if not (letter_or_digit or character in _PUNCTUATION or (0 < marks <= 2 and position > 0)):
            raise InvalidInput("may hold letters, digits and . _ - only", "username")
    if not any(unicodedata.category(character)[0] in "LN" for character in name):
        raise InvalidInput("needs at least one letter or digit", "username")
    return name


def skeletons(name: str) -> list[str]:
    """What the name looks like, as typed and case-folded: it may share none of them with another name."""
    return sorted({_skeleton(name), _skeleton(folded(name))})


def _skeleton(name: str) -> str:
    table = _prototypes()
    mapped = "".join(table.get(character, character) for character in unicodedata.normalize("NFD", name))
    return unicodedata.normalize("NFD", mapped)


@cache
def _prototypes() -> dict[str, str]:
    """Each confusable character and the one that stands for all that look like it.

    The library ships Unicode's confusables as "character: [those that look like it]"; the standard's prototype is
    not in it, so the smallest of each set of look-alikes (ASCII before others) stands for the set.
    """
    source = resources.files("confusable_homoglyphs") / "confusables.json"
    listed: dict[str, list[dict[str, str]]] = json.loads(source.read_text("utf-8"))
    parent: dict[str, str] = {}

    def root(character: str) -> str:
        while (above := parent.setdefault(character, character)) != character:
            character = above
        return character

    for character, alike in listed.items():
        for other in alike:
            if len(character) == 1 and len(other["c"]) == 1:
                low, high = sorted((root(character), root(other["c"])))
                parent[high] = low
    return {character: found for character in parent if (found := root(character)) != character}
