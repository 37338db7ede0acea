"""What all sockets of a server share."""

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING

from hubbub.live.bounds import Bounds
from hubbub.live.handshake import Handshakes
from hubbub.live.wheel import Wheel

if TYPE_CHECKING:
    from hubbub.live.outgoing import Outgoing
    from hubbub.live.socket import Socket

_MANY = 256
_WAIT_SECONDS = 0.001
_AT_ONCE = 1000
_LATER_SECONDS = 0.5


class Sockets:
    """What all sockets of a server share: bounds, timer, and the list of those with something to send this turn.

    `under_way`: whether something is being stored that will soon have to be told too.
    """

    def __init__(
        self, bounds: Bounds, wheel: Wheel, subprotocol: str | None, under_way: Callable[[], bool] = lambda: False
    ) -> None:
        self.bounds = bounds
        self.wheel = wheel
        self.handshakes = Handshakes(subprotocol)
        self.open: set[Socket] = set()
        self.dirty: list[Outgoing] = []
        """Those with something to send. The first calls `flush_soon`."""
        self._later: list[Outgoing] = []
        self._under_way = under_way
        self._waited = False
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

    def flush_soon(self) -> None:
        """What gathers from now on goes out at the end of this turn of the loop."""
        self._loop.call_soon(self._flush)

    def flush_later(self, socket: "Outgoing") -> None:
        """It has something that may wait for company: who is typing, who is there, who has read what."""
        if not self._later:
            self._loop.call_later(_LATER_SECONDS, self._flush_the_later)
        self._later.append(socket)

    def _flush_the_later(self) -> None:
        later, self._later = self._later, []
        if not self.dirty:
            self.flush_soon()
        self.dirty += later

    def _flush(self) -> None:
        if len(self.dirty) > _MANY and not self._waited and self._under_way():
            # Writing to this many takes longer than the commit does: wait for it, and write to each once, not twice.
            self._waited = True
            self._loop.call_later(_WAIT_SECONDS, self._flush)
            return
        self._waited = False
        self._write_some()

    def _write_some(self) -> None:
        """To some thousands in one go would take a tenth of a second, in which nobody else is heard."""
        dirty, self.dirty = self.dirty[:_AT_ONCE], self.dirty[_AT_ONCE:]
        if self.dirty:
            self._loop.call_soon(self._write_some)
        for socket in dirty:
            socket.flush()

    def _beat(self, second: int) -> None:
        for socket in list(self._slots[second % len(self._slots)]):
            socket.beat()
