"""What is done with what a connection brings: the chat's own handler, or an echo in a conformance test."""

from enum import Enum
from typing import Protocol, TypeVar

from websockets.http11 import Request, Response

ConnectionT = TypeVar("ConnectionT", contravariant=True)


class Later(Enum):
    """The answer to a handshake that takes time: `Connection.answer` gives it."""

    LATER = "later"


class Handler(Protocol[ConnectionT]):
    """What to do with what a connection brings. None of these may block."""

    def requested(self, socket: ConnectionT, request: Request) -> Response | Later | None:
        """A handshake: None accepts it, a response refuses it, LATER leaves it to `Connection.answer`."""

    def opened(self, socket: ConnectionT) -> None:
        """The handshake is done."""

    def text(self, socket: ConnectionT, text: str) -> None:
        """A whole text message."""

    def binary(self, socket: ConnectionT, data: bytes) -> None:
        """A whole binary message."""

    def too_fast(self, socket: ConnectionT, text: str | None) -> None:
        """A message came over the rate limit and is not taken; None: one that is no text, or a part of one."""

    def ponged(self, socket: ConnectionT, payload: bytes) -> None:
        """The client answered a ping that carried something."""

    def beating(self, socket: ConnectionT) -> None:
        """A heartbeat goes out: a moment to see whether the connection may still be there."""

    def closed(self, socket: ConnectionT) -> None:
        """The connection is gone."""

    def shutdown(self, socket: ConnectionT) -> None:
        """The server is going down: say goodbye and close."""
