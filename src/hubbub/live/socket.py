"""The WebSocket, as an `asyncio.Protocol` that uvicorn makes for each upgrade (its documented `ws=` option).

The sans-I/O `websockets.server.ServerProtocol` does handshake, parsing, close and limits; this class moves bytes. What
is done with a message is the `Handler`'s: the chat's own, or an echo in a conformance test. Frames that reach a socket
within one turn of the event loop leave in one write.
"""

import asyncio
import logging
from collections.abc import Callable
from typing import Any, cast

from websockets.exceptions import InvalidState
from websockets.extensions.permessage_deflate import PerMessageDeflate, ServerPerMessageDeflateFactory
from websockets.frames import CloseCode, Opcode
from websockets.frames import Frame as WireFrame
from websockets.http11 import Request, Response
from websockets.protocol import OPEN
from websockets.server import ServerProtocol

from hubbub.live.frame import Frame
from hubbub.live.handler import Handler, Later
from hubbub.live.sockets import Sockets

_CLOSE_SECONDS = 5
_TRANSPORT_BUFFER = 65536
_QUIET = logging.getLogger("hubbub.websockets")
_QUIET.setLevel("CRITICAL")
_DEFLATE = [ServerPerMessageDeflateFactory(server_no_context_takeover=True, client_no_context_takeover=True)]


class _Protocol(ServerProtocol):
    """The library's, but a client may close in the middle of a message (RFC 6455, section 5.4: it is dropped then)."""

    def recv_frame(self, frame: WireFrame) -> None:
        if frame.opcode is Opcode.CLOSE:
            self.current_size = None
        super().recv_frame(frame)


