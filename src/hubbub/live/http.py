"""uvicorn's HTTP protocol with two bounds more: how large the head of a request may be, and how long it may take.

Without them a client that sends half a request and waits holds a connection for as long as it likes (slow loris).
"""

import asyncio
from typing import TYPE_CHECKING, Any

import httptools
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from websockets.datastructures import Headers
from websockets.http11 import Request

from hubbub.live.wheel import Wheel

if TYPE_CHECKING:
    from hubbub.live.socket import Socket

_LOOK_SECONDS = 0.05
_TOO_LARGE = (
    b"HTTP/1.1 431 Request Header Fields Too Large\r\ncontent-type: application/problem+json\r\n"
    b"content-length: 106\r\nconnection: close\r\n\r\n"
    b'{"type":"about:blank","title":"Too large","status":431,"code":"too_large","detail":"The head is too large."}'
)
_TOO_LARGE = _TOO_LARGE.replace(b"106", str(len(_TOO_LARGE.partition(b"\r\n\r\n")[2])).encode())


class RequestBounds:
    """The bounds, and the connections whose request has begun and not ended."""

    def __init__(self, wheel: Wheel, head_bytes: int, seconds: int) -> None:
        self.head_bytes = head_bytes
        self._seconds = seconds
        self._second = 0
        self._unfinished: dict[BoundedHttp, int] = {}
        wheel.every_second(self._sweep)

    def begin(self, connection: "BoundedHttp") -> None:
        self._unfinished[connection] = self._second + self._seconds

    def end(self, connection: "BoundedHttp") -> None:
        self._unfinished.pop(connection, None)

    async def finished(self, seconds: float) -> None:
        """Wait until nobody is in the middle of asking, for so long at the most: who has connected when the server goes
        is still answered."""
        for _ in range(int(seconds / _LOOK_SECONDS)):
            if not self._unfinished:
                return
            await asyncio.sleep(_LOOK_SECONDS)

    def _sweep(self, second: int) -> None:
        self._second = second
        # In the order they began, so the first that has time left ends the look.
        for connection, deadline in list(self._unfinished.items()):
            if deadline > second:
                break
            del self._unfinished[connection]
            connection.transport.close()


class _Parser(httptools.HttpRequestParser):
    """Tells its owner what came after the head of an upgrade: uvicorn forgets it."""

    def __init__(self, owner: "BoundedHttp") -> None:
        super().__init__(owner)
        self._owner = owner

    def feed_data(self, data: Any) -> None:
        try:
            super().feed_data(data)
        except httptools.HttpParserUpgrade as upgrade:
            self._owner.upgraded(data[upgrade.args[0] :])
            raise


class BoundedHttp(HttpToolsProtocol):
    """`bounds` is set on a subclass, made when the server starts."""

    bounds: RequestBounds

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.parser = _Parser(self)
        self._in_head = True
        self._head = 0
        self._after = b""

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self.bounds.begin(self)

    def connection_lost(self, exc: Exception | None) -> None:
        self.bounds.end(self)
        super().connection_lost(exc)
        # Both refer back to this object: without them, all of it goes at once.
        self.parser = _DEAF  # type: ignore[assignment]
        self.cycle = None  # type: ignore[assignment]

    def handle_websocket_upgrade(self) -> None:
        """Hand the connection over. uvicorn would write the request out again, for a socket that parses it again."""
        self.bounds.end(self)
        self.connections.discard(self)
        headers = Headers()
        for name, value in self.headers:
            headers[name.decode("ascii", "surrogateescape")] = value.decode("ascii", "surrogateescape")
        request = Request(
            self.url.decode("ascii", "surrogateescape"),
            headers,
            self.scope["method"],
            f"HTTP/{self.scope['http_version']}",
        )
        make_socket: Any = self.ws_protocol_class
        socket: Socket = make_socket(self.config, self.server_state, self.app_state)
        socket.connection_made(self.transport)
        self.transport.set_protocol(socket)
        after, self._after = self._after, b""
        # The parser refers back to this object: without it, both go at once.
        self.parser = _DEAF  # type: ignore[assignment]
        socket.requested(request)
        if after:
            socket.data_received(after)

    def upgraded(self, after: bytes) -> None:
        """The head of an upgrade has been read; `after` are the first bytes for whom it is handed over to."""
        self._after = after

    def data_received(self, data: bytes) -> None:
        if self._in_head:
            self._head += len(data)
        super().data_received(data)
        if self._in_head and self._head > self.bounds.head_bytes and not self.transport.is_closing():
            self._refuse()

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._in_head = True
        self.bounds.begin(self)

    def on_headers_complete(self) -> None:
        self._in_head = False
        self._head = 0
        if sum(len(name) + len(value) + 4 for name, value in self.headers) > self.bounds.head_bytes:
            self._refuse()
            # uvicorn's callbacks ask the last cycle whether its answer is complete; there is none to give.
            self.parser = _DEAF  # type: ignore[assignment]
            return
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        if self.cycle is not None:
            super().on_body(body)

    def on_message_complete(self) -> None:
        self.bounds.end(self)
        if self.cycle is not None:
            super().on_message_complete()

    def _refuse(self) -> None:
        self.bounds.end(self)
        self.transport.write(_TOO_LARGE)
        self.transport.close()


class _Deaf:
    """A parser for a connection that is being closed."""

    def feed_data(self, data: Any) -> None:
        """Not listened to any more."""

    def should_upgrade(self) -> bool:
        return False


_DEAF = _Deaf()
