"""Which user names are allowed. Names are compared by `text.folded`, look-alikes by `confusables.skeletons`.

Letters and digits of any script, with the marks of their script, and `. _ -` within, stored in NFKC.
"""

import re
import unicodedata
from functools import cache

from hubbub.chat.confusables import skeletons
from hubbub.chat.text import storable
from hubbub.chat.unicode import ACCENT, EUROPEAN, INVISIBLE, SIGN, STRAY
from hubbub.errors import InvalidInput

_PUNCTUATION = "._-"
_MOST_MARKS = 2
# Names that mean everybody in a room, or a room, after @ in other chat systems.
_CALLS = "all anyone channel everybody everyone group here room"
# Names that claim to speak for the server. Administrators may have them.
_OFFICES = "admin administrator hubbub moderator root security staff support system"


def username(text: str, longest: int) -> str:
    """The name of a new account in the form in which it is stored.

    Raises:
        InvalidInput: empty, too long, or with a character that is not allowed.
    """
    name = unicodedata.normalize("NFKC", storable(text, "username"))
    if not name:
        raise InvalidInput("must not be empty", "username", "blank")
    if len(name) > longest:
        raise InvalidInput(
            f"has {len(name)} characters; at most {longest} are allowed", "username", "too_long", max=longest
        )
    base, marks = "", 0
    for character in name:
        category = unicodedata.category(character)
        if category in ("Mn", "Mc"):
            marks += 1
            fits = _is_written_with(base, character) and marks <= _MOST_MARKS
        else:
            base, marks = character, 0
            fits = category[0] == "L" or category == "Nd" or character in _PUNCTUATION
        if not fits or INVISIBLE.match(character):
            raise InvalidInput(
                "may hold letters, digits and . _ - only",
                "username",
                "bad_character",
                character=f"U+{ord(character):04X}",
            )
    if not any(unicodedata.category(character)[0] in "LN" and not SIGN.match(character) for character in name):
        raise InvalidInput("needs at least one letter or digit", "username", "bad_format")
    if name[-1] in _PUNCTUATION:
        raise InvalidInput("must end with a letter or a digit", "username", "bad_format")
    if all(unicodedata.category(character) == "Nd" for character in name):
        raise InvalidInput("needs a letter: a number alone would be taken for an id", "username", "bad_format")
    return name


def require_unreserved(name: str, field: str, admin: bool = False) -> None:
    """Raise InvalidInput if the name, or one that looks like it, is reserved."""
    calls, offices, deleted = _reserved()
    looks = set(skeletons("".join(character for character in name if character not in "._- ")))
    if looks & calls or (looks & offices and not admin):
        raise InvalidInput("is kept for the server's own use; choose another", field, "reserved")
    if any(deleted.fullmatch(look) for look in looks):
        raise InvalidInput("is kept for deleted accounts; choose another", field, "reserved")


def _is_written_with(base: str, mark: str) -> bool:
    """Whether the mark is used with this letter: vowel signs on consonants, accents on Latin letters."""
    if not base or unicodedata.category(base)[0] != "L":
        return False
    if EUROPEAN.match(base):
        return ACCENT.match(mark) is not None
    return STRAY.match(mark) is None


@cache
def _reserved() -> tuple[frozenset[str], frozenset[str], re.Pattern[str]]:
    calls, offices = (
        frozenset(look for word in words.split() for look in skeletons(word)) for words in (_CALLS, _OFFICES)
    )
    deleted = "|".join(map(re.escape, skeletons("deleted")))
    account = "|".join(map(re.escape, skeletons("account")))
    # A skeleton has l for 1 and O for 0.
    return calls, offices, re.compile(f"(?:{deleted})(?:[0-9lO]+|{account})")
