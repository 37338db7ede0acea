"""Who can be told: what the hub needs of a socket or a feed."""

from typing import Any, Protocol

from hubbub.live.wire.frame import Frame
from hubbub.live.wire.send_queue import SendQueue


class Subscriber(Protocol):
    """A socket, or a feed (`hubbub.live.wire.feed`)."""

    @property
    def state(self) -> Any:
        """Its `hubbub.live.sync.subscription.Subscription`."""

    @property
    def closing(self) -> bool: ...

    @property
    def ready(self) -> SendQueue | None:
        """Its connection, if that can be written to right away: nothing waits there that has to go first."""

    def send(self, frame: Frame) -> None: ...
    def send_bytes(self, data: bytes) -> None: ...
    def send_ephemeral(self, data: bytes) -> None: ...
    def ping(self, payload: bytes) -> None: ...
    def close(self, code: int, reason: str = "") -> None: ...
