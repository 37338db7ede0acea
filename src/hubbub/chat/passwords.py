"""Password hashing: argon2id. bcrypt hashes of other systems are accepted, and upgraded at the next sign-in.

Parameters: OWASP Password Storage Cheat Sheet, argon2id with 19 MiB, 2 passes, 1 lane.
"""

import unicodedata
from collections.abc import Sequence
from typing import Protocol

from pwdlib import PasswordHash
from pwdlib.exceptions import UnknownHashError
from pwdlib.hashers.argon2 import Argon2Hasher
from pwdlib.hashers.bcrypt import BcryptHasher

from hubbub.chat.limits import Limits
from hubbub.errors import InvalidInput

_HASH = PasswordHash((Argon2Hasher(time_cost=2, memory_cost=19456, parallelism=1), BcryptHasher()))
# Verified for unknown names, so that they take the same time as a wrong password.
_NOBODY = "$argon2id$v=19$m=19456,t=2,p=1$d3d3d3d3d3d3d3d3d3d3dw$8hLwLL1Itv3VpGf2oBW2b7nE0n8Ih0JxkR9Sx7dyzaM"


def fit(password: str, limits: Limits, field: str = "password") -> str:
    """The password, unless it is too short or too long. Raises InvalidInput."""
    length = len(opaque(password))
    bounds = f"must have {limits.password_min} to {limits.password_max} characters, not {length}"
    if length < limits.password_min:
        raise InvalidInput(bounds, field, "too_short", min=limits.password_min)
    if length > limits.password_max:
        raise InvalidInput(bounds, field, "too_long", max=limits.password_max)
    if any("\ud800" <= character <= "\udfff" for character in password):
        raise InvalidInput("contains half of a surrogate pair, which is not text", field, "bad_character")
    return password


def opaque(password: str) -> str:
    """The form in which passwords are hashed and compared: NFC, with all spaces as U+0020 (RFC 8265, section 4.2)."""
    if password.isascii():
        return password
    return unicodedata.normalize("NFC", "".join(" " if unicodedata.category(c) == "Zs" else c for c in password))


def make(password: str) -> str:
    return _HASH.hash(opaque(password))


def check(password: str, stored: str | None) -> tuple[bool, str | None]:
    """Whether the password is right, and a new hash if the stored one is to be replaced. None takes the same time."""
    form = opaque(password)
    right, fresh = _verify(form, stored or _NOBODY)
    if not right and form != password:
        # Older versions hashed passwords without normalization.
        right, _ = _verify(password, stored or _NOBODY)
        fresh = make(password) if right else None
    return (right, fresh) if stored is not None else (False, None)


def _verify(password: str, stored: str) -> tuple[bool, str | None]:
    try:
        return _HASH.verify_and_update(password, stored)
    except (UnknownHashError, ValueError, UnicodeError):
        # ValueError: bcrypt rejects passwords over 72 bytes, so none can have been stored with it.
        return False, None


class Hasher(Protocol):
    """Password hashing. The server's runs off the event loop, that of `ChatServer` in the calling thread.

    `address`: the client, for fair scheduling. Raises Unavailable if too many hashes are waiting.
    """

    async def make(self, password: str, address: str, words: Sequence[str], field: str = "password") -> str:
        """Hash a new password. `words`: the names of its user. Raises InvalidInput for a weak one, where refused."""

    async def check(self, password: str, stored: str | None, address: str) -> tuple[bool, str | None]: ...
