"""Text on the terminal."""

import unicodedata

_JOINERS = frozenset("\n\t\u200c\u200d") | {chr(code) for code in range(0xE0020, 0xE0080)}


def shown(text: str) -> str:
    """Text of other users with its control characters replaced (Unicode categories Cc and Cf).

    Those could send commands to the terminal or reverse the text's direction. The joiners of emoji and letters (U+200C
    and U+200D) and the tags of emoji flags (Unicode TR 51) are kept.
    """
    return "".join(c if c in _JOINERS or unicodedata.category(c) not in ("Cc", "Cf") else "\ufffd" for c in text)


def say(text: str) -> None:
    print(text, flush=True)  # noqa: T201 - this is what the command is for
