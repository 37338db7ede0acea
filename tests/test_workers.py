"""Several processes on one port are replaced one after another without refusing a connection."""

import asyncio
import json
import os
import signal
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import newcomer, user_id
from tests.http import HttpClient
from tests.nats import Nats
from tests.postgres import Postgres
from tests.server import Server
from tests.watcher import Watcher


@pytest.fixture
def server(tmp_path: Path, postgres: Postgres) -> Iterator[Server]:
    nats = Nats()
    running = Server(tmp_path / "data", "rate_limits=off", "workers=3", f"bus={nats.url}", database=postgres.database())
    yield running
    running.terminate()
    running.stop()
    nats.stop()


def started(server: Server) -> list[int]:
    """The process ids of all workers started so far."""
    lines = (json.loads(line) for line in server.log.splitlines())
    return [line["worker"] for line in lines if line["event"] == "worker_started"]


async def test_workers_are_replaced_and_nobody_notices(server: Server) -> None:
    alice, bob = await newcomer(server.url), await newcomer(server.url)
    room = await alice.create_room("steady", members=[user_id(bob)])
    watchers = [Watcher(client) for client in (alice, bob) for _ in range(6)]
    for watcher in watchers:
        await watcher.start()
    first = started(server)
    assert len(first) == 3
    statuses: Counter[int] = Counter()
    stopping = asyncio.Event()

    async def ask() -> None:
        # A new connection for each request: a refused one would raise.
        while not stopping.is_set():
            async with HttpClient(base_url=server.url, timeout=60) as http:
                statuses[(await http.get("/healthz")).status_code] += 1

    sent = 0

    async def talk() -> None:
        nonlocal sent
        while not stopping.is_set():
            sent += 1
            await watchers[0].live.send(f"m{sent}", room=room.id)

    working = [asyncio.create_task(work) for work in (ask(), ask(), talk())]
    server.process.send_signal(signal.SIGHUP)
    while len(started(server)) < 6 or "replaced" not in server.log:
        await asyncio.sleep(0.1)
    stopping.set()
    await asyncio.gather(*working)
    assert set(statuses) == {200}
    head = (await alice.room(room.id)).version
    for watcher in watchers:
        await watcher.until(lambda w=watcher: w.live.versions.get(room.id) == head, f"version {head}")
        assert watcher.faults == []
        await watcher.stop()
    assert len((await alice.history(room.id, limit=200)).messages) == min(sent, 200)
    for client in (alice, bob):
        await client.__aexit__()


async def test_a_worker_that_dies_is_started_again(server: Server) -> None:
    alice = await newcomer(server.url)
    os.kill(started(server)[0], signal.SIGKILL)
    while len(started(server)) < 4:
        await asyncio.sleep(0.1)
    for _ in range(10):
        await alice.profile()
    await alice.__aexit__()


def test_one_file_is_for_one_process(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="needs PostgreSQL and NATS"):
        Server(tmp_path / "data", "workers=2")
