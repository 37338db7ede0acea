"""The WebSocket, as an `asyncio.Protocol` that takes a connection over from HTTP when it is upgraded.

What is usual is read and written here; handshakes, fragments, compression, closing and whatever is wrong are the
library's (`live/handshake.py`). What is done with a message is the `Handler`'s: the chat's own, or an echo in a
conformance test. Frames that reach a socket within one turn of the event loop leave in one write.
"""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any, cast

from websockets.exceptions import InvalidState
from websockets.extensions import Extension
from websockets.extensions.permessage_deflate import PerMessageDeflate
from websockets.frames import CloseCode, Opcode
from websockets.frames import Frame as WireFrame
from websockets.http11 import Request, Response
from websockets.protocol import OPEN

from hubbub.live.frame import Frame
from hubbub.live.handler import Handler, Later
from hubbub.live.handshake import Machine
from hubbub.live.parsing import PONG, whole_frames
from hubbub.live.sockets import Sockets

_CLOSE_SECONDS = 5
_TRANSPORT_BUFFER = 65536
_PING_HEAD = 0x89  # FIN


class Socket(asyncio.Protocol):
    """One connection. `state` is the handler's own."""

    __slots__ = (
        "__weakref__",
        "_allowance",
        "_asked",
        "_connections",
        "_extensions",
        "_fragments",
        "_later",
        "_lost",
        "_machine",
        "_missed",
        "_open",
        "_out",
        "_paused",
        "_shared",
        "_stamp",
        "_waiting",
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
        self._machine: Machine | None = None
        self._extensions: Sequence[Extension] = ()
        self._open = False
        self._lost = False
        self._out: bytes | list[bytes] | None = None
        self._paused = False
        self._later: list[bytes] | None = None
        self._waiting: bytearray | None = None
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
        self._out = self._waiting = self._later = None
        self.handler.closed(self)
        # What the handler keeps refers back to the socket. The collector looks at what is as old as this so rarely (it
        # would have to look at every connection) that it must go by itself.
        self.state = None
        self._open = False
        self._lost = True
        self._let_go()

    def pause_writing(self) -> None:
        self._paused = True

    def resume_writing(self) -> None:
        self._paused = False
        # As much at a time as the transport holds: what it is handed it copies.
        while self._waiting and not self._paused:
            data = bytes(self._waiting[:_TRANSPORT_BUFFER])
            del self._waiting[:_TRANSPORT_BUFFER]
            self.transport.write(data)
        if not self._waiting:
            self._waiting = None

    def eof_received(self) -> None:
        return None

    def data_received(self, data: bytes) -> None:
        if not self._open:
            return
        self._missed = 0
        if self._machine is None and not self.closing:
            frames, end = whole_frames(data, self._shared.bounds.frame)
            for opcode, payload in frames:
                if not self.closing:
                    self._usual(opcode, payload)
            if end == len(data):
                return
            data = data[end:]
        self._unusual(data)

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
            shared = self._shared
            if not shared.dirty:
                shared.flush_soon()
            shared.dirty.append(self)
        elif isinstance(out, list):
            out.append(data)
        else:
            self._out = [out, data]

    def send_ephemeral(self, data: bytes) -> None:
        """Send with what is sent next, or in a moment; what this client reads too slowly for may be dropped."""
        if self.closing or (self._waiting is not None and len(self._waiting) >= self._shared.bounds.waiting // 2):
            return
        if self._later is None:
            self._later = [data]
            self._shared.flush_later(self)
        else:
            self._later.append(data)

    @property
    def close_code(self) -> int:
        """The code the connection was or is being closed with (RFC 6455, section 7.1.5)."""
        machine = self._machine
        close = None if machine is None else machine.close_sent or machine.close_rcvd
        return CloseCode.ABNORMAL_CLOSURE if close is None else close.code

    async def drained(self) -> None:
        """Wait until the client has read most of what it was sent."""
        while self._waiting and not self.closing:  # noqa: ASYNC110 - an event per socket costs memory
            await asyncio.sleep(0.05)

    def flush(self) -> bool:
        """Hand to the transport what has gathered. False: it was more than may wait, so the socket is closing."""
        out, self._out = self._out, None
        if self._later is not None:
            later, self._later = self._later, None
            # First what could wait: nothing comes after a farewell.
            data = b"".join([*later, *(out if isinstance(out, list) else (out or b"",))])
        elif out is None:
            return True
        else:
            data = b"".join(out) if isinstance(out, list) else out
        waiting = self._waiting
        if not self._paused and waiting is None:
            self.transport.write(data)
            return True
        if waiting is None:
            waiting = self._waiting = bytearray()
        waiting += data
        if len(waiting) > self._shared.bounds.waiting:
            self._waiting = None
            self.close(4408, "too slow: read faster, or reconnect and resume")
            return False
        return True

    def close(self, code: int, reason: str = "") -> None:
        """Close with a code and a reason (RFC 6455, section 7.4). The connection is cut if that is not answered."""
        if self.closing or not self.flush():
            return
        self.closing = True
        machine = self._made()
        try:
            if not self._open:
                raise InvalidState("still in the handshake")
            machine.send_close(code, reason)
        except InvalidState:
            self.transport.close()
            return
        waiting, self._waiting = self._waiting, None
        self.transport.write(b"".join([waiting or b"", *machine.data_to_send()]))
        self._shared.wheel.after(_CLOSE_SECONDS, self._cut)

    def beat(self) -> None:
        """A heartbeat: ping; a client that did not answer the last two is gone."""
        if not self._open:
            return
        self.handler.beating(self)
        if self.closing:
            return
        if self._missed >= 2:
            self.close(1011, "no answer to two heartbeats")
            return
        self._missed += 1
        self.send_bytes(bytes((_PING_HEAD, 0)))

    def ping(self, payload: bytes) -> None:
        """Ask for a pong, which the handler is told of; it is asked after everything that was sent before."""
        if self._open and not self.closing:
            self._asked = True
            self.send_bytes(bytes((_PING_HEAD, len(payload))) + payload)

    def call_later(self, seconds: float, callback: Callable[[], None]) -> None:
        """Call back once unless the connection has gone by then."""
        self._shared.wheel.after(seconds, lambda: None if self.closing else callback())

    # Receiving

    def requested(self, request: Request) -> None:
        """The handshake, as HTTP has read it."""
        answer = self.handler.requested(self, request)
        if answer is not Later.LATER:
            self.answer(request, answer)

    def answer(self, request: Request, refused: Response | None) -> None:
        """Answer a handshake, at once or later: accept it, or refuse it with a response."""
        if self.closing:
            return
        answer = refused or self._shared.handshakes.answer(request)
        if isinstance(answer, Response):
            self.transport.write(answer.serialize())
            self.closing = True
            self.transport.close()
            self._shared.wheel.after(_CLOSE_SECONDS, self._cut)
            return
        self._open = True
        accepted, extensions = answer
        self.transport.write(accepted)
        self._extensions = extensions
        self.deflates = any(
            isinstance(extension, PerMessageDeflate) and extension.local_max_window_bits == 15
            for extension in extensions
        )
        self.handler.opened(self)

    def _usual(self, opcode: int, payload: bytes) -> None:
        if opcode == PONG:
            self._pong(payload)
        elif self._within_rate():
            self._text(payload)
        else:
            self.handler.too_fast(self)

    def _unusual(self, data: bytes) -> None:
        machine = self._made()
        machine.receive_data(data)
        if machine.state is OPEN:
            self._send_control(machine)  # pongs go before what the messages they came with lead to
        for event in machine.events_received():
            if isinstance(event, WireFrame) and not self.closing:
                self._frame(event)
        self._send_control(machine)
        if not self._extensions and self._fragments is None and not self.closing and machine.is_idle:
            self._let_go()

    def _made(self) -> Machine:
        if self._machine is None:
            self._machine = Machine(self._extensions, self._shared.bounds.frame)
        return self._machine

    def _let_go(self) -> None:
        machine, self._machine = self._machine, None
        if machine is not None:
            machine.let_go()

    def _frame(self, frame: WireFrame) -> None:
        opcode = frame.opcode
        if opcode is Opcode.PONG:
            self._pong(bytes(frame.data))
        elif not self._within_rate():
            self.handler.too_fast(self)
        elif opcode is Opcode.TEXT and frame.fin:
            self._text(bytes(frame.data))
        elif opcode in (Opcode.TEXT, Opcode.BINARY, Opcode.CONT):
            self._fragment(frame)

    def _pong(self, payload: bytes) -> None:
        if self._asked and payload:
            self._asked = False
            self.handler.ponged(self, payload)
        elif not self._within_rate():
            self.handler.too_fast(self)

    def _fragment(self, frame: WireFrame) -> None:
        if self._fragments is None:
            # The first byte remembers what kind of message this is.
            self._fragments = [b"t" if frame.opcode is Opcode.TEXT else b"b"]
        self._fragments.append(bytes(frame.data))
        if frame.fin:
            (kind, *parts), self._fragments = self._fragments, None
            if kind == b"t":
                self._text(b"".join(parts))
            else:
                self.handler.binary(self, b"".join(parts))

    def _text(self, data: bytes) -> None:
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

    def _send_control(self, machine: Machine) -> None:
        """Send what the protocol itself has to say: pongs, pings, the handshake, the end."""
        writes = machine.data_to_send()
        if not writes:
            return
        self.flush()
        data = b"".join(writes)
        if data and not self.transport.is_closing():
            if self._paused and machine.state is OPEN:
                self._out = data
                self.flush()
            else:
                self.transport.write(data)
        if writes[-1] == b"":  # the protocol is over
            self.closing = True
            if machine.parser_exc is not None and not self.transport.is_closing():
                # The client may be in the middle of sending: closing now would reset the connection, and with it the
                # code that says why. What still comes is read and dropped until the client is done, or cut off.
                self.transport.write_eof()
            else:
                self.transport.close()
            self._shared.wheel.after(_CLOSE_SECONDS, self._cut)

    def _cut(self) -> None:
        if not self._lost:
            self.transport.abort()
