"""Who a message names with @. The grammar is in docs/protocol.md, "Mentions"; the web client keeps to it too.

`candidates` reads the text, before the store is asked for anything. `called` finds the users in two questions, however
many names there are: it runs while the room is locked.
"""

import re
import unicodedata
from collections.abc import Sequence
from functools import cache
from itertools import islice
from typing import TYPE_CHECKING

from hubbub.chat.ledger import View
from hubbub.chat.records import RoomRecord
from hubbub.chat.text import folded
from hubbub.chat.unicode import INVISIBLE, WITHOUT_BLANKS

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

Candidates = tuple[tuple[str, ...], ...]
"""For each place that may name somebody, the names it may mean, as they are compared, the first to be tried first."""

_SIGN = re.compile("[@\uff20]")
_MOST_MENTIONS = 50
_MOST_NAMES = 200
_READ = 4000
"""Code points of a message that are looked at: what reading Markdown costs grows with them, and this is on the loop."""
_MOST_SIGNS = 100
"""Signs that are looked at: what is behind the last of them is not read."""
_MOST_MARKUP = 500
"""Signs of Markdown past which a text is read as if it had none: it is no text that anybody wrote."""
_MARKUP = re.compile(r"[\[\]()*_~>`!<|]")
_LONGEST_NAME = 60
"""Code points of a name as written. Stored ones have 20 at most, but decomposed they take more."""
_PUNCTUATION = "._-"
_OF_EMOJI = frozenset("\ufe0e\ufe0f\u20e3")
"""What an emoji may end in: how it is to be shown, and the frame of a key."""
_NOT_BEFORE = frozenset("_.-+/@\uff20&=%~#\\")
# What begins as an address does not end before the next blank.
_ADDRESS = re.compile(r"://|www\.|[\w-]\.[\w-]+(:\d+)?[/?#]", re.IGNORECASE)
_WORD = 2048
# What no Markdown is in: letters, digits and what stands between words, no line of it indented.
_PLAIN = re.compile(r"(?![ \t])[^\W_]?[\w \n@\uff20,.;?!'\"“”’…–—，。！？、：；（）()/-]*")
_MARKS = re.compile(r"(?<!\w)_|_(?!\w)|\n[ \t]|\n *[-=+\d]|^[-\d]|~~|--")
_GAP = "\ufffc"
_SAFE = re.compile(r"(?![a-z][a-z\d+.-]*:)|https?:|mailto:", re.IGNORECASE)
_QUOTED = re.compile(r" {0,3}>")
_FENCE = re.compile(r" {0,3}(`{3,}(?=[^`]*$)|~{3,})")


def candidates(content: str) -> Candidates:
    """What each mention in the text may mean."""
    content = content[:_READ]
    signs = [sign.end() for sign in islice(_SIGN.finditer(content), _MOST_SIGNS + 1)]
    if not signs:
        return ()
    if len(signs) > _MOST_SIGNS:
        content = content[: signs[-1] - 1]
    found: dict[tuple[str, ...], None] = {}
    names = 0
    for shown, places in _lines(content):
        for start, end in places:
            for sign in _SIGN.finditer(shown, start, end):
                meant = _meant(shown, sign.start(), end)
                if not meant or meant in found:
                    continue
                names += len(meant)
                if len(found) == _MOST_MENTIONS or names > _MOST_NAMES:
                    return tuple(found)
                found[meant] = None
    return tuple(found)


def called(view: View, room: RoomRecord, mentions: Candidates) -> list[int]:
    """The ids of the users who are meant, in the order of the text; outside of public rooms, of members only."""
    if not mentions:
        return []
    named = view.accounts_named([name for names in mentions for name in names])
    found: list[int] = []
    for names in mentions:
        user = next((named[name] for name in names if name in named), None)
        if user is not None and user not in found:
            found.append(user)
    if room.kind == "public" or not found:
        return found
    members = view.members_among(room.id, found)
    return [user for user in found if user in members]


def _meant(shown: str, sign: int, end: int) -> tuple[str, ...]:
    """The names that the text behind a sign may be: the longest first, those that end in punctuation last."""
    if not _may_begin(shown, sign):
        return ()
    first = last = sign + 1
    most = min(len(shown), first + _LONGEST_NAME)
    while last < most and _is_of_a_name(shown[last]):
        last += 1
    after = shown[last : last + 1]
    # A handle of another server, or a package of a scope: neither is somebody here.
    if after in ("@", "\uff20") or (after == "/" and _is_of_a_name(shown[last + 1 : last + 2])):
        return ()
    names: dict[str, None] = {}
    behind: dict[str, None] = {}
    for cut in range(min(last, end), first, -1):
        if not _may_end(shown, cut, last):
            continue
        # As it is read: `@bob` with a variation selector behind it is @bob.
        written = INVISIBLE.sub("", shown[first:cut])
        if not written:
            continue
        names.setdefault(folded(written.rstrip(_PUNCTUATION)), None)
        if written[-1] in _PUNCTUATION:
            behind.setdefault(folded(written), None)
    return tuple(name for name in (*names, *behind) if name)


