"""Passwords that are guessed first: those of known lists, words, patterns of the keyboard, and what stands around them.

NIST SP 800-63B, section 5.1.1.2; OWASP ASVS 5.0, 6.2.4 and 6.2.11.
"""

from collections.abc import Sequence

from hubbub.errors import InvalidInput

_GUESSED_SOON = 2
"""zxcvbn's score below which a password falls to some ten million guesses."""
_LOOKED_AT = 72
"""Characters. What is longer is not weak, and looking for patterns in it takes long."""
_CONTEXT = ("hubbub", "chat")


def require_strong(password: str, words: Sequence[str], field: str = "password") -> None:
    """Raise InvalidInput for a password that is guessed soon. `words`: the names of whose password it is.

    Takes milliseconds, and some hundred when first called: not for the event loop.
    """
    if len(password) > _LOOKED_AT:
        return
    # Loading its lists takes half of what starting the server does, and few servers are asked to.
    from zxcvbn import zxcvbn

    found = zxcvbn(password, user_inputs=[*words, *_CONTEXT], max_length=_LOOKED_AT)
    if found["score"] >= _GUESSED_SOON:
        return
    if any(part.get("dictionary_name") == "user_inputs" for part in found["sequence"]):
        raise InvalidInput(
            "is one of those that are guessed first, as a name is most of it: choose another", field, "contains_name"
        )
    raise InvalidInput(
        "is one of those that are guessed first: choose a longer one, such as four words", field, "too_common"
    )
