"""The hub: who listens to what, where what is known of it comes late."""

import re

import pytest

from hubbub.chat.events import MemberEvent, RoomCommitted, RoomEvent
from hubbub.chat.presence import Presence
from hubbub.chat.shapes import User
from hubbub.live.feed import Feed
from hubbub.live.hub import Hub, Listener
from hubbub.live.interest import NoInterest
from hubbub.live.receipts import Receipts
from hubbub.live.wheel import Wheel

ROOM = 7
BOB = User(2, "bob", "Bob", "offline")


def room(version: int) -> RoomEvent:
    return RoomEvent(ROOM, "private", 0, version, 1, "2026-01-01T00:00:00.000Z", "room")


def bob_listens(large_room: int) -> tuple[Hub, Feed]:
    hub = Hub(Wheel(), Presence(), Receipts(lambda marks: None, 50), large_room, NoInterest())
    feed = Feed(Listener(BOB.id, 1), 1 << 20)
    feed.state.reading = False
    hub.enter(feed)
    return hub, feed


async def told(feed: Feed) -> list[int]:
    """The versions of what it was told of."""
    feed.push(b"")
    framed = re.findall(rb'"version":(\d+)', await feed.take() or b"")
    return [int(version) for version in framed]


def test_what_was_read_before_a_removal_brings_nobody_back_in() -> None:
    hub, feed = bob_listens(500)
    hub.hear(RoomCommitted(ROOM, 2, MemberEvent(ROOM, 2, BOB, "member"), room(2), entered=[BOB.id]))
    assert hub.listens(feed, ROOM)
    read_now = room(2)
    hub.hear(RoomCommitted(ROOM, 3, MemberEvent(ROOM, 3, BOB), room(3), left=[BOB.id]))
    assert not hub.listens(feed, ROOM)
    # The sweep asked who is in which room before the removal, and hears it after.
    assert not hub.misses(BOB.id, read_now)
    hub.bring_in(BOB.id, read_now)
    assert not hub.listens(feed, ROOM)
    # Whoever came in again, unheard here, is.
    assert hub.misses(BOB.id, room(4))
    hub.bring_in(BOB.id, room(4))
    assert hub.listens(feed, ROOM)


@pytest.mark.parametrize("large_room", [500, 0], ids=["small", "large"])
async def test_who_comes_back_into_a_room_is_brought_up_to_date_before_that_is_told(large_room: int) -> None:
    hub, feed = bob_listens(large_room)
    feed.state.behind = {ROOM}
    hub.hear(RoomCommitted(ROOM, 6, MemberEvent(ROOM, 6, BOB, "member"), room(6), entered=[BOB.id]))
    assert hub.listens(feed, ROOM)
    assert await told(feed) == []
    feed.state.settled(ROOM)
    hub.caught_up(feed, ROOM, 5)
    assert await told(feed) == [6]


async def test_who_goes_out_of_a_room_before_it_is_brought_up_to_date_is_told_that_alone() -> None:
    hub, feed = bob_listens(500)
    feed.state.behind = {ROOM}
    hub.hear(RoomCommitted(ROOM, 6, MemberEvent(ROOM, 6, BOB, "member"), room(6), entered=[BOB.id]))
    hub.hear(RoomCommitted(ROOM, 7, MemberEvent(ROOM, 7, BOB), room(7), left=[BOB.id]))
    assert await told(feed) == [7]
    assert not feed.state.is_behind(ROOM)
    assert not hub.listens(feed, ROOM)
