"""Broadcasts to very many subscribers: each gets what was published while they were subscribed, once and in order.

Subscribers join, leave, catch up, stall and close meanwhile, on real sockets.
"""

import asyncio
import re
import socket
import zlib
from collections.abc import Callable
from typing import Any

import pytest
import uvloop
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from hubbub.chat.events import RoomCommitted, RoomEvent
from hubbub.chat.presence import Presence
from hubbub.live.rooms.hub import Hub
from hubbub.live.rooms.receipts import Receipts
from hubbub.live.sync import topic
from hubbub.live.sync.interest import NoInterest
from hubbub.live.sync.subscription import Subscription
from hubbub.live.sync.subscriptions import Subscriptions
from hubbub.live.wire import flush_scheduler
from hubbub.live.wire.bounds import Bounds
from hubbub.live.wire.flush_scheduler import FlushScheduler
from hubbub.live.wire.frame import Frame
from hubbub.live.wire.registry import Registry
from hubbub.live.wire.send_queue import SendQueue
from hubbub.live.wire.timer_wheel import TimerWheel
from tests.raw import PATIENCE

ROOM = 7
LINES = 6
FAREWELL = Frame(b'"farewell"')
LONG_WORD = Frame(b'"word' + b"x" * 20000 + b'"')

lines = st.integers(0, LINES - 1)
steps = st.one_of(
    st.tuples(st.just("publish"), st.sampled_from([1, 600, 60000])),
    st.tuples(st.just("turn"), st.integers(1, 3)),
    st.tuples(st.just("read"), lines),
    st.tuples(st.sampled_from(["come", "come_held", "synchronised", "go", "word", "farewell", "cut"]), lines),
)


class Line(SendQueue):
    """A connection to a client that reads on request, with what it was to receive and what it received."""

    def __init__(self, shared: Registry, number: int) -> None:
        super().__init__(shared)
        self.state = Subscriptions(number, number)
        self.deflates = number % 2 == 0
        self.listens = False
        self.held: list[int] | None = None
        self.promised: list[int | str] = []
        self.got = b""
        self.lost = asyncio.Event()
        self.cut = False

    async def connect(self) -> "Line":
        here, self.there = socket.socketpair()
        here.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
        here.setblocking(False)
        self.there.setblocking(False)
        await asyncio.get_running_loop().create_connection(lambda: self, sock=here)
        return self

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self.lost.set()

    def close(self, code: int, reason: str = "") -> None:
        self.flush()
        self.closing = True
        self.has_changed()

    def ping(self, payload: bytes) -> None:
        raise AssertionError("nobody is asked in this room")

    def read(self) -> None:
        try:
            while data := self.there.recv(65536):
                self.got += data
        except BlockingIOError:
            pass

    async def read_to_the_end(self) -> list[int | str]:
        """The versions received, and the `disconnect`. Events of other rooms may come at any time."""

        async def rest() -> None:
            while data := await asyncio.get_running_loop().sock_recv(self.there, 65536):
                self.got += data

        reading = asyncio.create_task(rest())
        while self._waiting or self._out or self._paused:
            await asyncio.sleep(0)
        self.transport.close()
        await reading
        self.there.close()
        await self.lost.wait()
        return [told(payload) for payload in payloads(self.got) if payload[:5] != b'"word']


def payloads(data: bytes) -> list[bytes]:
    found = []
    while data:
        head, size, start = data[0], data[1], 2
        if size >= 126:
            start = 4 if size == 126 else 10
            size = int.from_bytes(data[2:start], "big")
        payload, data = data[start : start + size], data[start + size :]
        assert len(payload) == size
        found.append(zlib.decompressobj(-15).decompress(payload + b"\0\0\xff\xff") if head & 0x40 else payload)
    return found


def told(payload: bytes) -> int | str:
    if payload == b'"farewell"':
        return "farewell"
    version = re.search(rb'"version":(\d+)', payload)
    assert version is not None
    return int(version[1])


