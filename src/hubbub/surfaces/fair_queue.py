"""Work that takes a processor for a while: in a few threads, in turns between those who ask, bounded."""

import asyncio
import os
import threading
from collections import OrderedDict, deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any, TypeVar

from hubbub.errors import Unavailable

Result = TypeVar("Result")
_NICE = 10


class FairQueue:
    """Round robin over the keys that have something waiting, at most `most` in all and `most_each` of one key.

    When it is full, who has the most waiting gives up their last to somebody who has less. The threads give way to the
    event loop's where the system can be told so.
    """

    def __init__(self, name: str, threads: int, most: int, most_each: int) -> None:
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix=name, initializer=_give_way)
        self._idle = threads
        self._most = most
        self._most_each = most_each
        self._waiting: OrderedDict[str, deque[asyncio.Future[None]]] = OrderedDict()
        self._count = 0

    async def run(self, key: str, work: Callable[..., Result], *arguments: Any) -> Result:
        """What `work(*arguments)` returns or raises, in a thread. Raises Unavailable when too much is waiting."""
        if self._idle:
            self._idle -= 1
        else:
            await self._turn(key)
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, work, *arguments)
        finally:
            self._next()

    async def _turn(self, key: str) -> None:
        mine = self._waiting.get(key)
        if mine is not None and len(mine) >= self._most_each:
            raise _too_much()
        if self._count >= self._most:
            self._make_room(0 if mine is None else len(mine))
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(key, deque()).append(turn)
        self._count += 1
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled() and turn.exception() is None:
                self._next()
            raise

    def _make_room(self, mine: int) -> None:
        longest = max(self._waiting.values(), key=len)
        if len(longest) <= mine + 1:
            raise _too_much()
        self._count -= 1
        last = longest.pop()
        if not last.done():
            last.set_exception(_too_much())

    def _next(self) -> None:
        """A thread is free: to whoever's turn it is."""
        while self._waiting:
            key, queue = self._waiting.popitem(last=False)
            turn = queue.popleft()
            self._count -= 1
            if queue:
                self._waiting[key] = queue  # behind the others
            if not turn.done():
                turn.set_result(None)
                return
        self._idle += 1

    def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)


def _too_much() -> Unavailable:
    return Unavailable(
        "The server has too much of this to do just now. Try again in a few seconds.", retry_after=5, reason="busy"
    )


def _give_way() -> None:
    # On Linux a thread has a priority of its own; elsewhere this would be the process's.
    if hasattr(os, "setpriority") and os.uname().sysname == "Linux":
        with suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICE)
