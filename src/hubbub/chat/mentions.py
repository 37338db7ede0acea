"""Mentions: the users a message names with @. The grammar is in docs/protocol.md, "Mentions"; the web client follows it
too.

`candidates` parses the text, before the store is involved. `called` finds the users with two queries, however many
names there are, as it runs while the room is locked.
"""

import re
import unicodedata
from collections.abc import Sequence
from functools import cache
from itertools import islice
from typing import TYPE_CHECKING

from hubbub.chat.records import RoomRecord
from hubbub.chat.text import folded
from hubbub.chat.transaction import Snapshot
from hubbub.chat.unicode import INVISIBLE, WITHOUT_BLANKS

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

Candidates = tuple[tuple[str, ...], ...]
"""For each mention, the names it may stand for, in folded form, in the order in which they are tried."""

_SIGN = re.compile("[@\uff20]")
_MOST_MENTIONS = 50
_MOST_NAMES = 200
_READ = 4000
"""Code points that are parsed. This bounds the time of parsing Markdown, which is done on the event loop."""
_MOST_SIGNS = 100
"""Signs (@) that are considered. Text after the last one is not parsed."""
_MOST_MARKUP = 500
"""Characters of Markdown above which a text is parsed as plain text: people do not write such texts."""
_MARKUP = re.compile(r"[\[\]()*_~>`!<|]")
_LONGEST_NAME = 60
"""Code points of a name as written. Stored names have at most 20, but more when decomposed."""
_PUNCTUATION = "._-"
_OF_EMOJI = frozenset("\ufe0e\ufe0f\u20e3")
"""Last code points of an emoji: variation selectors, and the enclosing keycap."""
_NOT_BEFORE = frozenset("_.-+/@\uff20&=%~#\\")
# An address extends to the next space.
_ADDRESS = re.compile(r"://|www\.|[\w-]\.[\w-]+(:\d+)?[/?#]", re.IGNORECASE)
_WORD = 2048
# Text without Markdown: letters, digits and punctuation, without indented lines.
_PLAIN = re.compile(r"(?![ \t])[^\W_]?[\w \n@\uff20,.;?!'\"“”’…–—，。！？、：；（）()/-]*")
_MARKS = re.compile(r"(?<!\w)_|_(?!\w)|\n[ \t]|\n *[-=+\d]|^[-\d]|~~|--")
_GAP = "\ufffc"
_SAFE = re.compile(r"(?![a-z][a-z\d+.-]*:)|https?:|mailto:", re.IGNORECASE)
_QUOTED = re.compile(r" {0,3}>")
_FENCE = re.compile(r" {0,3}(`{3,}(?=[^`]*$)|~{3,})")


def candidates(content: str) -> Candidates:
    """The candidates of each mention in the text."""
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


def called(snapshot: Snapshot, room: RoomRecord, mentions: Candidates) -> list[int]:
    """The ids of the mentioned users, in the order of the text; outside public rooms, of members only."""
    if not mentions:
        return []
    named = snapshot.accounts.ids_named([name for names in mentions for name in names])
    found: list[int] = []
    for names in mentions:
        user = next((named[name] for name in names if name in named), None)
        if user is not None and user not in found:
            found.append(user)
    if room.kind == "public" or not found:
        return found
    members = snapshot.members.among(room.id, found)
    return [user for user in found if user in members]


def _meant(shown: str, sign: int, end: int) -> tuple[str, ...]:
    """The names that the text after a sign may stand for: longest first, those ending in punctuation last."""
    if not _may_begin(shown, sign):
        return ()
    first = last = sign + 1
    most = min(len(shown), first + _LONGEST_NAME)
    while last < most and _is_of_a_name(shown[last]):
        last += 1
    after = shown[last : last + 1]
    # `@user@host` and `@scope/package` are no mentions.
    if after in ("@", "\uff20") or (after == "/" and _is_of_a_name(shown[last + 1 : last + 2])):
        return ()
    names: dict[str, None] = {}
    behind: dict[str, None] = {}
    for cut in range(min(last, end), first, -1):
        if not _may_end(shown, cut, last):
            continue
        # Invisible characters do not count: `@bob` with a variation selector after it is @bob.
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
    """Whether a name may end here: at its last character, before punctuation, or beside a script without spaces."""
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
    """The rendered text, per paragraph, with the ranges in which a sign may stand."""
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
            # A name must not span formats: `@**bob**`, `@bob**by**`.
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
    """The Markdown parser, configured as in the web client: no HTML, images or references.

    No automatic links: the grammar defines addresses, so that it needs no list of top-level domains. Escaped characters
    stay tokens of their own. No tables: a cell is parsed like any text, and a short table can stand for very many cells
    (markdown-it adds missing ones).
    """
    from markdown_it import MarkdownIt

    reader = MarkdownIt("js-default", {"html": False, "linkify": False, "maxNesting": 8})
    reader.validateLink = _is_safe  # type: ignore[method-assign, assignment]
    return reader.disable(["table", "lheading", "image", "reference", "text_join"])


def _is_safe(address: str) -> bool:
    return _SAFE.match(address.strip()) is not None


def _ended_quotations(content: str) -> str:
    """The text with each quotation ended at its last quoted line: no lazy continuation (CommonMark, section 5.1)."""
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
