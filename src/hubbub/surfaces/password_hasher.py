"""Password hashing off the event loop. A hash takes tens of milliseconds by design.

Two threads bound the memory that Argon2 uses at a time.
"""

from collections.abc import Sequence

from hubbub.chat.addresses import network
from hubbub.chat.passwords import check, make
from hubbub.plugins.accounts import PasswordRules
from hubbub.surfaces.fair_queue import FairQueue

_MOST, _MOST_EACH = 200, 40
"""Waiting hashes in all (a few seconds of work), and of one network (enough for an office that signs in at once)."""


class ThreadedPasswordHasher:
    """`hubbub.chat.passwords.Hasher` in threads of its own. `rules`: what new passwords have to fit."""

    def __init__(self, rules: PasswordRules | None) -> None:
        self._rules = rules
        self._queue = FairQueue("password", 2, _MOST, _MOST_EACH)

    async def make(self, password: str, address: str, words: Sequence[str], field: str = "password") -> str:
        return await self._queue.run(network(address), self._make, password, words, field)

    def _make(self, password: str, words: Sequence[str], field: str) -> str:
        if self._rules is not None:
            self._rules(password, words, field)
        return make(password)

    async def check(self, password: str, stored: str | None, address: str) -> tuple[bool, str | None]:
        return await self._queue.run(network(address), check, password, stored)

    def close(self) -> None:
        self._queue.close()
