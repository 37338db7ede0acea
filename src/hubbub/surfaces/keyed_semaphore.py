"""A semaphore for each key, first come, first served."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Hashable
from contextlib import asynccontextmanager


class KeyedSemaphore:
    """At most `limit` holders of each key at a time. Keys without a holder take no memory."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._holders: dict[Hashable, int] = {}
        self._waiting: dict[Hashable, deque[asyncio.Future[None]]] = {}

    @asynccontextmanager
    async def hold(self, key: Hashable) -> AsyncIterator[None]:
        holders = self._holders.get(key, 0)
        if holders < self._limit:
            self._holders[key] = holders + 1
        else:
            await self._wait(key)
        try:
            yield
        finally:
            self._release(key)

    async def _wait(self, key: Hashable) -> None:
        acquired: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(key, deque()).append(acquired)
        try:
            await acquired
        except asyncio.CancelledError:
            if acquired.done() and not acquired.cancelled():
                self._release(key)  # it was acquired in the moment of the cancellation
            raise

    def _release(self, key: Hashable) -> None:
        waiting = self._waiting.get(key)
        while waiting:
            acquired = waiting.popleft()
            if not acquired.done():
                acquired.set_result(None)
                return
        self._waiting.pop(key, None)
        self._holders[key] -= 1
        if not self._holders[key]:
            del self._holders[key]
