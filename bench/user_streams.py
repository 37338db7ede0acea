"""A user's stream of a million entries, read and resumed from any position; and what marking as read costs."""

import asyncio
import json
import random
import statistics
import time
import urllib.request
from collections.abc import Coroutine
from contextlib import closing
from pathlib import Path

from websockets.asyncio.client import ClientConnection, connect

import seed
from hubbub.store.sql.sqlite_file import connect as open_database
from load import Figures
from server import Hubbub, serving

ENTRIES, ROOMS, TIMES, READS = 1_000_000, 100, 500, 5_000


def stream() -> Figures:
    """REST pages of 50 entries with their messages, and resumes of 50 entries over the socket, from random positions;
    then read markers, one after the other."""
    with serving(ROOMS, 2, public=False, prepare=_many_entries) as (server, tokens, _):
        token = tokens.read_text().splitlines()[0]
        places = random.Random(1)
        pages = [_page(server.port, token, places.randrange(ENTRIES - 50)) for _ in range(TIMES)]
        return {
            "page_p50_ms": statistics.median(pages),
            "page_p99_ms": statistics.quantiles(pages, n=100)[98],
            **asyncio.run(_over_the_socket(server, token)),
        }


def _many_entries(data: Path) -> None:
    """A million messages that mention the first user."""
    seed.messages(data, ENTRIES, ROOMS)
    with closing(open_database(data / "hubbub.db")) as database:
        # A member of every room, so that all of them can be read.
        database.execute(
            "INSERT INTO members (room_id, user_id, version, read_seq, joined_at, rank) "
            "SELECT id, 1, 1, 0, 1, 'member' FROM rooms WHERE id > 1"
        )
        database.execute(
            "INSERT INTO inbox (user_id, position, kind, room_id, seq, version) "
            "SELECT 1, row_number() OVER (ORDER BY seq, room_id), 'mention', room_id, seq, version FROM messages"
        )


def _page(port: int, token: str, after: int) -> float:
    """Milliseconds of one page."""
    address = f"http://127.0.0.1:{port}/api/stream?after={after}&limit=50"
    request = urllib.request.Request(address, headers={"Authorization": f"Bearer {token}"})
    began = time.perf_counter()
    with urllib.request.urlopen(request) as answer:
        body = answer.read()
    taken = (time.perf_counter() - began) * 1000
    assert len(json.loads(body)["entries"]) == 50
    return taken


async def _over_the_socket(server: Hubbub, token: str) -> Figures:
    async with connect(f"ws://127.0.0.1:{server.port}/ws", compression=None, max_size=None) as socket:
        await socket.send(json.dumps({"type": "hello", "token": token}))
        await _until(socket, "connect")
        resumed = []
        for number in range(TIMES):
            without = await _timed(_ask(socket, "hello", "connect", ref=number))
            with_stream = _ask(socket, "hello", "stream", stream={"since": ENTRIES - 50})
            resumed.append(await _timed(with_stream) - without)
        used = server.cpu
        for number in range(READS):
            await _ask(socket, "read", "ack", room=number % ROOMS + 1, seq=number // ROOMS + 1, ref=number)
        return {
            "resume_p50_ms": statistics.median(resumed),
            "resume_p99_ms": statistics.quantiles(resumed, n=100)[98],
            "server_us_each_read": (server.cpu - used) / READS * 1e6,
        }


async def _timed(work: Coroutine[None, None, None]) -> float:
    began = time.perf_counter()
    await work
    return (time.perf_counter() - began) * 1000


async def _ask(socket: ClientConnection, type_: str, answer: str, **fields: object) -> None:
    await socket.send(json.dumps({"type": type_, **fields}))
    await _until(socket, answer)


async def _until(socket: ClientConnection, type_: str) -> None:
    while json.loads(await socket.recv())["type"] != type_:
        pass
