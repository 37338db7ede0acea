"""CPU-bound work in a few threads, scheduled fairly between keys, with a bounded queue."""

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
    """Round robin over the keys with waiting work, at most `most` entries in all and `most_each` per key.

    When the queue is full, the key with the most entries loses its newest one to a key that has fewer. The threads run
    at a lower priority than the event loop where the system has priorities per thread.
    """

    def __init__(self, name: str, threads: int, most: int, most_each: int) -> None:
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix=name, initializer=_lower_priority)
        self._idle = threads
        self._most = most
        self._most_each = most_each
        self._waiting: OrderedDict[str, deque[asyncio.Future[None]]] = OrderedDict()
        self._count = 0

    async def run(self, key: str, work: Callable[..., Result], *arguments: Any) -> Result:
        """Run `work(*arguments)` in a thread and return its result. Raises Unavailable if the queue is full."""
        if self._idle:
            self._idle -= 1
        else:
            await self._wait(key)
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, work, *arguments)
        finally:
            self._release()

    async def _wait(self, key: str) -> None:
        waiting = self._waiting.get(key)
        if waiting is not None and len(waiting) >= self._most_each:
            raise _queue_full()
        if self._count >= self._most:
            self._make_room(0 if waiting is None else len(waiting))
        slot: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(key, deque()).append(slot)
        self._count += 1
        try:
            await slot
        except asyncio.CancelledError:
            if slot.done() and not slot.cancelled() and slot.exception() is None:
                self._release()
            raise

    def _make_room(self, waiting: int) -> None:
        longest = max(self._waiting.values(), key=len)
        if len(longest) <= waiting + 1:
            raise _queue_full()
        self._count -= 1
        last = longest.pop()
        if not last.done():
            last.set_exception(_queue_full())

    def _release(self) -> None:
        """A thread is free: give it to the next key."""
        while self._waiting:
            key, queue = self._waiting.popitem(last=False)
            slot = queue.popleft()
            self._count -= 1
            if queue:
                self._waiting[key] = queue  # behind the others
            if not slot.done():
                slot.set_result(None)
                return
        self._idle += 1

    def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)


def _queue_full() -> Unavailable:
    return Unavailable(
        "The server has too much of this to do just now. Try again in a few seconds.", retry_after=5, reason="busy"
    )


def _lower_priority() -> None:
    # Linux has priorities per thread; elsewhere this would set the process's.
    if hasattr(os, "setpriority") and os.uname().sysname == "Linux":
        with suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICE)