def _may_begin(shown: str, sign: int) -> bool:
    before = shown[sign - 1 : sign]
    if not before or before in _OF_EMOJI:
        return True
    if before in _NOT_BEFORE or (unicodedata.category(before)[0] in "LMN" and not WITHOUT_BLANKS.match(before)):
        return False
    word = max(shown.rfind(blank, 0, sign) for blank in " \n\t" + _GAP) + 1
    return _ADDRESS.search(shown, max(word, sign - _WORD), sign) is None


def _may_end(shown: str, cut: int, last: int) -> bool:
    """At the end of what can be a name, before punctuation that ends it, or beside a script without blanks."""
    if cut == last or not shown[cut:last].strip(_PUNCTUATION):
        return True
    before, after = shown[cut - 1], shown[cut]
    if unicodedata.category(after)[0] == "M":
        return False
    return any(WITHOUT_BLANKS.match(side) and unicodedata.category(side)[0] in "LM" for side in (before, after))


def _is_of_a_name(character: str) -> bool:
    if not character:
        return False
    category = unicodedata.category(character)
    return category[0] in "LM" or category == "Nd" or character in _PUNCTUATION


def _lines(content: str) -> list[tuple[str, list[tuple[int, int]]]]:
    """The text as it is shown, a paragraph or cell at a time, and where in each a sign can stand."""
    if len(_MARKUP.findall(content)) > _MOST_MARKUP or (_PLAIN.fullmatch(content) and not _MARKS.search(content)):
        return [(content, [(0, len(content))])]
    found = []
    quoted = 0
    for block in _markdown().parse(_ended_quotations(content)):
        if block.type == "blockquote_open":
            quoted += 1
        elif block.type == "blockquote_close":
            quoted -= 1
        elif block.type == "inline" and not quoted and _SIGN.search(block.content):
            found.append(_shown(block.children or []))
    return found


def _shown(tokens: "Sequence[Token]") -> tuple[str, list[tuple[int, int]]]:
    parts: list[str] = []
    places: list[tuple[int, int]] = []
    length = depth = 0
    before = ""
    for token in tokens:
        part = ""
        if token.type == "link_open":
            depth += 1
            part = _GAP
        elif token.type == "link_close":
            depth -= 1
        elif depth:
            pass
        elif token.type == "text":
            part = token.content
            # A name in two formats is none: `@**bob**`, `@bob**by**`.
            if before == "text":
                places[-1] = (places[-1][0], length + len(part))
            else:
                places.append((length, length + len(part)))
        elif token.type == "text_special":
            part = token.content
        elif token.type in ("softbreak", "hardbreak"):
            part = "\n"
        elif token.type == "code_inline":
            part = _GAP
        before = token.type
        parts.append(part)
        length += len(part)
    return "".join(parts), places


@cache
def _markdown() -> "MarkdownIt":
    """As the web client reads messages: no HTML, no pictures, no references.

    Addresses are not made links: the grammar says what is one, so that no list of top-level domains is part of it. What
    was escaped stays a token of its own. Nor are there tables: a cell reads like any text, and a short table can stand
    for very many cells (markdown-it adds those that are left out).
    """
    from markdown_it import MarkdownIt

    reader = MarkdownIt("js-default", {"html": False, "linkify": False, "maxNesting": 8})
    reader.validateLink = _is_safe  # type: ignore[method-assign, assignment]
    return reader.disable(["table", "lheading", "image", "reference", "text_join"])


def _is_safe(address: str) -> bool:
    return _SAFE.match(address.strip()) is not None


def _ended_quotations(content: str) -> str:
    """A quotation ends with its line: what is written below it is one's own, and no lazy continuation."""
    if ">" not in content:
        return content
    found: list[str] = []
    fence = ""
    quoted = False
    for line in content.split("\n"):
        quotes = not fence and _QUOTED.match(line) is not None
        if quoted and not quotes and line.strip():
            found.append("")
        opened = _FENCE.match(line)
        marks = opened[1] if opened else ""
        if not fence:
            fence = "" if quotes else marks
        elif marks.startswith(fence) and line.strip() == marks:
            fence = ""
        quoted = quotes
        found.append(line)
    return "\n".join(found)
