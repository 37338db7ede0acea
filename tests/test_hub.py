"""The hub: who listens to what, where what is known of it comes late."""

import re

import pytest

from hubbub.chat.events import MemberEvent, RoomCommitted, RoomEvent
from hubbub.chat.presence import Presence
from hubbub.chat.shapes import User
from hubbub.live.feed import Feed
from hubbub.live.hub import Hub
from hubbub.live.interest import NoInterest
from hubbub.live.listener import Listener
from hubbub.live.receipts import Receipts
from hubbub.live.wheel import Wheel
from hubbub.live.writes import Writes

ROOM = 7
BOB = User(2, "bob", "Bob", "offline")


def room(version: int) -> RoomEvent:
    return RoomEvent(ROOM, "private", 0, version, 1, "2026-01-01T00:00:00.000Z", "room")


def bob_listens(large_room: int) -> tuple[Hub, Feed]:
    hub = Hub(Wheel(), Presence(), Receipts(lambda marks: None, 50), large_room, NoInterest(), Writes())
    feed = Feed(Listener(BOB.id, 1), 1 << 20)
    feed.state.reading = False
    hub.enter(feed)
    return hub, feed


def found(version: int) -> RoomCommitted:
    """Bob came in with this version."""
    return RoomCommitted(ROOM, version, MemberEvent(ROOM, version, BOB, "member"), room(version), entered=[BOB.id])


async def told(feed: Feed) -> list[int]:
    """The versions of what it was told of."""
    feed.push(b"")
    framed = re.findall(rb'"version":(\d+)', await feed.take() or b"")
    return [int(version) for version in framed]


def test_what_was_read_before_a_removal_brings_nobody_back_in() -> None:
    hub, feed = bob_listens(500)
    hub.hear(found(2))
    assert hub.listens(feed, ROOM)
    read_now = found(2)
    hub.hear(RoomCommitted(ROOM, 3, MemberEvent(ROOM, 3, BOB), room(3), left=[BOB.id]))
    assert not hub.listens(feed, ROOM)
    # The sweep asked who is in which room before the removal, and hears it after.
    hub.bring_in(read_now)
    assert not feed.state.is_behind(ROOM)
    # Whoever came in again, unheard here, is.
    hub.bring_in(found(4))
    assert feed.state.is_behind(ROOM)


def test_who_went_out_is_not_brought_in_by_an_older_coming() -> None:
    """Nobody listens to the room, and several servers tell of it: what they tell may come in any order."""
    hub, feed = bob_listens(500)
    hub.hear(RoomCommitted(ROOM, 7, MemberEvent(ROOM, 7, BOB), room(7), left=[BOB.id]))
    hub.hear(found(6))
    assert not hub.listens(feed, ROOM)
    assert not feed.state.is_behind(ROOM)


async def test_who_is_found_in_a_room_is_to_be_told_of_all_since_they_came_in() -> None:
    hub, feed = bob_listens(500)
    hub.bring_in(RoomCommitted(ROOM, 4, MemberEvent(ROOM, 4, BOB, "member"), room(9), entered=[BOB.id]))
    assert await told(feed) == [3]
    assert feed.state.is_behind(ROOM)
    hub.bring_in(found(4))
    assert await told(feed) == []


async def test_who_came_in_before_what_was_heard_already_is_to_be_told_of_that() -> None:
    hub, feed = bob_listens(500)
    hub.hear(RoomCommitted(ROOM, 7, room(7)))
    hub.hear(found(6))
    assert await told(feed) == [5]
    assert feed.state.is_behind(ROOM)


@pytest.mark.parametrize("large_room", [500, 0], ids=["small", "large"])
async def test_who_comes_back_into_a_room_is_brought_up_to_date_before_that_is_told(large_room: int) -> None:
    hub, feed = bob_listens(large_room)
    feed.state.behind = {ROOM}
    hub.hear(found(6))
    assert hub.listens(feed, ROOM)
    assert await told(feed) == []
    feed.state.settled(ROOM)
    hub.caught_up(feed, ROOM, 5)
    assert await told(feed) == [6]


async def test_who_goes_out_of_a_room_before_it_is_brought_up_to_date_is_told_that_alone() -> None:
    hub, feed = bob_listens(500)
    feed.state.behind = {ROOM}
    hub.hear(found(6))
    hub.hear(RoomCommitted(ROOM, 7, MemberEvent(ROOM, 7, BOB), room(7), left=[BOB.id]))
    assert await told(feed) == [7]
    assert not feed.state.is_behind(ROOM)
    assert not hub.listens(feed, ROOM)
