"""What a connection is sent: gathered during a turn of the event loop, written at once, and kept while the client reads
slowly, up to a bound."""

import asyncio
from abc import ABC, abstractmethod

from hubbub.live.frame import Frame
from hubbub.live.sockets import Sockets

TRANSPORT_BUFFER = 65536
_TOO_SLOW = 4408


class Outgoing(asyncio.Protocol, ABC):
    """The sending half of a `hubbub.live.socket.Socket`."""

    __slots__ = ("_later", "_out", "_paused", "_shared", "_waiting", "closing", "deflates", "transport")

    def __init__(self, shared: Sockets) -> None:
        self.closing = False
        self.deflates = False
        """Whether the client takes compressed frames."""
        self.transport: asyncio.Transport
        self._shared = shared
        self._out: bytes | list[bytes] | None = None
        self._later: list[bytes] | None = None
        self._waiting: bytearray | None = None
        self._paused = False

    # asyncio.Protocol

    def pause_writing(self) -> None:
        self._paused = True

    def resume_writing(self) -> None:
        self._paused = False
        # As much at a time as the transport holds: what it is handed it copies.
        while self._waiting and not self._paused:
            data = bytes(self._waiting[:TRANSPORT_BUFFER])
            del self._waiting[:TRANSPORT_BUFFER]
            self.transport.write(data)
        if not self._waiting:
            self._waiting = None

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
            self.close(_TOO_SLOW, "too slow: read faster, or reconnect and resume")
            return False
        return True

    @abstractmethod
    def close(self, code: int, reason: str = "") -> None:
        """Close with a code and a reason (RFC 6455, section 7.4). The connection is cut if that is not answered."""
