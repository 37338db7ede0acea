"""The server's own socket class with a handler that sends everything back: what the Autobahn test suite expects."""

import asyncio
import socket
import sys
from typing import Any

import uvicorn
from websockets.http11 import Request

from hubbub.live.wire.bounds import Bounds
from hubbub.live.wire.connection import Connection
from hubbub.live.wire.flush_scheduler import FlushScheduler
from hubbub.live.wire.frame import BINARY, Frame
from hubbub.live.wire.http import BoundedHttp, RequestBounds
from hubbub.live.wire.registry import Registry
from hubbub.live.wire.timer_wheel import TimerWheel

_BOUNDS = Bounds(frame=64 << 20, waiting=256 << 20, frames_per_second=0)


class Echo:
    """`hubbub.live.wire.handler.Handler`."""

    def requested(self, socket: Connection, request: Request) -> None:
        """Everybody is welcome."""

    def opened(self, socket: Connection) -> None:
        """Nothing to say."""

    def text(self, socket: Connection, text: str) -> None:
        socket.send(Frame(text.encode()))

    def binary(self, socket: Connection, data: bytes) -> None:
        socket.send(Frame(data, BINARY))

    def too_fast(self, socket: Connection, text: str | None) -> None:
        """There is no such thing here."""

    def ponged(self, socket: Connection, payload: bytes) -> None:
        """Nobody asked."""

    def beating(self, socket: Connection) -> None:
        """It may stay."""

    def closed(self, socket: Connection) -> None:
        """Gone."""

    def shutdown(self, socket: Connection) -> None:
        socket.close(1001)


async def _nothing(scope: Any, receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 404, "headers": []})
    await send({"type": "http.response.body", "body": b""})


async def main(port: int) -> None:
    wheel = TimerWheel()
    sockets = Registry(_BOUNDS, wheel, None, FlushScheduler())

    def make_socket(config: uvicorn.Config, server_state: Any, app_state: Any) -> Connection:
        return Connection(Echo(), sockets, server_state.connections)

    ws: Any = make_socket

    class Http(BoundedHttp):
        bounds = RequestBounds(wheel, 65536, 30, 30)

    config = uvicorn.Config(_nothing, http=Http, ws=ws, lifespan="off", log_level="warning")
    wheel.start()
    await uvicorn.Server(config).serve([socket.create_server(("127.0.0.1", port), backlog=128)])


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))
