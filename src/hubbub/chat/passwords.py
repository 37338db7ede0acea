"""Password hashing: argon2id, with bcrypt hashes of older systems accepted and upgraded at the next sign-in.

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
# What an unknown name is checked against, so that it costs what a wrong password costs.
_NOBODY = "$argon2id$v=19$m=19456,t=2,p=1$d3d3d3d3d3d3d3d3d3d3dw$8hLwLL1Itv3VpGf2oBW2b7nE0n8Ih0JxkR9Sx7dyzaM"


def fit(password: str, limits: Limits, field: str = "password") -> str:
    """Raise InvalidInput unless the password is long enough and not too long."""
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
    """The form in which passwords are kept and compared: NFC, every blank a plain one (RFC 8265, section 4.2)."""
    if password.isascii():
        return password
    return unicodedata.normalize("NFC", "".join(" " if unicodedata.category(c) == "Zs" else c for c in password))


def make(password: str) -> str:
    return _HASH.hash(opaque(password))


def check(password: str, stored: str | None) -> tuple[bool, str | None]:
    """Whether the password is right, and a fresh hash when the stored one should be replaced. Same work for None."""
    form = opaque(password)
    right, fresh = _verify(form, stored or _NOBODY)
    if not right and form != password:
        # Older versions hashed what was typed as it came.
        right, _ = _verify(password, stored or _NOBODY)
        fresh = make(password) if right else None
    return (right, fresh) if stored is not None else (False, None)


def _verify(password: str, stored: str) -> tuple[bool, str | None]:
    try:
        return _HASH.verify_and_update(password, stored)
    except (UnknownHashError, ValueError, UnicodeError):
        # ValueError: bcrypt refuses passwords over 72 bytes, so no such password can have been stored with it.
        return False, None


class Hasher(Protocol):
    """Hashing as accounts need it; the server's runs off the event loop, the in-process one in place.

    `address`: who asks, for a fair share. Raises Unavailable when more is asked for than can be done soon.
    """

    async def make(self, password: str, address: str, words: Sequence[str], field: str = "password") -> str:
        """`words`: the names of whose password it is. Raises InvalidInput for a weak one, where that is refused."""

    async def check(self, password: str, stored: str | None, address: str) -> tuple[bool, str | None]: ...
