"""Bounds of HTTP: connections of an address, how long a request may take, and how long an answer may be unread."""

import asyncio
from collections.abc import Callable
from typing import Any, Protocol

from hubbub.chat.addresses import PerAddress, network
from hubbub.live.wire.timer_wheel import TimerWheel

_LOOK_SECONDS = 0.05
_UNREAD_LOOK_SECONDS = 2


class BoundedRequest(Protocol):
    """A `hubbub.live.wire.http.BoundedHttp`."""

    transport: Any

    def cut(self) -> None: ...


class RequestBounds:
    """The bounds, and the connections whose request has begun and not ended."""

    def __init__(
        self,
        wheel: TimerWheel,
        head_bytes: int,
        seconds: int,
        unread_seconds: int,
        per_address: PerAddress | None = None,
        counted: Callable[[str], str | None] = network,
    ) -> None:
        """`counted`: what a peer's address is counted as in `per_address`; None for who is not counted."""
        self.head_bytes = head_bytes
        self._per_address = per_address or PerAddress(0)
        self._counted = counted
        self._seconds = seconds
        self._unread_seconds = unread_seconds
        self._second = 0
        self._unfinished: dict[BoundedRequest, int] = {}
        self._open: dict[BoundedRequest, str | None] = {}
        self._unread: dict[BoundedRequest, tuple[int, int]] = {}
        wheel.every_second(self._sweep)

    def enter(self, connection: BoundedRequest, peer: str) -> bool:
        """False when the address has as many connections as it may."""
        address = self._counted(peer)
        if address is not None and not self._per_address.enter(address):
            return False
        self._open[connection] = address
        self.begin(connection)
        return True

    def leave(self, connection: BoundedRequest) -> None:
        """It has ended, or become a socket, which is counted as one."""
        address = self._open.pop(connection, None)
        if address is not None:
            self._per_address.leave(address)
        self._unread.pop(connection, None)
        self.end(connection)

    def progressed(self, connection: BoundedRequest) -> None:
        """The client reads."""
        self._unread.pop(connection, None)

    def begin(self, connection: BoundedRequest) -> None:
        self._unfinished[connection] = self._second + self._seconds

    def end(self, connection: BoundedRequest) -> None:
        self._unfinished.pop(connection, None)

    async def finished(self, seconds: float) -> None:
        """Wait until nobody is in the middle of asking, for so long at the most: who has connected when the server goes
        is still answered."""
        for _ in range(int(seconds / _LOOK_SECONDS)):
            if not self._unfinished:
                return
            await asyncio.sleep(_LOOK_SECONDS)

    def _sweep(self, second: int) -> None:
        self._second = second
        # In the order they began, so the first that has time left ends the look.
        for connection, deadline in list(self._unfinished.items()):
            if deadline > second:
                break
            del self._unfinished[connection]
            connection.transport.close()
        if second % _UNREAD_LOOK_SECONDS == 0:
            self._look_for_unread()

    def _look_for_unread(self) -> None:
        """Cut off who has taken nothing of what waits for them for too long, also while they are being closed."""
        for connection in list(self._open):
            waiting = connection.transport.get_write_buffer_size()
            before, since = self._unread.get(connection, (0, self._second))
            if not waiting:
                self._unread.pop(connection, None)
            elif not before or waiting < before:
                self._unread[connection] = waiting, self._second
            elif self._second - since >= self._unread_seconds:
                connection.cut()
