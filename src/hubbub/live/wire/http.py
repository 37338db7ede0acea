"""uvicorn's HTTP protocol with bounds: how many connections an address may have; how large the head of a request may
be and how long a request may take; how many may be sent before the first is answered; how long an answer may be unread.

Without them a client that sends half a request and waits (slow loris), or one that asks and never reads, holds a
connection and what is written to it for as long as it likes.
"""

import socket
import struct
from typing import Any

import httptools
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from websockets.datastructures import Headers
from websockets.http11 import Request

from hubbub.live.wire.connection import Connection
from hubbub.live.wire.http_refusals import INVALID, TOO_LARGE, TOO_MANY
from hubbub.live.wire.request_bounds import RequestBounds

_MOST_PIPELINED = 16
_RESET = struct.pack("ii", 1, 0)
"""Lingering for no time (SO_LINGER)."""
_REQUEST_LINE = len(b"DELETE  HTTP/1.1\r\n")


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
        self._answering: Any = None
        self._full = False

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        peer = transport.get_extra_info("peername")
        if not self.bounds.enter(self, peer[0] if isinstance(peer, tuple) else ""):
            transport.write(TOO_MANY)
            transport.close()
            self.parser = _DEAF  # type: ignore[assignment]

    def connection_lost(self, exc: Exception | None) -> None:
        self.bounds.leave(self)
        self._give_up()
        super().connection_lost(exc)
        # Both refer back to this object: without them, all of it goes at once.
        self.parser = _DEAF  # type: ignore[assignment]
        self.cycle = None  # type: ignore[assignment]

    def handle_websocket_upgrade(self) -> None:
        """Hand the connection over. uvicorn would write the request out again, for a socket that parses it again."""
        self.bounds.leave(self)
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
        upgraded: Connection = make_socket(self.config, self.server_state, self.app_state)
        upgraded.connection_made(self.transport)
        self.transport.set_protocol(upgraded)
        after, self._after = self._after, b""
        # The parser refers back to this object: without it, both go at once.
        self.parser = _DEAF  # type: ignore[assignment]
        upgraded.requested(request)
        if after:
            upgraded.data_received(after)

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
        if self._full:
            return
        super().on_message_begin()
        self._in_head = True
        self.bounds.begin(self)

    def on_url(self, url: bytes) -> None:
        if not self._full:
            super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        if not self._full:
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        self._in_head = False
        self._head = 0
        if self._full:
            return
        fields = sum(len(name) + len(value) + 4 for name, value in self.headers)
        if _REQUEST_LINE + len(self.url) + fields > self.bounds.head_bytes:
            self._refuse()
            # uvicorn's callbacks ask the last cycle whether its answer is complete; there is none to give.
            self.parser = _DEAF  # type: ignore[assignment]
            return
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        cycle: Any = self.cycle
        if cycle is not None and not self._full:
            super().on_body(body)

    def on_message_complete(self) -> None:
        self.bounds.end(self)
        cycle: Any = self.cycle
        if cycle is None or self._full:
            return
        super().on_message_complete()
        if len(self.pipeline) >= _MOST_PIPELINED:
            # Later requests are not read: the answer to the last one that was read closes the connection. A client that
            # pipelines must be ready for that (RFC 9112, section 9.3.2).
            self._full = True
            cycle.keep_alive = False

    def resume_writing(self) -> None:
        self.bounds.progressed(self)
        super().resume_writing()

    def cut(self) -> None:
        """End the connection, whatever still waits to be sent."""
        self._give_up()
        # With a reset: or the system would go on trying to send what it holds.
        if (connection := self.transport.get_extra_info("socket")) is not None:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        self.transport.abort()

    def _start_asgi_task(self, cycle: Any, app: Any) -> None:
        self._answering = cycle
        super()._start_asgi_task(cycle, app)

    def _should_upgrade(self) -> bool:
        return not self._full and super()._should_upgrade()

    def _give_up(self) -> None:
        # uvicorn tells the request that was read last; with pipelining that is not the one which is being answered.
        answering, self._answering = self._answering, None
        self.pipeline.clear()
        if answering is not None and not answering.response_complete:
            answering.disconnected = True
            answering.message_event.set()

    def send_400_response(self, msg: str) -> None:
        """What uvicorn answers where its parser fails."""
        self.bounds.end(self)
        self.transport.write(INVALID)
        self.transport.close()

    def _refuse(self) -> None:
        self.bounds.end(self)
        self.transport.write(TOO_LARGE)
        self.transport.close()


class _Deaf:
    """A parser for a connection that is being closed."""

    def feed_data(self, data: Any) -> None:
        """Not listened to any more."""

    def should_upgrade(self) -> bool:
        return False


_DEAF = _Deaf()
