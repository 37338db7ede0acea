"""So many at a time for each key; the others wait, in order."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Hashable
from contextlib import asynccontextmanager


class Turns:
    def __init__(self, at_once: int) -> None:
        self._at_once = at_once
        self._under_way: dict[Hashable, int] = {}
        self._waiting: dict[Hashable, deque[asyncio.Future[None]]] = {}

    @asynccontextmanager
    async def turn(self, key: Hashable) -> AsyncIterator[None]:
        """Entered when it is one's turn."""
        under_way = self._under_way.get(key, 0)
        if under_way < self._at_once:
            self._under_way[key] = under_way + 1
        else:
            await self._wait(key)
        try:
            yield
        finally:
            self._next(key)

    async def _wait(self, key: Hashable) -> None:
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(key, deque()).append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self._next(key)  # it was given to one that has gone
            raise

    def _next(self, key: Hashable) -> None:
        waiting = self._waiting.get(key)
        while waiting:
            turn = waiting.popleft()
            if not turn.done():
                turn.set_result(None)
                return
        self._waiting.pop(key, None)
        self._under_way[key] -= 1
        if not self._under_way[key]:
            del self._under_way[key]
