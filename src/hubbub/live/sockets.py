"""What all sockets of a server share."""

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from websockets.server import ServerProtocol

from hubbub.live.bounds import Bounds
from hubbub.live.wheel import Wheel

if TYPE_CHECKING:
    from hubbub.live.socket import Socket


class Sockets:
    """What all sockets of a server share: bounds, timer, and the list of those with something to send this turn."""

    def __init__(self, bounds: Bounds, wheel: Wheel, subprotocol: str | None) -> None:
        self.bounds = bounds
        self.wheel = wheel
        self.select = _select(subprotocol)
        self.open: set[Socket] = set()
        self._dirty: list[Socket] = []
        self._slots: list[set[Socket]] = [set() for _ in range(max(1, bounds.heartbeat))]
        self._next = 0
        self._loop = asyncio.get_running_loop()
        wheel.every_second(self._beat)

    def add(self, socket: "Socket") -> None:
        self.open.add(socket)
        # Evenly over the seconds between two heartbeats.
        socket.slot = self._next = (self._next + 1) % len(self._slots)
        self._slots[socket.slot].add(socket)

    def discard(self, socket: "Socket") -> None:
        self.open.discard(socket)
        self._slots[socket.slot].discard(socket)

    def mark(self, socket: "Socket") -> None:
        """The socket has something to send: it goes out at the end of this turn of the loop."""
        if not self._dirty:
            self._loop.call_soon(self._flush)
        self._dirty.append(socket)

    def _flush(self) -> None:
        dirty, self._dirty = self._dirty, []
        for socket in dirty:
            socket.flush()

    def _beat(self, second: int) -> None:
        for socket in list(self._slots[second % len(self._slots)]):
            socket.beat()


def _select(subprotocol: str | None) -> Callable[[ServerProtocol, Any], Any]:
    """Take our sub-protocol when it is offered; a client that offers none, or others only, goes without."""

    def select(protocol: ServerProtocol, offered: Any) -> Any:
        return subprotocol if subprotocol in offered else None

    return select
