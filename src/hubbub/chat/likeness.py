"""What a name looks like: its skeletons (UTS #39, section 4). Two names that share one look alike."""

import json
import unicodedata
from functools import cache
from importlib import resources

from hubbub.chat.text import folded
from hubbub.chat.unicode import INVISIBLE

_DIRECTION_MARK = "\u200e"  # which the library puts around what is written from right to left


def skeletons(name: str) -> list[str]:
    """As typed, case-folded, and folded by its look: a capital may look like one whose small letter it is not."""
    typed = _skeleton(name)
    return sorted({typed, _skeleton(folded(name)), _skeleton(folded(typed))})


def look(name: str) -> str:
    """The skeleton that is stored of a name whose case does not count, to be met by any of another's."""
    return _skeleton(folded(name))


def _skeleton(name: str) -> str:
    characters, sequences = _prototypes()
    visible = INVISIBLE.sub("", unicodedata.normalize("NFD", name))
    mapped = "".join(characters.get(character, character) for character in visible)
    for sequence, prototype in sequences:
        mapped = mapped.replace(sequence, prototype)
    return unicodedata.normalize("NFD", mapped)


@cache
def _prototypes() -> tuple[dict[str, str], list[tuple[str, str]]]:
    """What each confusable character looks like, and what several characters in a row look like.

    The library ships Unicode's confusables as "character: [those that look like it]"; the standard's prototype is
    not in it, so one of each set of look-alikes stands for it, a Latin letter where there is one: l for
    1 and I, O for 0. A set that looks like several characters, as m looks like rn, is those.
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
    # What UTS #39 leaves out, and every sans-serif type shows.
    return characters, [("vv", characters.get("w", "w"))]


def _rank(character: str) -> tuple[int, str]:
    kind = 0 if character.islower() else 1 if character.isalpha() else 2
    return (kind if character.isascii() else 3), character
