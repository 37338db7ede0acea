"""Three servers are restarted one after another under many connections: all reconnect and miss nothing."""

import asyncio
import json
import random
from pathlib import Path

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake

from hubbub.client import Client
from hubbub.errors import Unavailable
from tests.cluster import Cluster
from tests.conftest import user_id
from tests.nats import Nats
from tests.plug import InThread, Plug
from tests.postgres import Postgres

PEOPLE = 20


class Follower:
    """One of many connections of a user: it reconnects as the protocol says, and records a room's events."""

    def __init__(self, url: str, client: Client, room: int) -> None:
        self._url = url.replace("http", "ws") + "/ws"
        self._client = client
        self.room = room
        self.versions: list[int] = []
        self.received = asyncio.Event()
        self.faults: list[str] = []
        self.reconnects = -1

    async def follow(self) -> None:
        wait = 0.0
        while True:
            self.reconnects += 1
            try:
                async with connect(self._url, compression=None, ping_interval=None, open_timeout=60) as socket:
                    since = {str(self.room): self.versions[-1]} if self.versions else {}
                    await socket.send(json.dumps({"type": "hello", "token": self._client.token, "since": since}))
                    async for data in socket:
                        event = json.loads(data)
                        wait = event.get("retry_after", wait) if event["type"] == "disconnect" else 0.0
                        self._take(event)
            except (OSError, ConnectionClosed, InvalidHandshake):
                wait = wait or random.uniform(0, 1)
            await asyncio.sleep(wait)

    def _take(self, event: dict) -> None:
        match event["type"]:
            case "connect" if not self.versions:
                self.versions.append(next(room["version"] for room in event["rooms"] if room["id"] == self.room))
            case "message":
                if event["version"] != self.versions[-1] + 1:
                    self.faults.append(f"{event['version']} after {self.versions[-1]}")
                self.versions.append(event["version"])
            case "error" | "resync":
                self.faults.append(str(event))
            case "disconnect" if event["code"] not in (
                1012,
                1013,
            ):  # restart; too many connections at once, to be retried
                self.faults.append(str(event))
        self.received.set()

    async def until(self, version: int) -> None:
        while not self.versions or self.versions[-1] < version:
            self.received.clear()
            await self.received.wait()


@pytest.mark.parametrize("connections", [300, pytest.param(2000, marks=pytest.mark.long)])
async def test_a_rolling_restart_under_load(tmp_path: Path, postgres: Postgres, connections: int) -> None:
    nats = Nats()
    cluster = Cluster(tmp_path, postgres, nats.url, "max_connections_per_address=0")
    front = InThread(Plug(*[server.port for server in cluster.servers]))
    people = [await cluster.person(f"person{'abcdefghijklmnopqrst'[at]}", at=at % 3) for at in range(PEOPLE)]
    rooms = [
        await one.create_room(f"pair {at}", "private", members=[user_id(other)])
        for at, (one, other) in enumerate(zip(people[::2], people[1::2], strict=True))
    ]
    followers = [Follower(front.url, people[at % PEOPLE], rooms[at % PEOPLE // 2].id) for at in range(connections)]
    following = [asyncio.create_task(follower.follow()) for follower in followers]
    for follower in followers:
        await follower.until(1)
    stopping = asyncio.Event()
    sent = 0

    async def talk() -> None:
        """Messages one after another, each to the next room, through whichever server answers."""
        nonlocal sent
        speakers = [Client(front.url, one.token) for one in people[::2]]
        while not stopping.is_set():
            try:
                await speakers[sent % len(rooms)].send(f"m{sent}", room=rooms[sent % len(rooms)].id, key=f"m{sent}")
            except Unavailable:
                continue  # its connection was cut: retry with the same key
            sent += 1
            await asyncio.sleep(0.05)  # a realistic rate, as the restarts are what is tested
        for speaker in speakers:
            await speaker.__aexit__()

    async def everybody_heard_all() -> dict[int, int]:
        """Wait until all have the rooms' present versions."""
        heads = {room.id: (await people[2 * at].room(room.id)).version for at, room in enumerate(rooms)}
        await asyncio.gather(*(follower.until(heads[follower.room]) for follower in followers))
        return heads

    talking = asyncio.create_task(talk())
    for server in cluster.servers:
        assert await asyncio.to_thread(server.terminate, 60) == 0
        await asyncio.to_thread(server.start)
        # As an operator does, wait until all clients are back before the next restart.
        await everybody_heard_all()
    stopping.set()
    await talking
    heads = await everybody_heard_all()
    assert [fault for follower in followers for fault in follower.faults] == []
    assert sum(follower.reconnects > 0 for follower in followers) > connections / 2
    for room, at in zip(rooms, range(PEOPLE // 2), strict=True):
        assert heads[room.id] - room.version == len(range(at, sent, PEOPLE // 2))
    for task in following:
        task.cancel()
    await asyncio.wait(following)
    front.stop()
    cluster.stop()
    nats.stop()
