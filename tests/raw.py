"""A bare WebSocket, to send exactly what a test needs."""

import asyncio
import json
import os
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

PATIENCE = float(os.environ.get("HUBBUB_TEST_PATIENCE", "60"))


class RawSocket:
    """Frames as dictionaries. `expect` waits for an event of a type and skips others. There are no sleeps."""

    def __init__(self, connection: ClientConnection) -> None:
        self.connection = connection
        self.seen: list[dict[str, Any]] = []

    @classmethod
    async def open(cls, url: str, headers: dict[str, str] | None = None, **options: Any) -> "RawSocket":
        options.setdefault("max_size", None)
        options.setdefault("compression", None)
        return cls(await connect(url, additional_headers=headers, ping_interval=None, **options))

    @classmethod
    async def greeted(cls, url: str, token: str) -> "RawSocket":
        """A connection with a bearer token, after its `connect` event."""
        socket = await cls.open(url, {"Authorization": f"Bearer {token}"})
        await socket.send(type="hello")
        await socket.expect("connect")
        return socket

    async def send(self, **frame: Any) -> None:
        await self.connection.send(json.dumps(frame))

    async def send_text(self, text: str) -> None:
        await self.connection.send(text)

    async def next(self) -> dict[str, Any]:
        """The next event of any type."""
        event: dict[str, Any] = json.loads(await asyncio.wait_for(self.connection.recv(), PATIENCE))
        self.seen.append(event)
        return event

    async def expect(self, type_: str, **fields: Any) -> dict[str, Any]:
        """The next event of this type with these fields."""
        while True:
            event = await self.next()
            if event["type"] == type_ and all(event.get(name) == value for name, value in fields.items()):
                return event

    async def ask(self, **frame: Any) -> dict[str, Any]:
        """Send a frame and wait for its ack or error."""
        ref = frame.setdefault("ref", f"r{len(self.seen)}")
        await self.send(**frame)
        while True:
            event = await self.next()
            if event["type"] in ("ack", "error", "pong") and event.get("ref") == ref:
                return event

    async def until_quiet(self) -> list[dict[str, Any]]:
        """All events before the answer to a ping."""
        start = len(self.seen)
        await self.ask(type="ping")
        return self.seen[start:-1]

    async def closed(self) -> int | None:
        """Read to the end; returns the close code."""
        try:
            while True:
                await self.next()
        except ConnectionClosed:
            return self.connection.close_code

    async def close(self) -> None:
        await self.connection.close()
