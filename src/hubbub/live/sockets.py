"""What all sockets of a server share."""

from typing import TYPE_CHECKING

from hubbub.live.bounds import Bounds
from hubbub.live.handshake import Handshakes
from hubbub.live.wheel import Wheel
from hubbub.live.writes import Writes

if TYPE_CHECKING:
    from hubbub.live.socket import Socket


class Sockets:
    """What all sockets of a server share: bounds, timer, and what is to be written this turn."""

    def __init__(self, bounds: Bounds, wheel: Wheel, subprotocol: str | None, writes: Writes) -> None:
        self.bounds = bounds
        self.wheel = wheel
        self.handshakes = Handshakes(subprotocol)
        self.writes = writes
        self.open: set[Socket] = set()
        self._slots: list[set[Socket]] = [set() for _ in range(max(1, bounds.heartbeat))]
        self._next = 0
        wheel.every_second(self._beat)

    def add(self, socket: "Socket") -> None:
        self.open.add(socket)
        # Evenly over the seconds between two heartbeats.
        socket.slot = self._next = (self._next + 1) % len(self._slots)
        self._slots[socket.slot].add(socket)

    def discard(self, socket: "Socket") -> None:
        self.open.discard(socket)
        self._slots[socket.slot].discard(socket)

    def _beat(self, second: int) -> None:
        for socket in list(self._slots[second % len(self._slots)]):
            socket.beat()
