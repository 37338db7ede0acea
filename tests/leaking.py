"""Run by `test_memory.py`: a server in this process, to count the objects it still holds of clients that left.

Prints a JSON object of the classes whose count grew by nearly one per client, with the garbage collector off.
"""

import asyncio
import gc
import json
import sys
from collections import Counter
from typing import Any

import httpx

from hubbub.client import Client
from hubbub.server import app, logs
from hubbub.server.setting_sources import load
from tests.http import HttpClient
from tests.raw import RawSocket

PASSWORD = "correct horse"
TIMES = 20


def held() -> Counter[str]:
    kinds = (type(each) for each in gc.get_objects())
    names = (f"{kind.__module__}.{kind.__qualname__}" for kind in kinds if isinstance(kind.__module__, str))
    return Counter(name for name in names if name.startswith(("hubbub.", "litestar.", "uvicorn.")))


async def come_and_go(url: str, client: Client, room: int) -> None:
    assert client.token is not None
    dropped = await RawSocket.greeted(url.replace("http", "ws") + "/ws", client.token)
    dropped.connection.transport.abort()
    closed = await RawSocket.greeted(url.replace("http", "ws") + "/ws", client.token)
    await closed.close()
    headers = {"Authorization": f"Bearer {client.token}", "Accept": "text/event-stream"}
    async with (
        HttpClient(base_url=url, headers=headers) as http,
        http.stream("GET", f"/room/{room}/subscribe") as stream,
    ):
        async for _ in stream.aiter_lines():
            break
    for path in (f"/room/{room}/subscribe", "/user/alice/messages/subscribe", "/ws"):
        await give_up(url, client, path)


async def give_up(url: str, client: Client, path: str) -> None:
    """Disconnect while the server is still reading the answer."""
    address = httpx.URL(url)
    for turns in range(8):
        _, writer = await asyncio.open_connection(address.host, address.port)
        writer.write(
            f"GET {path} HTTP/1.1\r\nHost: {address.host}:{address.port}\r\nAuthorization: Bearer {client.token}\r\n"
            "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n".encode()
        )
        for _ in range(turns):
            await asyncio.sleep(0)
        writer.transport.abort()


async def drive(server: Any, port: int) -> None:
    url = f"http://127.0.0.1:{port}"
    async with Client(url) as client:
        await client.register("alice", PASSWORD)
        await client.sign_in("alice", PASSWORD, "test")
        room = (await client.create_room("room")).id
        await come_and_go(url, client, room)
        gc.collect()
        before = held()
        for _ in range(TIMES):
            await come_and_go(url, client, room)
        # Wait for the last timers of the clients that left: what is held after that, leaks.
        for _ in range(120):
            grown = {name: count - before[name] for name, count in held().items() if count >= before[name] + TIMES // 2}
            if not grown:
                break
            await asyncio.sleep(0.5)
    json.dump(grown, sys.stdout)
    sys.stdout.flush()
    server.should_exit = True


class Server(app.HttpServer):
    async def startup(self, sockets: Any = None) -> None:
        await super().startup(sockets)
        gc.disable()
        gc.unfreeze()
        self.driving = asyncio.get_running_loop().create_task(drive(self, sockets[0].getsockname()[1]))


app.HttpServer = Server  # type: ignore[misc]
options = {"port": "0", "data": sys.argv[1], "log_level": "error", "log_format": "json", "rate_limits": "off"}
logs.configure("json", "error")
app.serve(load(options, {}, None)[0])
