"""Who can be told: what the hub needs of a socket or a feed."""

from typing import TYPE_CHECKING, Any, Protocol

from hubbub.live.frame import Frame

if TYPE_CHECKING:
    from hubbub.live.outgoing import Outgoing


class Receiver(Protocol):
    """A socket, or a feed (`hubbub.live.feed`)."""

    @property
    def state(self) -> Any:
        """Its `hubbub.live.listener.Listener`."""

    @property
    def closing(self) -> bool: ...

    @property
    def ready(self) -> "Outgoing | None":
        """Its connection, if that can be written to right away: nothing waits there that has to go first."""

    def send(self, frame: Frame) -> None: ...
    def send_bytes(self, data: bytes) -> None: ...
    def send_ephemeral(self, data: bytes) -> None: ...
    def ping(self, payload: bytes) -> None: ...
    def close(self, code: int, reason: str = "") -> None: ...
