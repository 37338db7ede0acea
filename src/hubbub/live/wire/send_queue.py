"""The send queue of a connection: bytes collected in a turn of the event loop, written at once, and kept up to a bound
while the client reads slowly (back-pressure)."""

import asyncio
import os
from abc import ABC, abstractmethod
from socket import SocketType
from typing import Any, cast

from hubbub.live.wire.frame import Frame
from hubbub.live.wire.registry import Registry

_CHUNK = 65536
_TOO_SLOW = 4408


class SendQueue(asyncio.Protocol, ABC):
    """The sending half of a `Connection`. `state` belongs to its handler.

    Frames go to the system's `send()` directly: uvloop's `write()` takes twice the processor time. What the system does
    not accept goes to the transport, which reports it at once (its limit is 0) and again when it is written.
    """

    is_many = False

    __slots__ = ("_later", "_out", "_paused", "_shared", "_waiting", "closing", "deflates", "end", "state", "transport")

    def __init__(self, shared: Registry) -> None:
        self.state: Any = None
        self.closing = False
        self.deflates = False
        """Whether the client takes compressed frames."""
        self.transport: asyncio.Transport
        self.end: SocketType | None = None
        """The system's socket, which is the transport's: only it closes it. None where there is none to write to."""
        self._shared = shared
        self._out: bytes | list[bytes] | None = None
        self._later: list[bytes] | None = None
        self._waiting: bytearray | None = None
        self._paused = False

    # asyncio.Protocol

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports behave like asyncio's without deriving from them.
        self.transport = cast(asyncio.Transport, transport)
        self.transport.set_write_buffer_limits(high=0)
        self.end = _end_of(self.transport)

    def connection_lost(self, exc: Exception | None) -> None:
        self.has_changed()
        self.closing = True
        self._out = self._waiting = self._later = None
        if self.end is not None:
            self.end.detach()
            self.end = None

    def pause_writing(self) -> None:
        self.has_changed()
        self._paused = True

    def resume_writing(self) -> None:
        self.has_changed()
        self._paused = False
        # Not all at once: what the transport is handed it copies.
        while self._waiting and not self._paused:
            data = bytes(self._waiting[:_CHUNK])
            del self._waiting[:_CHUNK]
            self.transport.write(data)
        if not self._waiting:
            self._waiting = None

    # Being written to from elsewhere

    @property
    def ready(self) -> "SendQueue | None":
        return None if self.closing or self._paused or self._waiting is not None else self

    def has_changed(self) -> None:
        """Whether the connection is writable is about to change."""
        self._shared.scheduler.epoch += 1

    def write(self, data: bytes) -> None:
        """Hand to the system, if writable, ahead of what is queued here."""
        try:
            sent = 0 if self.end is None else self.end.send(data)
        except OSError:
            sent = 0
        if sent < len(data):
            # An error shows itself to the transport too, which then ends the connection.
            self.transport.write(data[sent:])

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
            self._shared.scheduler.add(self)
        elif isinstance(out, list):
            out.append(data)
        else:
            self._out = [out, data]

    def send_ephemeral(self, data: bytes) -> None:
        """Send with the next durable event, or soon; may be dropped if the client reads too slowly."""
        if self.closing or (self._waiting is not None and len(self._waiting) >= self._shared.bounds.waiting // 2):
            return
        if self._later is None:
            self._later = [data]
            self._shared.scheduler.add_later(self)
        else:
            self._later.append(data)

    async def drained(self) -> None:
        """Wait until the client has read most of what it was sent."""
        while self._waiting and not self.closing:  # noqa: ASYNC110 - an event per socket costs memory
            await asyncio.sleep(0.05)

    def flush(self, budget: int = 1) -> int:
        """Hand what is queued to the system; if too much waits, close. Always counts as 1 connection."""
        out, self._out = self._out, None
        if self._later is not None:
            later, self._later = self._later, None
            # First what could wait: nothing comes after `disconnect`.
            data = b"".join([*later, *(out if isinstance(out, list) else (out or b"",))])
        elif out is None:
            return 1
        else:
            data = b"".join(out) if isinstance(out, list) else out
        waiting = self._waiting
        if not self._paused and waiting is None:
            self.write(data)
            return 1
        if waiting is None:
            waiting = self._waiting = bytearray()
        waiting += data
        if len(waiting) > self._shared.bounds.waiting:
            self._waiting = None
            self.close(_TOO_SLOW, "too slow: read faster, or reconnect and resume")
        return 1

    def abandon(self) -> None:
        """Close without a goodbye: bytes may be lost, so the client must reconnect and resume."""
        self._out = self._later = self._waiting = None
        self.transport.abort()

    @abstractmethod
    def ping(self, payload: bytes) -> None:
        """Send a ping, after everything that was sent before. The handler is called when the pong arrives."""

    @abstractmethod
    def close(self, code: int, reason: str = "") -> None:
        """Close with a code and a reason (RFC 6455, section 7.4). The connection is cut if that is not answered."""


def _end_of(transport: asyncio.Transport) -> SocketType | None:
    """The socket of a connection that is not encrypted here, where an event loop lets others write to it."""
    found = transport.get_extra_info("socket")
    if found is None or os.name != "posix" or transport.get_extra_info("sslcontext") is not None:
        return None
    end = SocketType(found.family, found.type, found.proto, found.fileno())
    end.setblocking(False)
    return end
