"""Strategies for each `format` in the OpenAPI document. Loaded by Schemathesis."""

import schemathesis
from hypothesis import strategies as st

_LETTERS = st.sampled_from("abcdefghijkmnopqrstuvwxyzÄéßжσ日本한ا")
_WORD = st.text(_LETTERS, min_size=1, max_size=20)
_LINE = st.lists(_WORD, min_size=1, max_size=3).map(" ".join).map(lambda text: text[:35].strip())
_CHARACTERS = st.characters(exclude_categories=["Cs"], exclude_characters="\x00")
_TEXT = st.tuples(st.text(_CHARACTERS, max_size=400), _WORD, st.text(_CHARACTERS, max_size=400)).map("".join)

for name, strategy in {
    "username": _WORD,
    "password": st.text(_LETTERS, min_size=8, max_size=100),
    "message": _TEXT,
    "message-of-kind": _TEXT,
    "display-name": _LINE,
    "room-name": _LINE,
    "workspace-name": _LINE,
    "welcome-text": st.lists(_LINE, max_size=5).map("\n".join),
    "topic": _LINE,
    "status-text": _LINE,
    "time-zone": st.sampled_from(["UTC", "Europe/Vienna", "America/Argentina/Buenos_Aires", "Etc/GMT+5"]),
    "locale": st.sampled_from(["de", "de-AT", "zh_Hant_TW"]),
    "avatar": st.from_regex(r"#[0-9a-f]{6}", fullmatch=True),
    "emoji": st.sampled_from(["👍", "❤️", "🙂"]),
}.items():
    schemathesis.openapi.format(name, strategy)
