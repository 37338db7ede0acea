"""One account that asks for as much as it can: sockets that send, and calls that cost the most, one after another.

usage: hostile_load.py PORT TOKEN ROOM SECONDS. Prints what was answered, and how much of it was refused.
"""

import asyncio
import json
import sys
from collections import Counter
from itertools import cycle

from websockets.asyncio.client import connect
from websockets.exceptions import WebSocketException

PORT, TOKEN, ROOM, SECONDS = sys.argv[1], sys.argv[2], int(sys.argv[3]), float(sys.argv[4])
SOCKETS, CALLERS, IN_ADVANCE = 20, 20, 8
MESSAGE = json.dumps({"type": "message", "room": ROOM, "content": "x" * 1000})
CALLS = [
    ("GET", "/conversations", None),
    ("GET", f"/api/rooms/{ROOM}/messages?limit=200", None),
    ("POST", "/api/rooms", {"kind": "private", "members": list(range(1, 50))}),
    ("GET", "/api/sync", None),
    ("POST", f"/api/rooms/{ROOM}/messages", {"content": "x" * 1000}),
    ("POST", "/api/login", {"username": "nobody", "password": "wrong guess"}),
]
answered: Counter[str] = Counter()


async def socket() -> None:
    """Sends without waiting; comes back when it is thrown out."""
    while True:
        try:
            async with connect(
                f"ws://127.0.0.1:{PORT}/ws", additional_headers={"Authorization": f"Bearer {TOKEN}"}, ping_interval=None
            ) as line:
                reading = asyncio.create_task(read(line))
                try:
                    while True:
                        await line.send(MESSAGE)
                        await asyncio.sleep(0.001)
                finally:
                    reading.cancel()
        except (OSError, WebSocketException):
            await asyncio.sleep(0.05)


async def read(line) -> None:
    async for event in line:
        if '"ack"' in event[:20]:
            answered["acks"] += 1
        elif '"error"' in event[:20]:
            answered["frames refused"] += 1


async def caller() -> None:
    """Asks several in advance, always."""
    calls = cycle(CALLS)
    while True:
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", int(PORT), limit=1 << 22)
            for _ in range(IN_ADVANCE):
                writer.write(request(*next(calls)))
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                answered["refused" if b" 429 " in head[:20] else "calls"] += 1
                await body(head.lower(), reader)
                writer.write(request(*next(calls)))
        except (OSError, asyncio.IncompleteReadError):
            await asyncio.sleep(0.05)


async def body(head: bytes, reader: asyncio.StreamReader) -> None:
    if b"transfer-encoding: chunked" in head:
        while size := int(await reader.readuntil(b"\r\n"), 16):
            await reader.readexactly(size + 2)
        await reader.readexactly(2)
    else:
        await reader.readexactly(int(head.partition(b"content-length: ")[2].partition(b"\r\n")[0] or 0))


def request(method: str, path: str, content: dict | None) -> bytes:
    data = b"" if content is None else json.dumps(content).encode()
    kind = "" if content is None else f"Content-Type: application/json\r\nContent-Length: {len(data)}\r\n"
    who = f"Host: localhost:{PORT}\r\nAuthorization: Bearer {TOKEN}\r\n"
    return f"{method} {path} HTTP/1.1\r\n{who}{kind}\r\n".encode() + data


async def main() -> None:
    work = [asyncio.create_task(socket()) for _ in range(SOCKETS)]
    work += [asyncio.create_task(caller()) for _ in range(CALLERS)]
    await asyncio.wait(work, timeout=SECONDS)
    print(" ".join(f"{name.replace(' ', '_')}={count}" for name, count in sorted(answered.items())), flush=True)


asyncio.run(main())
