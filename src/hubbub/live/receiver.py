"""Who can be told: what the hub needs of a socket or a feed."""

from typing import Any, Protocol

from hubbub.live.frame import Frame


class Receiver(Protocol):
    """A socket, or a feed (`hubbub.live.feed`)."""

    @property
    def state(self) -> Any:
        """Its `hubbub.live.listener.Listener`."""

    @property
    def closing(self) -> bool: ...

    def send(self, frame: Frame) -> None: ...
    def send_bytes(self, data: bytes) -> None: ...
    def send_ephemeral(self, data: bytes) -> None: ...
    def ping(self, payload: bytes) -> None: ...
    def close(self, code: int, reason: str = "") -> None: ...
