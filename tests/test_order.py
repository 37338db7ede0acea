"""However the bus delivers a room's changes, those who listen are told of each once, in order."""

import asyncio

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hubbub.chat.events import MessageEvent, RoomCommitted
from hubbub.chat.missed import Missed, MissedSince
from hubbub.chat.shapes import Sender
from hubbub.errors import Unavailable
from hubbub.live import order as module
from hubbub.live.order import Order

ROOM = 1


def change(version: int) -> RoomCommitted:
    sender = Sender(1, "ann", "Ann")
    event = MessageEvent(ROOM, version, version, sender, "", "2026-01-01T00:00:00.000Z", False, [], [])
    return RoomCommitted(ROOM, version, event)


class Truth:
    """The store: changes up to `head`, a few at a time; out of reach now and then."""

    def __init__(self, head: int, failures: int) -> None:
        self.head = head
        self._failures = failures

    async def read(self, query: MissedSince) -> Missed:
        await asyncio.sleep(0)
        if self._failures:
            self._failures -= 1
            raise Unavailable("not now")
        last = min(self.head, query.since + 3)
        return Missed([change(version) for version in range(query.since + 1, last + 1)], last, last < self.head)


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """What has not come is looked for at the next turn of the loop."""
    monkeypatch.setattr(module, "_MOMENT_SECONDS", 0)


ARRIVALS = st.lists(st.integers(1, 20), max_size=40)


@settings(deadline=None)
@given(ARRIVALS, st.integers(0, 20), st.integers(0, 20), st.integers(0, 3), st.data())
def test_each_once_and_in_order(
    arrivals: list[int], first: int, second: int, failures: int, data: st.DataObject
) -> None:
    """The first listener read the room at one version; another comes later, who read it at another."""
    truth = Truth(20, failures)
    told: list[int] = []

    async def run() -> None:
        order = Order(lambda committed: told.append(committed.version), truth.read)
        order.began(ROOM, first)
        late = data.draw(st.integers(0, len(arrivals)), label="the other comes after so many")
        for number, version in enumerate(arrivals):
            if number == late:
                order.known(ROOM, second)
            order.hear(change(version))
            assert order.told(ROOM) == max([first, *told])
            if data.draw(st.booleans(), label="a turn of the loop passes"):
                await asyncio.sleep(0)
        while order.told(ROOM) < truth.head:
            order.known(ROOM, truth.head)
            await asyncio.sleep(0)

    asyncio.run(run())
    assert told == list(range(first + 1, truth.head + 1))


async def test_what_nobody_listens_to_is_passed_as_it_comes() -> None:
    told: list[int] = []
    order = Order(lambda committed: told.append(committed.version), Truth(9, 0).read)
    for version in (3, 9, 4):
        order.hear(change(version))
    assert told == [3, 9, 4]
    order.began(ROOM, 4)
    order.ended(ROOM)
    order.hear(change(8))
    assert told[-1] == 8
    assert order.told(ROOM) == 0
