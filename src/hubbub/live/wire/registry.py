"""What all WebSocket connections of a server share."""

from typing import Protocol

from hubbub.live.wire.bounds import Bounds
from hubbub.live.wire.flush_scheduler import FlushScheduler
from hubbub.live.wire.handshake import Handshakes
from hubbub.live.wire.timer_wheel import TimerWheel


class Beating(Protocol):
    """A connection, as the heartbeat knows it. `slot`: the second of the interval in which it is its turn."""

    slot: int

    def beat(self) -> None: ...


class Registry:
    """Limits, timer wheel, handshakes and flush scheduler; the open connections and their heartbeat."""

    def __init__(self, bounds: Bounds, wheel: TimerWheel, subprotocol: str | None, scheduler: FlushScheduler) -> None:
        self.bounds = bounds
        self.wheel = wheel
        self.handshakes = Handshakes(subprotocol)
        self.scheduler = scheduler
        self.open: set[Beating] = set()
        self._slots: list[set[Beating]] = [set() for _ in range(max(1, bounds.heartbeat))]
        self._next = 0
        wheel.every_second(self._beat)

    def add(self, socket: Beating) -> None:
        self.open.add(socket)
        # Evenly over the seconds between two heartbeats.
        socket.slot = self._next = (self._next + 1) % len(self._slots)
        self._slots[socket.slot].add(socket)

    def discard(self, socket: Beating) -> None:
        self.open.discard(socket)
        self._slots[socket.slot].discard(socket)

    def _beat(self, second: int) -> None:
        for socket in list(self._slots[second % len(self._slots)]):
            socket.beat()
