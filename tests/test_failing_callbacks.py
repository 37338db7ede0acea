"""A callback that raises does not keep others from being called."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from hubbub.chat import accounts, messages, rooms
from hubbub.chat.events import Event
from hubbub.chat.limits import Limits
from hubbub.chat.transaction import Store
from hubbub.live.sync.topic import Topic
from hubbub.live.wire.bounds import Bounds
from hubbub.live.wire.flush_scheduler import FlushScheduler
from hubbub.live.wire.frame import Frame
from hubbub.live.wire.registry import Registry
from hubbub.live.wire.timer_wheel import TimerWheel
from hubbub.store.sql.database import Database
from tests.test_broadcast import Line

LIMITS = Limits()


class FaultError(Exception):
    """The exception of a callback."""


@pytest.fixture(params=["sqlite", "postgresql"])
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[tuple[Store, list[Event]]]:
    postgresql = request.param == "postgresql"
    url = request.getfixturevalue("postgres").database() if postgresql else f"sqlite:///{tmp_path}/hubbub.db"
    database = Database(url)
    await asyncio.to_thread(database.migrate)
    received: list[Event] = []

    def on_event(events: list[Event]) -> None:
        received.extend(events)
        if any(getattr(event.event, "content", None) == "badly told" for event in events):  # type: ignore[union-attr]
            raise FaultError

    opened = await database.open(on_event)
    yield opened, received
    await opened.close()


@pytest.mark.parametrize("fault", ["answer", "broadcast"])
async def test_a_batch_is_answered_and_told_whatever_one_of_it_does(
    store: tuple[Store, list[Event]], fault: str
) -> None:
    opened, received = store
    anna = (await opened.write(accounts.AddAccount("anna", "anna", "x"))).id
    room = (await opened.write(rooms.CreateRoom(anna, "public", LIMITS, "general"))).room.id
    received.clear()

    def fail(_: object) -> None:
        raise FaultError

    def nothing(_: object) -> None: ...

    first = messages.compose(anna, "badly told" if fault == "broadcast" else "one", LIMITS, room=room)
    opened.submit(first, fail if fault == "answer" else nothing)
    # In the same batch, and in the next one.
    assert (await opened.write(messages.compose(anna, "two", LIMITS, room=room))).message.seq == 2
    assert (await opened.write(messages.compose(anna, "three", LIMITS, room=room))).message.seq == 3
    assert [event.version for event in received] == [3, 4, 5]  # type: ignore[union-attr]


async def test_the_wheel_turns_on() -> None:
    wheel, called = TimerWheel(), []

    def fail(*_: object) -> None:
        called.append("failed")
        raise FaultError

    done = asyncio.Event()
    wheel.after(0, fail)
    wheel.after(0, lambda: called.append("after it"))
    wheel.every_second(fail)
    wheel.every_second(lambda second: done.set() if second == 2 else called.append("each second"))
    wheel.start()
    await done.wait()
    wheel.stop()
    assert called == ["failed", "after it", "failed", "each second", "failed"]


class FailingLine(Line):
    def flush(self) -> bool:
        raise FaultError


class FailingTopic(Topic):
    def audience(self) -> None:  # type: ignore[override]
        raise FaultError


async def on_note(line: Line) -> bytes:
    return await asyncio.get_running_loop().sock_recv(line.there, 1000)


async def test_what_fails_to_be_written_cuts_off_whom_it_was_for_and_nobody_else() -> None:
    shared = Registry(Bounds(), TimerWheel(), None, FlushScheduler())
    bad, good = await FailingLine(shared, 1).connect(), await Line(shared, 1).connect()
    for word in (b"one", b"two"):
        bad.send_bytes(b"lost")
        good.send_bytes(word)
        assert await on_note(good) == word
    await bad.lost.wait()
    assert await on_note(bad) == b""


async def test_what_fails_to_be_told_to_very_many_keeps_no_other_room_waiting() -> None:
    shared = Registry(Bounds(), TimerWheel(), None, FlushScheduler())
    lines = [await Line(shared, 2 * number + 1).connect() for number in range(300)]
    failing, other = FailingTopic(1, 500, shared.scheduler), Topic(2, 500, shared.scheduler)
    for line in lines[:-1]:
        failing.add(line, True)
    other.add(lines[-1], True)
    failing.publish(Frame(b"lost"), 1)
    other.publish(Frame(b"one"), 1)
    assert await on_note(lines[-1]) == Frame(b"one").plain
    assert [line.closing for line in lines] == [True] * 299 + [False]
    assert failing.broadcasts == []
