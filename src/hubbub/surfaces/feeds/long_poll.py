"""Long polling: the answer waits until there are messages."""

import asyncio
from typing import Annotated

import msgspec
from litestar.types import Send
from msgspec import Meta, Struct

from hubbub.chat.shapes import Message
from hubbub.errors import Unavailable
from hubbub.live.wire.frame import Frame
from hubbub.surfaces.feeds.http_response import FeedResponse
from hubbub.surfaces.feeds.source import start

USUAL_WAIT = 30
"""The time a poll waits by default, in seconds."""


class News(Struct):
    """New messages, oldest first. Poll again with `after` set to `position`."""

    messages: list[Message]
    position: Annotated[str, Meta(examples=["room-1-2"])]


class LongPoll(FeedResponse):
    """200 with `News`, or 204. The `Link` header has the address of the next poll."""

    __slots__ = ("address_after", "position", "wait")

    address_after: str
    position: int | None
    wait: int

    async def respond(self, send: Send) -> None:
        loop = asyncio.get_running_loop()
        deadline = loop.time() + self.wait
        position = await start(self.source, self, self.position)
        # Live events only wake this up, in any order: the messages are read from the store.
        self.source.read_up_to(self, position)
        while True:
            batch = await self.source.read(position)
            position = batch.position
            if batch.messages or loop.time() >= deadline:
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
        cursor = self.source.cursor(position)
        # The next poll waits even if this one did not: a client that follows the link must not poll without a pause.
        link = f'<{self.address_after}?wait={self.wait or USUAL_WAIT}&after={cursor}>; rel="next"'
        headers = [(b"cache-control", b"no-store"), (b"link", link.encode())]
        body = b""
        if batch.messages:
            body = msgspec.json.encode(News([message for _, message in batch.messages], cursor))
            headers += [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
        await send({"type": "http.response.start", "status": 200 if body else 204, "headers": headers})
        await send({"type": "http.response.body", "body": body, "more_body": False})

    def shaped(self, data: bytes) -> bytes | None:
        return b"!"

    def arrived(self, position: int, frame: Frame) -> None:
        self.push(b"!")
