"""Long polling: the answer waits until there is something to say."""

import asyncio
from typing import Annotated

import msgspec
from litestar.types import Send
from msgspec import Meta, Struct

from hubbub.chat.shapes import Message
from hubbub.errors import Unavailable
from hubbub.live.wire.frame import Frame
from hubbub.surfaces.feeds.http_response import FeedResponse
from hubbub.surfaces.feeds.source import begin

USUAL_WAIT = 30
"""Seconds that a poll waits when it was not said how long."""


class News(Struct):
    """What is new, oldest first; ask again with `after` set to `position`."""

    messages: list[Message]
    position: Annotated[str, Meta(examples=["room-1-2"])]


class LongPoll(FeedResponse):
    """200 with News, or 204; either way the `Link` header has the address to ask next."""

    __slots__ = ("address_after", "position", "wait")

    address_after: str
    position: int | None
    wait: int

    async def talk(self, send: Send) -> None:
        loop = asyncio.get_running_loop()
        deadline = loop.time() + self.wait
        position = await begin(self.source, self, self.position)
        # What wakes us up need not be in order: it is read from the store.
        self.source.read_up_to(self, position)
        while True:
            stretch = await self.source.read(position)
            position = stretch.position
            if stretch.messages or loop.time() >= deadline:
                break
            try:
                async with asyncio.timeout_at(deadline):
                    await self.take()
            except TimeoutError:
                continue
            if self.closing:
                await self.services.authenticator.identify(self.state.session)
                await self.source.read(None)
                raise Unavailable("The connection ends here. Ask again.")
        word = self.source.word(position)
        # Of a poll that did not wait, the next one does: whoever follows the address is never to ask without a pause.
        link = f'<{self.address_after}?wait={self.wait or USUAL_WAIT}&after={word}>; rel="next"'
        headers = [(b"cache-control", b"no-store"), (b"link", link.encode())]
        body = b""
        if stretch.messages:
            body = msgspec.json.encode(News([message for _, message in stretch.messages], word))
            headers += [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
        await send({"type": "http.response.start", "status": 200 if body else 204, "headers": headers})
        await send({"type": "http.response.body", "body": body, "more_body": False})

    def shaped(self, data: bytes) -> bytes | None:
        return b"!"

    def arrived(self, position: int, frame: Frame) -> None:
        self.push(b"!")