class Crowd:
    """A hub with one room; runs events and subscriptions step by step."""

    def __init__(self) -> None:
        shared = Registry(Bounds(waiting=1 << 30), TimerWheel(), None, FlushScheduler())
        self.hub = Hub(TimerWheel(), Presence(), Receipts(lambda marks: None, 0), 1000, NoInterest(), shared.scheduler)
        self.lines = [Line(shared, number) for number in range(LINES)]
        self.version = 0

    def publish(self, size: int) -> None:
        self.version += 1
        # Incompressible data.
        words = "".join(chr(0x4E00 + (number * number * 7919 + self.version) % 20000) for number in range(size // 3))
        event = RoomEvent(ROOM, "public", 0, self.version, 1, "2026-01-01T00:00:00.000Z", "room", words)
        self.hub.on_event(RoomCommitted(ROOM, self.version, event))
        for line in self.lines:
            if line.listens and not line.closing:
                (line.promised if line.held is None else line.held).append(self.version)

    def come(self, number: int) -> None:
        line = self.lines[number]
        if not line.listens and not line.closing:
            line.listens = True
            self.hub.topics.subscribe(line, ROOM, True, 1, self.version)

    def come_held(self, number: int) -> None:
        """Also of subscribers: they asked to be synchronised."""
        line = self.lines[number]
        if not line.closing and line.held is None:
            line.held, line.listens = [], True
            self.hub.topics.subscribe(line, ROOM, True, 1, self.version, Subscription(ROOM, self.version))

    def synchronised(self, number: int) -> None:
        line = self.lines[number]
        if line.held is not None and line.listens:
            read = line.held[0] if line.held else self.version
            self.hub.topics.reached(line, ROOM, read)
            line.promised += [version for version in line.held if version > read]
            line.held = None

    def go(self, number: int) -> None:
        line = self.lines[number]
        self.hub.topics.unsubscribe(line, ROOM)
        line.listens, line.held = False, None

    def read(self, number: int) -> None:
        self.lines[number].read()

    def word(self, number: int) -> None:
        """Data of no room, which fills the send queue."""
        self.lines[number].send_bytes(LONG_WORD.plain)

    def farewell(self, number: int) -> None:
        line = self.lines[number]
        if not line.closing:
            self.go(number)
            line.send(FAREWELL)
            line.promised.append("farewell")
            line.close(1000)

    def cut(self, number: int) -> None:
        """The connection is closed, and the hub does not know yet."""
        line = self.lines[number]
        if not line.closing:
            line.send(FAREWELL)
            line.close(1000)
            line.cut = True

    async def turn(self, times: int) -> None:
        for _ in range(times):
            await asyncio.sleep(0)


async def everybody_is_told(taken: list[tuple[str, Any]]) -> None:
    crowd = Crowd()
    for line in crowd.lines:
        await line.connect()
    for number in range(LINES // 2):
        crowd.come(number)
    for step, argument in taken:
        done = getattr(crowd, step)(argument)
        if done is not None:
            await done
    async with asyncio.timeout(PATIENCE):
        while crowd.hub.topics.rooms.get(ROOM) is not None and crowd.hub.topics.rooms[ROOM].broadcasts:
            await asyncio.sleep(0)
        found = await asyncio.gather(*(line.read_to_the_end() for line in crowd.lines))
    for got, line in zip(found, crowd.lines, strict=True):
        if line.cut:
            # Frames in flight at that time may be missing, and nothing follows the end.
            assert got == [*line.promised[: len(got) - 1], "farewell"]
        else:
            assert got == line.promised


@pytest.mark.parametrize("new_loop", [asyncio.new_event_loop, uvloop.new_event_loop], ids=["asyncio", "uvloop"])
@example(taken=[("word", 0), ("publish", 1), ("come_held", 0), ("publish", 1), ("publish", 1), ("synchronised", 0)])
@given(taken=st.lists(steps, min_size=10, max_size=60))
@settings(max_examples=300, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
def test_everybody_is_told_what_happened_while_they_listened(
    new_loop: Callable[[], asyncio.AbstractEventLoop], taken: list[tuple[str, Any]]
) -> None:
    with pytest.MonkeyPatch.context() as few:
        # Few subscribers take the path of very many: two per step.
        few.setattr(topic, "_VERY_MANY", 2)
        few.setattr(flush_scheduler, "_AT_ONCE", 2)
        with asyncio.Runner(loop_factory=new_loop) as runner:
            runner.run(everybody_is_told(taken))
