"""The state machine of one subscription: one connection or feed, and one room. No I/O.

```
          subscribed()            reached(version)            event above the floor
 PENDING ─────────────▶ READING ───────────────▶ REPLAYING ───────────────────────▶ LIVE
    │  ◀───────────────    │      removed()          │
    │      removed()       │                         │ removed()
    └────── close() ───────┴──────▶ CLOSED ◀─────────┘
```
"""

from enum import Enum, auto

from hubbub.chat.shapes import ChangedMember, Changes
from hubbub.live.wire.frame import Frame

_MOST_HELD = 2000


class State(Enum):
    PENDING = auto()
    """To be read from the store. The room's events are not received yet."""
    READING = auto()
    """Subscribed: the room's events are held until the store has answered what changed before them."""
    REPLAYING = auto()
    """Everything up to `floor` was sent: events at or below it are dropped."""
    LIVE = auto()
    """Every event is sent. The topic needs this object no more, so an idle subscription costs one entry in a dict."""
    CLOSED = auto()
    """The user left, unsubscribed or may not read the room; or another subscription took this one's place."""


class Step(Enum):
    """What to do with the store's answer."""

    STOP = auto()
    """Nothing: the subscription was closed while the store was read."""
    LEAVE = auto()
    """Unsubscribe, and send the user's own leaving if it is among the changes and the client knows the room."""
    SUBSCRIBE = auto()
    """Subscribe with the events held, then read again: what was committed before is in the next answer."""
    READ = auto()
    """Read again, from the new `since`."""
    SEND = auto()
    """Send the changes."""


class Subscription:
    """`since`: the version up to which the client has everything. `announced`: the client knows the room.

    `confirm`: it asked for the room to be resumed, and is sent `synced` when that is done. `as_guest`: it asked for
    this room, and remains subscribed as a guest if the user is no member.
    """

    __slots__ = ("announced", "as_guest", "confirm", "floor", "held", "room", "since", "state")

    def __init__(
        self, room: int, since: int, announced: bool = True, confirm: bool = False, as_guest: bool = False
    ) -> None:
        self.room = room
        self.since = since
        self.announced = announced
        self.confirm = confirm
        self.as_guest = as_guest
        self.state = State.PENDING
        self.floor = 0
        self.held: list[tuple[int, Frame]] | None = None

    @classmethod
    def replaying(cls, room: int, floor: int) -> "Subscription":
        """The subscription of a client that has just been sent the room as it is at this version."""
        subscription = cls(room, floor)
        subscription.state, subscription.floor = State.REPLAYING, floor
        return subscription

    @property
    def is_unread(self) -> bool:
        """Whether the store is still to be read for it."""
        return self.state is State.PENDING or self.state is State.READING

    # What happens to the topic

    def subscribed(self) -> None:
        """The topic passes it the room's events from now on."""
        if self.state is State.PENDING:
            self.state = State.READING

    def removed(self) -> None:
        """The topic passes it no more events. What is still to be read is read all the same: a guest's room may have
        been closed to outsiders, which the client must receive."""
        self.held = None
        self.state = State.PENDING if self.is_unread else State.CLOSED

    def close(self) -> None:
        self.held = None
        self.state = State.CLOSED

    # Events

    def offer(self, version: int, frame: Frame) -> bool:
        """A durable event of the room. True: send it."""
        if self.state is State.READING:
            if self.held is None:
                self.held = []
            self.held.append((version, frame))
            return False
        if self.state is State.REPLAYING and version >= self.floor:
            self.state = State.LIVE
            return version > self.floor
        return self.state is State.LIVE

    @property
    def holds_too_many(self) -> bool:
        return self.held is not None and len(self.held) >= _MOST_HELD

    def left(self) -> bool:
        """The user left the room or was removed. True: the client knew the room, and must be sent that.

        Who asked for the room by name remains subscribed as a guest, if guests may read it.
        """
        self.held = None
        self.state = State.PENDING if self.as_guest else State.CLOSED
        return self.announced

    # Reading

    def answered(self, changed: Changes, own: ChangedMember | None) -> Step:
        """The store's answer to what changed after `since`. `own`: the user's own membership, if it changed."""
        if self.state is State.CLOSED:
            return Step.STOP
        if not self.announced and changed.room.me is None:
            self.close()
            return Step.LEAVE
        if self.state is State.PENDING:
            return Step.SUBSCRIBE
        if own is not None and own.rank is None and not self.as_guest:
            self.close()
            return Step.LEAVE
        if not self.announced:
            # A new member's events of the room begin with their own joining.
            begins = own.version - 1 if own is not None else changed.version
            if begins > self.since:
                self.since = begins
                return Step.READ
        return Step.SEND

    def reached(self, version: int) -> list[Frame]:
        """Everything up to the version was sent. Returns the held events above it, to be sent now."""
        held, self.held = self.held, None
        self.state, self.floor, self.since = State.REPLAYING, version, version
        released = [frame for at, frame in held or () if at > version]
        if released:
            self.state = State.LIVE
        return released
