"""A bundled plugin: refuses weak passwords. Leaked ones, words, keyboard patterns, names of the user and of the server.

NIST SP 800-63B, section 5.1.1.2; OWASP ASVS 5.0, 6.2.4 and 6.2.11. In use where the setting `weak_passwords` says so.
"""

from hubbub.errors import InvalidInput
from hubbub.plugins.hooks import NewPassword, hookimpl

_GUESSED_SOON = 2
"""The zxcvbn score below which a password takes at most about ten million guesses."""
_LOOKED_AT = 72
"""Characters. Longer passwords are not weak, and matching patterns in them is slow."""
_CONTEXT = ("hubbub", "chat")


@hookimpl
def check_password(chosen: NewPassword) -> None:
    """Raise InvalidInput for a weak password. Takes milliseconds, and some hundred on the first call."""
    if len(chosen.password) > _LOOKED_AT:
        return
    # Imported lazily: loading its lists takes half the start-up time, and few servers need it.
    from zxcvbn import zxcvbn

    found = zxcvbn(chosen.password, user_inputs=[*chosen.names, *_CONTEXT], max_length=_LOOKED_AT)
    if found["score"] >= _GUESSED_SOON:
        return
    if any(part.get("dictionary_name") == "user_inputs" for part in found["sequence"]):
        raise InvalidInput(
            "is one of those that are guessed first, as a name is most of it: choose another",
            chosen.field,
            "contains_name",
        )
    raise InvalidInput(
        "is one of those that are guessed first: choose a longer one, such as four words", chosen.field, "too_common"
    )
