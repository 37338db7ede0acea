"""The hub: subscriptions when information about rooms arrives late."""

import re

import pytest

from hubbub.chat.events import MemberEvent, RoomCommitted, RoomEvent
from hubbub.chat.presence import Presence
from hubbub.chat.shapes import User
from hubbub.live.rooms.hub import Hub
from hubbub.live.rooms.receipts import Receipts
from hubbub.live.sync.interest import NoInterest
from hubbub.live.sync.subscription import State, Subscription
from hubbub.live.sync.subscriptions import Subscriptions
from hubbub.live.wire.feed import Feed
from hubbub.live.wire.flush_scheduler import FlushScheduler
from hubbub.live.wire.timer_wheel import TimerWheel

ROOM = 7
BOB = User(2, "bob", "Bob", "offline")


def room(version: int) -> RoomEvent:
    return RoomEvent(ROOM, "private", 0, version, 1, "2026-01-01T00:00:00.000Z", "room")


class BobsConnection(Subscriptions):
    """Keeps what is to be read, and reads nothing."""

    def joined_unknown(self, room: int, since: int) -> None:
        self.begin(Subscription(room, since, announced=False))


def bob_listens(large_room: int) -> tuple[Hub, Feed]:
    hub = Hub(TimerWheel(), Presence(), Receipts(lambda marks: None, 50), large_room, NoInterest(), FlushScheduler())
    feed = Feed(BobsConnection(BOB.id, 1), 1 << 20)
    feed.state.greeting = False
    hub.enter(feed)
    return hub, feed


def is_unannounced(feed: Feed) -> bool:
    unread = feed.state.unread_of(ROOM)
    return unread is not None and not unread.announced


def found(version: int) -> RoomCommitted:
    """Bob joined with this version."""
    return RoomCommitted(ROOM, version, MemberEvent(ROOM, version, BOB, "member"), room(version), entered=[BOB.id])


async def got(feed: Feed) -> list[int]:
    """The versions of the events that were received."""
    feed.push(b"")
    framed = re.findall(rb'"version":(\d+)', await feed.take() or b"")
    return [int(version) for version in framed]


async def test_who_is_found_in_a_room_is_told_nothing_of_it_before_it_is_read_for_them() -> None:
    hub, feed = bob_listens(500)
    hub.bring_in(RoomCommitted(ROOM, 4, MemberEvent(ROOM, 4, BOB, "member"), room(9), entered=[BOB.id]))
    assert is_unannounced(feed)
    assert not hub.topics.is_subscribed(feed, ROOM)
    assert await got(feed) == []


async def test_who_came_in_before_what_was_heard_already_has_the_room_read_for_them() -> None:
    """They may have left again: an event that arrives late may be older than a leave that arrived before it."""
    hub, feed = bob_listens(500)
    hub.on_event(RoomCommitted(ROOM, 7, room(7)))
    hub.on_event(found(6))
    assert is_unannounced(feed)
    assert not hub.topics.is_subscribed(feed, ROOM)
    assert await got(feed) == []


async def test_who_goes_out_of_a_room_they_were_told_nothing_of_is_not_told_that_either() -> None:
    hub, feed = bob_listens(500)
    hub.bring_in(found(6))
    hub.on_event(RoomCommitted(ROOM, 7, MemberEvent(ROOM, 7, BOB), room(7), left=[BOB.id]))
    assert feed.state.unread_of(ROOM) is None
    assert await got(feed) == []


@pytest.mark.parametrize("large_room", [500, 0], ids=["small", "large"])
async def test_who_comes_back_into_a_room_is_brought_up_to_date_before_that_is_told(large_room: int) -> None:
    hub, feed = bob_listens(large_room)
    unread = Subscription(ROOM, 5)
    feed.state.begin(unread)
    hub.on_event(found(6))
    assert hub.topics.is_subscribed(feed, ROOM)
    assert await got(feed) == []
    feed.state.end(unread)
    hub.topics.reached(feed, ROOM, 5)
    assert unread.state is State.LIVE
    assert await got(feed) == [6]


async def test_who_goes_out_of_a_room_before_it_is_brought_up_to_date_is_told_that_alone() -> None:
    hub, feed = bob_listens(500)
    unread = Subscription(ROOM, 5)
    feed.state.begin(unread)
    hub.on_event(found(6))
    hub.on_event(RoomCommitted(ROOM, 7, MemberEvent(ROOM, 7, BOB), room(7), left=[BOB.id]))
    assert await got(feed) == [7]
    assert feed.state.unread_of(ROOM) is None
    assert not hub.topics.is_subscribed(feed, ROOM)
