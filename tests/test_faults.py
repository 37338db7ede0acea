"""Several servers with faults between them: killed, frozen, partitioned, with lost messages."""

import asyncio
import os
import random
import signal
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest

from hubbub.errors import Unavailable
from tests.conftest import newcomer, user_id
from tests.nats import Nats
from tests.plug import InThread, LossyNats, Plug
from tests.postgres import Postgres
from tests.server import Server
from tests.test_machine import behaves_like_its_model
from tests.watcher import Watcher

SENDERS = 4
_PAUSE_SECONDS = 0.02
"""Between two messages of one of them: enough that something is always under way, and no load for its own sake."""


@pytest.fixture
def mortal() -> Iterator[Postgres]:
    """A PostgreSQL server for one test, to be stopped."""
    running = Postgres()
    yield running
    running.remove()


class Crowd:
    """Three servers behind one address, and users who talk in one room through it."""

    def __init__(self, servers: list[Server]) -> None:
        self.servers = servers
        self.front = InThread(Plug(*[server.port for server in servers]))
        self.watchers: list[Watcher] = []
        self.room = 0
        self.acknowledged: dict[int, tuple[int, str]] = {}
        self.unavailable = 0
        self._progress = asyncio.Condition()
        self._stopping = asyncio.Event()
        self._talking: list[asyncio.Task[None]] = []

    async def begin(self) -> None:
        clients = [await newcomer(self.front.url) for _ in range(SENDERS)]
        self.room = (await clients[0].create_room("storm", members=[user_id(client) for client in clients[1:]])).id
        self.watchers = [Watcher(client) for client in clients]
        for watcher in self.watchers:
            await watcher.start()
        self._talking = [asyncio.create_task(self._talk(watcher, lane)) for watcher in self.watchers for lane in (1, 2)]

    async def _talk(self, watcher: Watcher, lane: int) -> None:
        number = 0
        while not self._stopping.is_set():
            number += 1
            user, text = user_id(watcher.client), f"{user_id(watcher.client)}.{lane}.{number}"
            while True:
                try:
                    stored = await watcher.live.send(text, room=self.room, key=text)
                    break
                except Unavailable:
                    self.unavailable += 1
                    await asyncio.sleep(0.2)
            assert stored.seq not in self.acknowledged
            self.acknowledged[stored.seq] = (user, text)
            async with self._progress:
                self._progress.notify_all()
            await asyncio.sleep(_PAUSE_SECONDS)

    async def progress(self, more: int) -> None:
        """Wait until as many more messages were acknowledged."""
        goal = len(self.acknowledged) + more
        async with self._progress:
            await self._progress.wait_for(lambda: len(self.acknowledged) >= goal)

    async def all_is_well(self) -> None:
        """The stored messages are the acknowledged ones, without gaps, and every client received each once and in
        order."""
        self._stopping.set()
        await asyncio.gather(*self._talking)
        reader = self.watchers[0].client
        stored: dict[int, tuple[int, str]] = {}
        while (page := await reader.history(self.room, after=len(stored), limit=200)).messages:
            stored |= {message.seq: (message.sender.id, message.content) for message in page.messages}
        assert stored == self.acknowledged
        assert sorted(stored) == list(range(1, len(stored) + 1))
        head = (await reader.room(self.room)).version
        for watcher in self.watchers:
            await watcher.until(lambda w=watcher: w.live.versions.get(self.room) == head, f"version {head}")
            assert watcher.faults == []
            copy = {seq: (message.sender.id, message.content) for seq, message in watcher.copies[self.room].items()}
            assert copy == stored

    async def end(self) -> None:
        self._stopping.set()
        for task in self._talking:
            task.cancel()
        for watcher in self.watchers:
            await watcher.stop()
            await watcher.client.__aexit__()
        self.front.stop()
        for server in self.servers:
            server.stop()


MakeCrowd = Callable[..., "asyncio.Future[Crowd]"]


