"""One connection's background work: tasks run one at a time, in the order in which they were added."""

import asyncio
from collections.abc import Coroutine
from typing import Any

from hubbub.errors import RateLimited

_MOST_WAITING = 50
"""Tasks of one connection that may wait: each holds a frame, which may be as large as frames get."""


class TaskQueue:
    """A first-in, first-out queue of coroutines. A coroutine handles its own errors."""

    __slots__ = ("_last", "_waiting")

    def __init__(self) -> None:
        self._last: asyncio.Task[None] | None = None
        """The newest task. Each task waits for the one before it."""
        self._waiting = 0

    def require_capacity(self) -> None:
        """Raise RateLimited if too many tasks are waiting."""
        if self._waiting >= _MOST_WAITING:
            raise RateLimited("Too much of what this connection asked for is still under way. Wait for its answers.", 1)

    def add(self, work: Coroutine[Any, Any, None]) -> None:
        """Run the coroutine after those that were added before it."""
        before = self._last
        self._waiting += 1

        async def in_turn() -> None:
            if before is not None:
                await asyncio.wait([before])
            self._waiting -= 1
            await work

        self._last = asyncio.get_running_loop().create_task(in_turn())
        self._last.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        if self._last is task:
            self._last = None
