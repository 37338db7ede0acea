"""A subscriber that is not a WebSocket: its events wait until they are fetched."""

import asyncio
from itertools import count
from typing import Any

from hubbub.live.wire.frame import Frame
from hubbub.live.wire.timer_wheel import TimerWheel

_HEARTBEAT_SECONDS = 15

_numbers = count()


class Feed:
    """Stands among the connections of a topic. `state` is its `Subscription` (`live/sync`), as long as it is open."""

    __slots__ = ("_bound", "_bytes", "_chunks", "_waiter", "closing", "number", "state")

    def __init__(self, state: Any, bound: int) -> None:
        self.state = state
        self.number = next(_numbers)
        self.closing = False
        self._bound = bound
        self._chunks: list[bytes] = []
        self._bytes = 0
        self._waiter: asyncio.Future[None] | None = None

    # As the hub sees it

    @property
    def ready(self) -> None:
        return None

    def send(self, frame: Frame) -> None:
        self.send_bytes(frame.plain)

    def send_bytes(self, data: bytes) -> None:
        shaped = self.shaped(data)
        if shaped is not None:
            self.push(shaped)

    def shaped(self, data: bytes) -> bytes | None:
        """What is passed on of a framed event of the room: as it is, unless said otherwise; None: nothing."""
        return data

    def send_ephemeral(self, data: bytes) -> None:
        """Dropped: a feed has only what is stored."""

    def ping(self, payload: bytes) -> None:
        """There is nothing that would answer."""

    def close(self, code: int, reason: str = "") -> None:
        """Let out what waits, then end."""
        self.closing = True
        self._wake()

    def beat(self) -> None:
        """Every few seconds, while it is open."""

    # As its reader sees it

    def push(self, chunk: bytes) -> None:
        """Pass something on. Past its bound the feed ends: its reader comes back and resumes."""
        if self.closing:
            return
        self._bytes += len(chunk)
        if self._bytes > self._bound:
            self._chunks.clear()
            self.closing = True
        else:
            self._chunks.append(chunk)
        self._wake()

    async def take(self) -> bytes:
        """All that has gathered, waiting for it if there is nothing; empty at the end."""
        if not self._chunks and not self.closing:
            self._waiter = asyncio.get_running_loop().create_future()
            await self._waiter
        taken, self._chunks, self._bytes = b"".join(self._chunks), [], 0
        return taken

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)


class Feeds:
    """All that are open: each has a heartbeat now and then, and all of them end with the server."""

    def __init__(self, wheel: TimerWheel) -> None:
        self._open: set[Feed] = set()
        wheel.every_second(self._beat)

    def add(self, feed: Feed) -> None:
        self._open.add(feed)

    def discard(self, feed: Feed) -> None:
        self._open.discard(feed)

    def close_all(self, code: int, reason: str) -> None:
        for feed in list(self._open):
            feed.close(code, reason)

    def _beat(self, second: int) -> None:
        for feed in [feed for feed in self._open if feed.number % _HEARTBEAT_SECONDS == second % _HEARTBEAT_SECONDS]:
            feed.beat()
