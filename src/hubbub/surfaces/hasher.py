"""Hashing off the event loop: it takes tens of milliseconds by design. Two threads, which bounds the memory."""

from hubbub.chat.addresses import network
from hubbub.chat.passwords import check, make
from hubbub.surfaces.fair_queue import FairQueue

_MOST, _MOST_EACH = 200, 40
"""What waits: a few seconds' worth for everybody, and of one address so much that an office can sign in at once."""


class ThreadedHasher:
    """`hubbub.chat.passwords.Hasher` in threads of its own."""

    def __init__(self) -> None:
        self._queue = FairQueue("password", 2, _MOST, _MOST_EACH)

    async def make(self, password: str, address: str) -> str:
        return await self._queue.run(network(address), make, password)

    async def check(self, password: str, stored: str | None, address: str) -> tuple[bool, str | None]:
        return await self._queue.run(network(address), check, password, stored)

    def close(self) -> None:
        self._queue.close()
