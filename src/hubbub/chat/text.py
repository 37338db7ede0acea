"""Validation of the text of messages, names and topics. Lengths are in Unicode code points."""

import unicodedata

from hubbub.chat.unicode import INVISIBLE
from hubbub.errors import InvalidInput

# Characters that change the direction of the text around them (UAX #9).
_OVERRIDES = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_JOINER = "\u200d"
_EMOJI_STYLES = "\ufe0e\ufe0f"


def message_text(text: str, longest: int) -> str:
    """The text of a message, unchanged, after validation.

    Raises:
        InvalidInput: it is blank, too long, or has a character that is not text (NUL, a lone surrogate).
    """
    if not visible(text):
        raise InvalidInput("must not be empty or blank", "content", "blank")
    if len(text) > longest:
        raise InvalidInput(
            f"has {len(text):,} characters; at most {longest:,} are allowed", "content", "too_long", max=longest
        )
    storable(text, "content")
    return text


def storable(text: str, field: str) -> str:
    """Raise InvalidInput if the text has a character that cannot be stored and sent."""
    if "\x00" in text:
        raise InvalidInput("must not contain the NUL character", field, "bad_character", character="U+0000")
    if not text.isascii() and any("\ud800" <= character <= "\udfff" for character in text):
        raise InvalidInput("contains half of a surrogate pair, which is not text", field, "bad_character")
    return text


def visible(text: str) -> bool:
    """Whether the text has at least one visible character."""
    if text.isascii():
        return bool(text) and not text.isspace()
    return any(unicodedata.category(character)[0] not in "ZC" for character in INVISIBLE.sub("", text))


def label(text: str, field: str, longest: int) -> str:
    """A name or topic: one line, no control, override or invisible characters, outer blanks removed, NFC.

    Raises:
        InvalidInput: it is blank, too long or holds such a character.
    """
    storable(text, field)
    text = unicodedata.normalize("NFC", text.strip())
    if not visible(text):
        raise InvalidInput("must not be empty or blank", field, "blank")
    if len(text) > longest:
        raise InvalidInput(f"has {len(text)} characters; at most {longest} are allowed", field, "too_long", max=longest)
    marks = 0
    for position, character in enumerate(text):
        category = unicodedata.category(character)
        if character in _OVERRIDES:
            raise InvalidInput(
                "must not contain characters that override the direction of text",
                field,
                "bad_character",
                character=f"U+{ord(character):04X}",
            )
        if not text.isascii() and INVISIBLE.match(character) and not _joins(text, position):
            raise InvalidInput(
                f"must not contain the invisible character U+{ord(character):04X}",
                field,
                "bad_character",
                character=f"U+{ord(character):04X}",
            )
        if category[0] == "C" and character != _JOINER:
            raise InvalidInput(
                f"must not contain the control character U+{ord(character):04X}",
                field,
                "bad_character",
                character=f"U+{ord(character):04X}",
            )
        if category in ("Zl", "Zp"):
            raise InvalidInput("must be one line", field, "bad_character", character=f"U+{ord(character):04X}")
        marks = marks + 1 if category in ("Mn", "Me") else 0
        if marks > 3:
            raise InvalidInput(
                "has too many combining marks in a row", field, "bad_character", character=f"U+{ord(character):04X}"
            )
    return text


def _joins(text: str, position: int) -> bool:
    """Whether the invisible character at this position is part of an emoji, or of Indic script."""
    before, after = text[:position].rstrip(_EMOJI_STYLES)[-1:], text[position + 1 : position + 2]
    if not before:
        return False
    if text[position] in _EMOJI_STYLES:
        # After an emoji, or the digit of a keycap, whose presentation it selects.
        return text[position - 1] not in _EMOJI_STYLES and (
            _is_symbol(before) or (before in "0123456789#*" and after == "\u20e3")
        )
    if text[position] == _JOINER:
        is_behind_virama = unicodedata.combining(before) == 9
        return is_behind_virama or (_is_symbol(before) and bool(after) and _is_symbol(after))
    return False


def _is_symbol(character: str) -> bool:
    return unicodedata.category(character) in ("So", "Sk", "Sm", "Po")


def folded(name: str) -> str:
    """The form in which two names are compared: NFKC and case-folded (Unicode, section 3.13, toNFKC_Casefold)."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())
