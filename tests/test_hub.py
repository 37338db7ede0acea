"""The hub: who listens to what, where what is known of it comes late."""

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


def test_what_was_read_before_a_removal_brings_nobody_back_in() -> None:
    hub = Hub(Wheel(), Presence(), Receipts(lambda marks: None, 50), 500, NoInterest())
    feed = Feed(Listener(BOB.id, 1), 1 << 20)
    feed.state.missed = None
    hub.enter(feed)
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