@pytest.fixture
async def crowd(tmp_path: Path, postgres: Postgres) -> AsyncIterator[MakeCrowd]:
    """`await crowd(bus)`: three servers that share it, and users who talk."""
    made: list[Crowd] = []

    async def make(bus: str, *prefixes: tuple[str, ...], database: str = "") -> Crowd:
        database = database or postgres.database()
        settings = ("rate_limits=off", "resync_after=100000", f"bus={bus}")
        prefixes = prefixes or ((), (), ())
        servers = [
            Server(tmp_path / f"node{number}", *settings, database=database, prefix=prefix)
            for number, prefix in enumerate(prefixes)
        ]
        found = Crowd(servers)
        made.append(found)
        await found.begin()
        return found

    yield make
    for each in made:
        await each.end()


@pytest.mark.parametrize("examples", [3, pytest.param(20, marks=pytest.mark.long)])
def test_the_chat_behaves_like_its_model_on_three_servers(
    tmp_path: Path, postgres: Postgres, nats: Nats, examples: int
) -> None:
    database = postgres.database()
    servers = [
        Server(tmp_path / f"node{number}", "rate_limits=off", f"bus={nats.url}", database=database)
        for number in range(3)
    ]
    front = InThread(Plug(*[server.port for server in servers]))
    try:
        behaves_like_its_model(front.url, examples)
    finally:
        front.stop()
        for server in servers:
            server.stop()


@pytest.mark.parametrize("kills", [3, pytest.param(9, marks=pytest.mark.long)])
async def test_servers_are_killed_under_load(crowd: MakeCrowd, nats: Nats, kills: int) -> None:
    chat = await crowd(nats.url)
    chance = random.Random(11)
    for _ in range(kills):
        await chat.progress(chance.randint(20, 150))
        server = chance.choice(chat.servers)
        await asyncio.to_thread(server.kill)
        await chat.progress(30)
        await asyncio.to_thread(server.start)
    await chat.all_is_well()
    assert any(watcher.live.reconnects for watcher in chat.watchers)


async def test_nats_is_gone_for_a_while(crowd: MakeCrowd, nats: Nats) -> None:
    chat = await crowd(nats.url)
    await chat.progress(50)
    await asyncio.to_thread(nats.stop)
    await asyncio.sleep(20)
    await chat.progress(50)
    await asyncio.to_thread(nats.start)
    await chat.progress(50)
    await chat.all_is_well()
    assert chat.unavailable == 0


async def test_every_tenth_message_on_the_bus_is_lost(crowd: MakeCrowd, nats: Nats) -> None:
    lossy = LossyNats(nats.port)
    line = InThread(lossy)
    chat = await crowd(line.url.replace("http", "nats"))
    await chat.progress(1500)
    await chat.all_is_well()
    assert lossy.lost > 50
    line.stop()


async def test_postgresql_is_gone_for_a_while(mortal: Postgres, crowd: MakeCrowd, nats: Nats) -> None:
    chat = await crowd(nats.url, database=mortal.database())
    await chat.progress(50)
    await asyncio.to_thread(mortal.stop)
    await asyncio.sleep(20)
    assert chat.unavailable > 0
    await asyncio.to_thread(mortal.start)
    await chat.progress(100)
    await chat.all_is_well()


@pytest.mark.long
async def test_a_server_is_frozen_for_a_while(crowd: MakeCrowd, nats: Nats) -> None:
    chat = await crowd(nats.url)
    await chat.progress(50)
    frozen = chat.servers[1].process.pid
    os.kill(frozen, signal.SIGSTOP)
    await asyncio.sleep(20)
    os.kill(frozen, signal.SIGCONT)
    await chat.progress(50)
    await chat.all_is_well()


@pytest.mark.long
async def test_two_clocks_are_a_minute_apart(crowd: MakeCrowd, nats: Nats) -> None:
    chat = await crowd(nats.url, (), ("faketime", "-f", "+60s"), ("faketime", "-f", "-60s"))
    await chat.progress(300)
    await chat.all_is_well()
    reader = chat.watchers[0].client
    messages = (await reader.history(chat.room, limit=200)).messages
    assert [message.at for message in messages] == sorted(message.at for message in messages)
