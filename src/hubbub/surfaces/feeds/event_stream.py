"""Server-sent events (WHATWG HTML, section 9.2): `id` is the position, `event` the type, `data` the event itself."""

from typing import ClassVar

import msgspec
from litestar.types import Send
from msgspec import Struct

from hubbub.errors import HubbubError
from hubbub.live.wire.frame import Frame, payload
from hubbub.surfaces.feeds.http_response import FeedResponse
from hubbub.surfaces.feeds.source import backlog, begin

_RETRY_MS = 2000


class _Told(Struct):
    type: str
    version: int | None = None


_decoder = msgspec.json.Decoder(_Told)


class EventStream(FeedResponse):
    __slots__ = ("position",)

    # Every reader of a room is given the same bytes: what was made of the last ones serves them all.
    _last: ClassVar[tuple[bytes, bytes | None]] = (b"", None)

    position: int | None

    async def talk(self, send: Send) -> None:
        # Before anything is sent, so that a refusal is an answer of its own, and what follows the first line is told.
        position = await begin(self.source, self, self.position)
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
        # The position too: a reader whose line breaks before the first event comes back with it.
        await self._say(send, b"retry: %d\nid: %s\n\n" % (_RETRY_MS, self.source.word(position).encode()))
        try:
            async for missed in backlog(self.source, self, position):
                await self._say(send, b"".join(self._positioned(at, frame) for at, frame in missed))
        except HubbubError:
            self.close(1000)
        while chunk := await self.take():
            await self._say(send, chunk)
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _say(self, send: Send, chunk: bytes) -> None:
        await send({"type": "http.response.body", "body": chunk, "more_body": True})

    def shaped(self, data: bytes) -> bytes | None:
        last, made = EventStream._last
        if data is not last:
            made = self._made(payload(data))
            EventStream._last = data, made
        return made

    def arrived(self, position: int, frame: Frame) -> None:
        self.push(self._positioned(position, frame))

    def beat(self) -> None:
        super().beat()
        self.push(b":\n\n")

    def _positioned(self, position: int, frame: Frame) -> bytes:
        data = payload(frame.plain)
        return _event(self.source.word(position), _decoder.decode(data).type, data)

    def _made(self, data: bytes) -> bytes | None:
        told = _decoder.decode(data)
        if told.version is not None:
            return _event(self.source.word(told.version), told.type, data)
        # What is said to this reader alone has no position.
        return b"event: %s\ndata: %s\n\n" % (told.type.encode(), data) if told.type == "disconnect" else None


def _event(word: str, kind: str, data: bytes) -> bytes:
    return b"id: %s\nevent: %s\ndata: %s\n\n" % (word.encode(), kind.encode(), data)
