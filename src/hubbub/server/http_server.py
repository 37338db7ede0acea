"""uvicorn, as Hubbub runs it: with its own shutdown, bounds of requests and the WebSocket protocol."""

import asyncio
import gc
import socket
import sys
from collections.abc import Sequence
from typing import Any

import structlog
import uvicorn
from litestar import Router

from hubbub.chat.accounts import SeenLast
from hubbub.chat.transaction import Store
from hubbub.errors import HubbubError
from hubbub.live.wire.connection import Connection
from hubbub.live.wire.feed import Feeds
from hubbub.live.wire.http import BoundedHttp
from hubbub.live.wire.registry import Registry
from hubbub.live.wire.request_bounds import RequestBounds
from hubbub.server import workers
from hubbub.server.lifeline import print_to_operator
from hubbub.server.listening import url
from hubbub.server.settings import Settings
from hubbub.surfaces.http import http_app
from hubbub.surfaces.services import Services
from hubbub.surfaces.socket.handler import ChatSocket

_ASKING_SECONDS = 2
_log = structlog.get_logger("server")


class HttpServer(uvicorn.Server):
    """uvicorn's server with our shutdown: finish pending commits, say goodbye to clients, close."""

    def __init__(
        self,
        config: uvicorn.Config,
        handler: ChatSocket,
        feeds: Feeds,
        store: Store,
        requests: RequestBounds,
        worker: workers.Inherited | None,
    ) -> None:
        super().__init__(config)
        self._worker = worker
        self._requests = requests
        self._handler = handler
        self._feeds = feeds
        self._store = store
        self.announcement: str | None = None
        """What to print for the operator when it listens."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        assert sockets is not None
        # What is alive now stays: the collector need not look at it again.
        gc.collect()
        gc.freeze()
        gc.set_threshold(50_000, 50, 100)
        gc.enable()
        # The store's threads let go of the interpreter at each statement, and would get it back after 5 ms from a loop
        # that has much to send: a client that comes back waits for a dozen of those.
        sys.setswitchinterval(0.0005)
        shown = " and ".join(url(each) for each in sockets)
        _log.info("listening", url=shown)
        if self._worker is None:
            print_to_operator(f"Hubbub is listening on {shown}")
        else:
            self._worker.line.say(f"ready {shown}")
        if self.announcement is not None:
            print_to_operator(self.announcement)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        _log.info("draining", connections=len(self.server_state.connections))
        self._handler.draining = True
        for server in self.servers:
            server.close()
        await self._requests.finished(_ASKING_SECONDS)
        try:
            # Everything submitted before this is stored and answered before it is.
            await self._store.write(SeenLast({}))
        except HubbubError as error:
            _log.error("drain_failed", error=str(error))
        self._feeds.close_all(1012, "the server restarts")
        await asyncio.sleep(0)
        await super().shutdown(sockets)

    def handle_exit(self, sig: int, frame: Any) -> None:
        # Not kept in _captured_signals: a stop that was asked for and went well ends with exit code 0.
        if self.should_exit:
            self.force_exit = True
        self.should_exit = True


def http_server_config(
    settings: Settings,
    services: Services,
    handler: ChatSocket,
    sockets: Registry,
    requests: RequestBounds,
    of_plugins: Sequence[Router],
) -> uvicorn.Config:
    class Http(BoundedHttp):
        bounds = requests

    def make_socket(config: uvicorn.Config, server_state: Any, app_state: Any) -> Connection:
        return Connection(handler, sockets, server_state.connections)

    ws: Any = make_socket
    return uvicorn.Config(
        http_app(services, settings.body_bytes, settings.dialects, of_plugins),
        http=Http,
        ws=ws,
        lifespan="off",
        interface="asgi3",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        backlog=4096,
        timeout_keep_alive=30,
        timeout_graceful_shutdown=settings.drain_seconds,
    )
