"""The server's own socket class with a handler that sends everything back: what the Autobahn test suite expects."""

import asyncio
import socket
import sys
from typing import Any

import uvicorn
from websockets.http11 import Request

from hubbub.live.bounds import Bounds
from hubbub.live.frame import BINARY, Frame
from hubbub.live.http import BoundedHttp, RequestBounds
from hubbub.live.socket import Socket
from hubbub.live.sockets import Sockets
from hubbub.live.wheel import Wheel
from hubbub.live.writes import Writes

_BOUNDS = Bounds(frame=64 << 20, waiting=256 << 20, frames_per_second=0)


class Echo:
    """`hubbub.live.handler.Handler`."""

    def requested(self, socket: Socket, request: Request) -> None:
        """Everybody is welcome."""

    def opened(self, socket: Socket) -> None:
        """Nothing to say."""

    def text(self, socket: Socket, text: str) -> None:
        socket.send(Frame(text.encode()))

    def binary(self, socket: Socket, data: bytes) -> None:
        socket.send(Frame(data, BINARY))

    def too_fast(self, socket: Socket, text: str | None) -> None:
        """There is no such thing here."""

    def ponged(self, socket: Socket, payload: bytes) -> None:
        """Nobody asked."""

    def beating(self, socket: Socket) -> None:
        """It may stay."""

    def closed(self, socket: Socket) -> None:
        """Gone."""

    def shutdown(self, socket: Socket) -> None:
        socket.close(1001)


async def _nothing(scope: Any, receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 404, "headers": []})
    await send({"type": "http.response.body", "body": b""})


async def main(port: int) -> None:
    wheel = Wheel()
    sockets = Sockets(_BOUNDS, wheel, None, Writes())

    def make_socket(config: uvicorn.Config, server_state: Any, app_state: Any) -> Socket:
        return Socket(Echo(), sockets, server_state.connections)

    ws: Any = make_socket

    class Http(BoundedHttp):
        bounds = RequestBounds(wheel, 65536, 30, 30)

    config = uvicorn.Config(_nothing, http=Http, ws=ws, lifespan="off", log_level="warning")
    wheel.start()
    await uvicorn.Server(config).serve([socket.create_server(("127.0.0.1", port), backlog=128)])


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))
