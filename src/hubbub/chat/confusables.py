"""Skeletons of names (UTS #39, section 4). Two names that share one look alike."""

import json
import unicodedata
from collections.abc import Iterator
from contextlib import suppress
from functools import cache
from importlib import resources
from string import ascii_lowercase
from typing import NamedTuple

from hubbub.chat.text import folded
from hubbub.chat.unicode import INVISIBLE, SIGN

_OF_THE_NAME = "#%&*"
_PALOCHKA = "\u04cf"  # a Cyrillic letter that looks like l; the standard maps it to i
_DIRECTION_MARK = "\u200e"  # the library puts it around right-to-left characters


def skeletons(name: str) -> list[str]:
    """The skeletons of a name: as typed, case-folded, and folded after mapping, as a capital may look like a letter
    that is not its own small one."""
    typed, small = _skeleton(name), _skeleton(folded(name))
    found = {typed, small, _skeleton(folded(typed)), _skeleton(folded(small))}
    if any(character.isascii() and character.isalpha() for character in name):
        # Cyrillic letters that look like Latin small capitals are mapped only in names with Latin letters: a name such
        # as том is read as Cyrillic.
        found.add(_skeleton(folded(name).translate(_prototypes().small_capitals)))
    return sorted(found)


def look(name: str) -> str:
    """The stored skeleton of a name of which case does not count. It is compared with all `skeletons` of another."""
    return _skeleton(folded(name))


def look_of_room(name: str) -> str:
    """The same for a room, whose name is compared without surrounding punctuation: `#general` is `general`."""
    return look(bare(name) or name)


def bare(name: str, symbols: bool = False) -> str:
    """A name without surrounding punctuation, which readers overlook: `alice` for `@alice`, `alice,` and `(alice)`.

    Punctuation that is part of a name, as in C# and A*, is kept. `symbols`: also without check marks, stars and emoji.
    """

    def is_around(character: str, end: bool) -> bool:
        category = unicodedata.category(character)
        if category[0] == "P":
            return not end or character not in _OF_THE_NAME
        return category[0] == "Z" or category == "Sk" or bool(SIGN.match(character)) or (symbols and category[0] == "S")

    visible = INVISIBLE.sub("", name)
    first, last = 0, len(visible)
    while first < last and is_around(visible[first], end=False):
        first += 1
    while first < last and is_around(visible[last - 1], end=True):
        last -= 1
    return visible[first:last]


def _skeleton(name: str) -> str:
    characters, sequences, _ = _prototypes()
    visible = SIGN.sub("", INVISIBLE.sub("", unicodedata.normalize("NFD", name)))
    mapped = "".join(characters.get(character, character) for character in visible)
    for sequence, prototype in sequences:
        mapped = mapped.replace(sequence, prototype)
    return unicodedata.normalize("NFD", mapped)


class _Prototypes(NamedTuple):
    characters: dict[str, str]
    sequences: list[tuple[str, str]]
    small_capitals: dict[int, str]
    """By code point, the Latin letters that others resemble as a small capital: в looks like ʙ, the small capital of b.
    """


@cache
def _prototypes() -> _Prototypes:
    """The prototype of each confusable character, and of sequences of characters.

    The library ships Unicode's confusables as "character: [those that look like it]", without the standard's
    prototypes. One of each set stands for it, a Latin letter where there is one: l for 1 and I, O for 0. A set that
    looks like several characters, as m looks like rn, is mapped to these.
    """
    source = resources.files("confusable_homoglyphs") / "confusables.json"
    listed: dict[str, list[dict[str, str]]] = json.loads(source.read_text("utf-8"))
    parent: dict[str, str] = {}
    several: list[tuple[str, str]] = []

    def root(character: str) -> str:
        while (above := parent.setdefault(character, character)) != character:
            character = above
        return character

    for given, alike in listed.items():
        character = given.strip(_DIRECTION_MARK)
        for other in (entry["c"].strip(_DIRECTION_MARK) for entry in alike):
            if len(character) == len(other) == 1:
                low, high = sorted((root(character), root(other)), key=_rank)
                parent[high] = low
            elif len(character) == 1 < len(other):
                several.append((character, other))
    characters = {character: found for character in parent if (found := root(character)) != character}
    as_several: dict[str, str] = {}
    for character, other in several:
        plain = "".join(characters.get(each, each) for each in unicodedata.normalize("NFD", other))
        found = root(character)
        if found not in plain:
            as_several[found] = min(as_several.get(found, plain), plain)
    for character in [*parent, *as_several]:
        if (sequence := as_several.get(root(character))) is not None:
            characters[character] = sequence
    classes: dict[str, str] = {}
    for letter, capital in _small_capitals():
        classes.setdefault(root(capital), letter)
        characters[capital] = characters.get(letter, letter)
    small = {
        ord(character): classes[found]
        for character in parent
        if not character.isascii() and not (found := root(character)).isascii() and found in classes
    }
    # Not in UTS #39, but alike in sans-serif typefaces.
    characters[_PALOCHKA] = "l"
    return _Prototypes(characters, [("vv", characters.get("w", "w"))], small)


def _small_capitals() -> Iterator[tuple[str, str]]:
    """Each Latin letter with its small capital."""
    for letter in ascii_lowercase:
        with suppress(KeyError):
            yield letter, unicodedata.lookup(f"LATIN LETTER SMALL CAPITAL {letter.upper()}")


def _rank(character: str) -> tuple[int, str]:
    kind = 0 if character.islower() else 1 if character.isalpha() else 2
    return (kind if character.isascii() else 3), character
