"""The WebSocket, as an `asyncio.Protocol` that takes a connection over from HTTP when it is upgraded.

What is usual is read and written here; handshakes, fragments, compression, closing and whatever is wrong are the
library's (`live/wire/handshake.py`). What is done with a message is the `Handler`'s: the chat's own, or an echo in a
conformance test.
"""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

from websockets.exceptions import InvalidState
from websockets.extensions import Extension
from websockets.frames import CloseCode, Opcode
from websockets.frames import Frame as WireFrame
from websockets.http11 import Request, Response
from websockets.protocol import OPEN

from hubbub.live.wire.fragments import FRAGMENTS_OF_A_FRAME, FragmentedMessage
from hubbub.live.wire.frame_parser import PONG, whole_frames
from hubbub.live.wire.handler import Handler, Later
from hubbub.live.wire.handshake import Machine, takes_deflated
from hubbub.live.wire.registry import Registry
from hubbub.live.wire.send_queue import SendQueue

_CLOSE_SECONDS = 5
_PING_HEAD = 0x89  # FIN


class Connection(SendQueue):
    """One connection."""

    __slots__ = (
        "__weakref__",
        "_allowance",
        "_asked",
        "_connections",
        "_extensions",
        "_fragments",
        "_lost",
        "_machine",
        "_missed",
        "_open",
        "_stamp",
        "handler",
        "slot",
    )

    def __init__(self, handler: "Handler[Connection]", shared: Registry, connections: set[Any]) -> None:
        super().__init__(shared)
        self.handler = handler
        self.slot = 0
        self._asked = False
        self._connections = connections
        self._machine: Machine | None = None
        self._extensions: Sequence[Extension] = ()
        self._open = False
        self._lost = False
        self._fragments: FragmentedMessage | None = None
        self._missed = 0
        self._allowance = shared.bounds.burst
        self._stamp = 0.0

    # asyncio.Protocol

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self._connections.add(self)
        self._shared.add(self)

    def connection_lost(self, exc: Exception | None) -> None:
        self._connections.discard(self)
        self._shared.discard(self)
        super().connection_lost(exc)
        self.handler.closed(self)
        # What the handler keeps refers back to the socket. The collector looks at what is as old as this so rarely (it
        # would have to look at every connection) that it must go by itself.
        self.state = None
        self._open = False
        self._lost = True
        self._let_go()

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

    # Closing, and being asked

    @property
    def close_code(self) -> int:
        """The code the connection was or is being closed with (RFC 6455, section 7.1.5)."""
        machine = self._machine
        close = None if machine is None else machine.close_sent or machine.close_rcvd
        return CloseCode.ABNORMAL_CLOSURE if close is None else close.code

    def close(self, code: int, reason: str = "") -> None:
        """Close with a code and a reason (RFC 6455, section 7.4). The connection is cut if that is not answered."""
        if not self.closing:
            self.flush()
        if self.closing:  # long ago, or since it read too slowly for that
            return
        self._begin_closing()
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
        """Send a ping, after everything that was sent before. The handler is called when the pong arrives."""
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
            self._begin_closing()
            self.transport.close()
            self._shared.wheel.after(_CLOSE_SECONDS, self._cut)
            return
        self._open = True
        accepted, extensions = answer
        self.transport.write(accepted)
        self._extensions = extensions
        self.deflates = takes_deflated(extensions)
        self.handler.opened(self)

    def _usual(self, opcode: int, payload: bytes) -> None:
        if opcode == PONG:
            self._pong(payload)
        else:
            self._text(payload, within_rate=self._within_rate())

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
        elif opcode is Opcode.TEXT and frame.fin:
            self._text(bytes(frame.data), within_rate=self._within_rate())
        elif opcode in (Opcode.TEXT, Opcode.BINARY, Opcode.CONT):
            self._fragment(frame)
        elif not self._within_rate():
            self.handler.too_fast(self, None)

    def _pong(self, payload: bytes) -> None:
        if self._asked and payload:
            self._asked = False
            self.handler.ponged(self, payload)
        elif not self._within_rate():
            self.handler.too_fast(self, None)

    def _fragment(self, frame: WireFrame) -> None:
        message = self._fragments
        within_rate = self._within_rate(1 if message is None else 1 / FRAGMENTS_OF_A_FRAME)
        if message is None:
            message = self._fragments = FragmentedMessage(frame.opcode is Opcode.TEXT)
        is_too_fast = message.add(bytes(frame.data), within_rate)
        if frame.fin:
            self._fragments = None
            if message.is_text:
                self._text(message.whole(), within_rate=not message.is_refused)
            elif message.is_refused:
                self.handler.too_fast(self, None)
            else:
                self.handler.binary(self, message.whole())
        elif is_too_fast:
            self.handler.too_fast(self, None)

    def _text(self, data: bytes, within_rate: bool) -> None:
        try:
            text = data.decode()
        except UnicodeDecodeError:
            self.close(1007, "text must be UTF-8")
            return
        if within_rate:
            self.handler.text(self, text)
        else:
            self.handler.too_fast(self, text)

    def _within_rate(self, cost: float = 1) -> bool:
        bounds = self._shared.bounds
        if not bounds.frames_per_second:
            return True
        now = asyncio.get_running_loop().time()
        if self._stamp:
            self._allowance = min(bounds.burst, self._allowance + (now - self._stamp) * bounds.frames_per_second)
        self._stamp = now
        if self._allowance >= cost:
            self._allowance -= cost
            return True
        return False

    def _send_control(self, machine: Machine) -> None:
        """Send what the protocol itself has to say: pongs, pings, the handshake, the end."""
        chunks = machine.data_to_send()
        if not chunks:
            return
        self.flush()
        data = b"".join(chunks)
        if data and not self.transport.is_closing():
            if self._paused and machine.state is OPEN:
                self._out = data
                self.flush()
            else:
                self.transport.write(data)
        if chunks[-1] == b"":  # the protocol is over
            self._begin_closing()
            if machine.parser_exc is not None and not self.transport.is_closing():
                # The client may be in the middle of sending: closing now would reset the connection, and with it the
                # code that says why. What still comes is read and dropped until the client is done, or cut off.
                self.transport.write_eof()
            else:
                self.transport.close()
            self._shared.wheel.after(_CLOSE_SECONDS, self._cut)

    def _begin_closing(self) -> None:
        self.closing = True
        self.has_changed()

    def _cut(self) -> None:
        if not self._lost:
            self.transport.abort()
