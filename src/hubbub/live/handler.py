"""What is done with what a socket brings: the chat's own handler, or an echo in a conformance test."""

from enum import Enum
from typing import TYPE_CHECKING, Protocol

from websockets.http11 import Request, Response

if TYPE_CHECKING:
    from hubbub.live.socket import Socket


class Later(Enum):
    """The answer to a handshake that takes time: `Socket.answer` gives it."""

    LATER = "later"


class Handler(Protocol):
    """What to do with what a socket brings. None of these may block."""

    def requested(self, socket: "Socket", request: Request) -> Response | Later | None:
        """A handshake: None accepts it, a response refuses it, LATER leaves it to `Socket.answer`."""

    def opened(self, socket: "Socket") -> None:
        """The handshake is done."""

    def text(self, socket: "Socket", text: str) -> None:
        """A whole text message."""

    def binary(self, socket: "Socket", data: bytes) -> None:
        """A whole binary message."""

    def too_fast(self, socket: "Socket", text: str | None) -> None:
        """A message came over the rate limit and is not taken; None: one that is no text, or a part of one."""

    def ponged(self, socket: "Socket", payload: bytes) -> None:
        """The client answered a ping that carried something."""

    def beating(self, socket: "Socket") -> None:
        """A heartbeat goes out: a moment to see whether the connection may still be there."""

    def closed(self, socket: "Socket") -> None:
        """The connection is gone."""

    def shutdown(self, socket: "Socket") -> None:
        """The server is going down: say goodbye and close."""
