"""Server-sent events (WHATWG HTML, section 9.2): `id` is the position, `event` the type, `data` the event."""

from typing import ClassVar

import msgspec
from litestar.types import Send
from msgspec import Struct

from hubbub.errors import HubbubError
from hubbub.live.wire.frame import Frame, payload
from hubbub.surfaces.feeds.http_response import FeedResponse
from hubbub.surfaces.feeds.source import backlog, start

_RETRY_MS = 2000


class _Header(Struct):
    type: str
    version: int | None = None


_decoder = msgspec.json.Decoder(_Header)


class EventStream(FeedResponse):
    __slots__ = ("position",)

    # The last event, encoded: all readers of a room are sent the same bytes.
    _last: ClassVar[tuple[bytes, bytes | None]] = (b"", None)

    position: int | None

    async def respond(self, send: Send) -> None:
        # Before the status line, so that a refusal has a status of its own, and no event is lost after it.
        position = await start(self.source, self, self.position)
        await send(
            {
                "type": "http.response.start",
                "status": 200,
                "headers": [
                    (b"content-type", b"text/event-stream"),
                    (b"cache-control", b"no-store"),
                    (b"x-accel-buffering", b"no"),
                ],
            }
        )
        # With the position, for a client that loses the connection before the first event.
        await self._send(send, b"retry: %d\nid: %s\n\n" % (_RETRY_MS, self.source.cursor(position).encode()))
        try:
            async for missed in backlog(self.source, self, position):
                await self._send(send, b"".join(self._positioned(at, frame) for at, frame in missed))
        except HubbubError:
            self.close(1000)
        while chunk := await self.take():
            await self._send(send, chunk)
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _send(self, send: Send, chunk: bytes) -> None:
        await send({"type": "http.response.body", "body": chunk, "more_body": True})

    def shaped(self, data: bytes) -> bytes | None:
        last, encoded = EventStream._last
        if data is not last:
            encoded = self._encode(payload(data))
            EventStream._last = data, encoded
        return encoded

    def arrived(self, position: int, frame: Frame) -> None:
        self.push(self._positioned(position, frame))

    def beat(self) -> None:
        super().beat()
        self.push(b":\n\n")

    def _positioned(self, position: int, frame: Frame) -> bytes:
        data = payload(frame.plain)
        return _event(self.source.cursor(position), _decoder.decode(data).type, data)

    def _encode(self, data: bytes) -> bytes | None:
        header = _decoder.decode(data)
        if header.version is not None:
            return _event(self.source.cursor(header.version), header.type, data)
        # Events for this reader alone have no position; of those only `disconnect` is sent.
        return b"event: %s\ndata: %s\n\n" % (header.type.encode(), data) if header.type == "disconnect" else None


def _event(cursor: str, kind: str, data: bytes) -> bytes:
    return b"id: %s\nevent: %s\ndata: %s\n\n" % (cursor.encode(), kind.encode(), data)
