"""Writes are collected during a turn of the event loop and flushed at its end."""

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Protocol

import structlog

_MANY = 256
_WAIT_SECONDS = 0.001
_AT_ONCE = 1000
_LATER_SECONDS = 0.5
_log = structlog.get_logger("scheduler")


class Flushable(Protocol):
    """The waiting bytes of one connection, or a broadcast to many."""

    is_many: bool

    def flush(self, budget: int) -> int:
        """Write to at most `budget` connections and return to how many; fewer means that nothing is left."""

    def abandon(self) -> None:
        """Writing failed: close everybody who may have lost something."""


class FlushScheduler:
    """`under_way`: whether the store is committing something that will be published next."""

    def __init__(self, under_way: Callable[[], bool] = lambda: False) -> None:
        self.epoch = 0
        """Grows whenever a connection begins or ceases to be one that can be written to right away."""
        self._queue: deque[Flushable] = deque()
        self._later: list[Flushable] = []
        self._under_way = under_way
        self._waited = False
        self._scheduled = False

    def add(self, something: Flushable) -> None:
        """Flush this at the end of the present turn of the loop."""
        if not self._scheduled:
            self._scheduled = True
            asyncio.get_running_loop().call_soon(self._flush)
        self._queue.append(something)

    def add_later(self, something: Flushable) -> None:
        """Flush this within half a second, with whatever else is sent: typing, presence, read markers."""
        if not self._later:
            asyncio.get_running_loop().call_later(_LATER_SECONDS, self._flush_the_later)
        self._later.append(something)

    def _flush_the_later(self) -> None:
        later, self._later = self._later, []
        for something in later:
            self.add(something)

    def _flush(self) -> None:
        if not self._waited and self._is_much() and self._under_way():
            # Writing to this many takes longer than the commit does: wait for it, and write to each once, not twice.
            self._waited = True
            asyncio.get_running_loop().call_later(_WAIT_SECONDS, self._flush)
            return
        self._waited = False
        self._write_some()

    def _is_much(self) -> bool:
        return len(self._queue) > _MANY or any(queued.is_many for queued in self._queue)

    def _write_some(self) -> None:
        """A bounded number per turn: thousands at once would block the loop for a tenth of a second."""
        queue, left = self._queue, _AT_ONCE
        self._scheduled = False
        while queue and left > 0:
            first = queue[0]
            try:
                left -= first.flush(left)
                if left > 0:
                    queue.popleft()
            except Exception:
                # A fault of one must not keep the others from what they are sent. Who may have lost something by it is
                # cut off: they come back, and resume.
                _log.exception("write_failed", writer=type(first).__name__)
                queue.popleft()
                first.abandon()
        if queue and not self._scheduled:
            self._scheduled = True
            asyncio.get_running_loop().call_soon(self._write_some)