class Socket(asyncio.Protocol):
    """One connection. `state` is the handler's own."""

    __slots__ = (
        "__weakref__",
        "_allowance",
        "_asked",
        "_connections",
        "_fragments",
        "_missed",
        "_out",
        "_paused",
        "_shared",
        "_stamp",
        "_waiting",
        "_waiting_bytes",
        "_ws",
        "closing",
        "deflates",
        "handler",
        "slot",
        "state",
        "transport",
    )

    def __init__(self, handler: Handler, shared: Sockets, connections: set[Any]) -> None:
        self.handler = handler
        self.state: Any = None
        self.slot = 0
        self.closing = False
        self.deflates = False
        self._asked = False
        self.transport: asyncio.Transport
        self._shared = shared
        self._connections = connections
        self._ws: ServerProtocol | None = _Protocol(
            extensions=_DEFLATE,
            max_size=shared.bounds.frame,
            logger=_QUIET,
            select_subprotocol=shared.select,
        )
        self._out: bytes | list[bytes] | None = None
        self._paused = False
        self._waiting: list[bytes] | None = None
        self._waiting_bytes = 0
        self._fragments: list[bytes] | None = None
        self._missed = 0
        self._allowance = shared.bounds.burst
        self._stamp = 0.0

    # asyncio.Protocol

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports behave like asyncio's without deriving from them.
        self.transport = cast(asyncio.Transport, transport)
        self.transport.set_write_buffer_limits(high=_TRANSPORT_BUFFER)
        self._connections.add(self)
        self._shared.add(self)

    def connection_lost(self, exc: Exception | None) -> None:
        self._connections.discard(self)
        self._shared.discard(self)
        self.closing = True
        self._out = self._waiting = None
        self.handler.closed(self)
        ws, self._ws = self._ws, None
        if ws is not None:
            # These two refer back to the protocol: without them it goes at once, and the collector has nothing to find.
            del ws.parser
            vars(ws).pop("select_subprotocol", None)

    def pause_writing(self) -> None:
        self._paused = True

    def resume_writing(self) -> None:
        self._paused = False
        if self._waiting:
            data = b"".join(self._waiting)
            self._waiting, self._waiting_bytes = None, 0
            self.transport.write(data)

    def eof_received(self) -> None:
        return None

    def data_received(self, data: bytes) -> None:
        ws = self._ws
        if ws is None:
            return
        self._missed = 0
        ws.receive_data(data)
        if ws.state is OPEN:
            self._send_control(ws)  # pongs go before what the messages they came with lead to
        for event in ws.events_received():
            if isinstance(event, Request):
                self._handshake(ws, event)
            elif isinstance(event, WireFrame) and not self.closing:
                self._frame(ws, event)
        self._send_control(ws)

    # uvicorn calls this on every connection it knows when it shuts down

    def shutdown(self) -> None:
        self.handler.shutdown(self)

    # Sending

    def send(self, frame: Frame) -> None:
        """Send at the end of this turn of the loop."""
        self.send_bytes(frame.deflated if self.deflates else frame.plain)

    def send_bytes(self, data: bytes) -> None:
        """The same, for a frame already chosen."""
        out = self._out
        if out is None:
            if self.closing:
                return
            self._out = data
            self._shared.mark(self)
        elif isinstance(out, list):
            out.append(data)
        else:
            self._out = [out, data]

    def send_ephemeral(self, data: bytes) -> None:
        """The same, for what may be dropped when this client reads too slowly."""
        if not self._paused or self._waiting_bytes < self._shared.bounds.waiting // 2:
            self.send_bytes(data)

    @property
    def close_code(self) -> int:
        """The code the connection was or is being closed with (RFC 6455, section 7.1.5)."""
        ws = self._ws
        close = None if ws is None else ws.close_sent or ws.close_rcvd
        return CloseCode.ABNORMAL_CLOSURE if close is None else close.code

    async def drained(self) -> None:
        """Wait until the client has read most of what it was sent."""
        while self._waiting_bytes and not self.closing:  # noqa: ASYNC110 - an event per socket costs memory
            await asyncio.sleep(0.05)

    def flush(self) -> bool:
        """Hand to the transport what has gathered. False: it was more than may wait, so the socket is closing."""
        out, self._out = self._out, None
        if out is None:
            return True
        data = b"".join(out) if isinstance(out, list) else out
        if not self._paused:
            self.transport.write(data)
            return True
        if self._waiting is None:
            self._waiting = []
        self._waiting.append(data)
        self._waiting_bytes += len(data)
        if self._waiting_bytes > self._shared.bounds.waiting:
            self._waiting, self._waiting_bytes = None, 0
            self.close(4408, "too slow: read faster, or reconnect and resume")
            return False
        return True

    def close(self, code: int, reason: str = "") -> None:
        """Close with a code and a reason (RFC 6455, section 7.4). The connection is cut if that is not answered."""
        ws = self._ws
        if self.closing or ws is None:
            return
        if not self.flush():
            return
        self.closing = True
        try:
            ws.send_close(code, reason)
        except InvalidState:
            self.transport.close()
            return
        waiting, self._waiting, self._waiting_bytes = self._waiting, None, 0
        self.transport.write(b"".join([*(waiting or ()), *ws.data_to_send()]))
        self._shared.wheel.after(_CLOSE_SECONDS, self._cut)

    def beat(self) -> None:
        """A heartbeat: ping; a client that did not answer the last two is gone."""
        ws = self._ws
        if ws is None or ws.state is not OPEN:
            return
        self.handler.beating(self)
        if self.closing:
            return
        if self._missed >= 2:
            self.close(1011, "no answer to two heartbeats")
            return
        self._missed += 1
        ws.send_ping(b"")
        self._send_control(ws)

    def ping(self, payload: bytes) -> None:
        """Ask for a pong, which the handler is told of."""
        ws = self._ws
        if ws is not None and ws.state is OPEN and not self.closing:
            self._asked = True
            ws.send_ping(payload)
            self._send_control(ws)

    def call_later(self, seconds: float, callback: Callable[[], None]) -> None:
        """Call back once unless the connection has gone by then."""
        self._shared.wheel.after(seconds, lambda: None if self.closing else callback())

    # Receiving

    def answer(self, request: Request, refused: Response | None) -> None:
        """Answer a handshake that was left for later: accept it, or refuse it with a response."""
        if self._ws is not None and not self.closing:
            self._respond(self._ws, refused or self._ws.accept(request))

    def _handshake(self, ws: ServerProtocol, request: Request) -> None:
        answer = self.handler.requested(self, request)
        if answer is not Later.LATER:
            self._respond(ws, answer or ws.accept(request))

    def _respond(self, ws: ServerProtocol, response: Response) -> None:
        accepted = response.status_code == 101
        ws.send_response(response)
        self._send_control(ws)
        if not accepted:
            self.closing = True
            return
        self.deflates = any(
            isinstance(extension, PerMessageDeflate) and extension.local_max_window_bits == 15
            for extension in ws.extensions
        )
        self.handler.opened(self)

    def _frame(self, ws: ServerProtocol, frame: WireFrame) -> None:
        opcode = frame.opcode
        if opcode is Opcode.PONG and self._asked and frame.data:
            self._asked = False
            self.handler.ponged(self, bytes(frame.data))
            return
        if not self._within_rate():
            self.handler.too_fast(self)
            return
        if opcode is Opcode.TEXT and frame.fin:
            self._text(ws, bytes(frame.data))
        elif opcode in (Opcode.TEXT, Opcode.BINARY, Opcode.CONT):
            self._fragment(ws, frame)

    def _fragment(self, ws: ServerProtocol, frame: WireFrame) -> None:
        if self._fragments is None:
            # The first byte remembers what kind of message this is.
            self._fragments = [b"t" if frame.opcode is Opcode.TEXT else b"b"]
        self._fragments.append(bytes(frame.data))
        if frame.fin:
            (kind, *parts), self._fragments = self._fragments, None
            if kind == b"t":
                self._text(ws, b"".join(parts))
            else:
                self.handler.binary(self, b"".join(parts))

    def _text(self, ws: ServerProtocol, data: bytes) -> None:
        try:
            text = data.decode()
        except UnicodeDecodeError:
            self.close(1007, "text must be UTF-8")
            return
        self.handler.text(self, text)

    def _within_rate(self) -> bool:
        bounds = self._shared.bounds
        if not bounds.frames_per_second:
            return True
        now = asyncio.get_running_loop().time()
        if self._stamp:
            self._allowance = min(bounds.burst, self._allowance + (now - self._stamp) * bounds.frames_per_second)
        self._stamp = now
        if self._allowance >= 1:
            self._allowance -= 1
            return True
        return False

    def _send_control(self, ws: ServerProtocol) -> None:
        """Send what the protocol itself has to say: pongs, pings, the handshake, the end."""
        writes = ws.data_to_send()
        if not writes:
            return
        self.flush()
        data = b"".join(writes)
        if data and not self.transport.is_closing():
            if self._paused and ws.state is OPEN:
                self._out = data
                self.flush()
            else:
                self.transport.write(data)
        if writes[-1] == b"":  # the protocol is over
            self.closing = True
            if ws.parser_exc is not None and not self.transport.is_closing():
                # The client may be in the middle of sending: closing now would reset the connection, and with it the
                # code that says why. What still comes is read and dropped until the client is done, or cut off.
                self.transport.write_eof()
            else:
                self.transport.close()
            self._shared.wheel.after(_CLOSE_SECONDS, self._cut)

    def _cut(self) -> None:
        if self._ws is not None:
            self.transport.abort()
