"""What the hub needs of a subscriber: a WebSocket connection or a feed."""

from typing import Any, Protocol

from hubbub.live.wire.frame import Frame
from hubbub.live.wire.send_queue import SendQueue


class Subscriber(Protocol):
    """A `Connection`, or a `Feed`."""

    @property
    def state(self) -> Any:
        """Its `hubbub.live.sync.subscription.Subscription`."""

    @property
    def closing(self) -> bool: ...

    @property
    def ready(self) -> SendQueue | None:
        """The connection if it is writable now, with nothing queued before."""

    def send(self, frame: Frame) -> None: ...
    def send_bytes(self, data: bytes) -> None: ...
    def send_ephemeral(self, data: bytes) -> None: ...
    def ping(self, payload: bytes) -> None: ...
    def close(self, code: int, reason: str = "") -> None: ...


class DrainingSubscriber(Subscriber, Protocol):
    """A `Connection`: one may wait until its client has read."""

    async def drained(self) -> None:
        """Wait until little of what it was sent waits to be read, or it is closed."""
