"""Live user streams: who follows theirs here, and publishing to them, as the hub does for rooms."""

from collections import defaultdict
from collections.abc import Callable
from typing import Protocol

from hubbub.chat.events import EntryEvent, Event, UserCommitted
from hubbub.live.sync.interest import Following
from hubbub.live.wire.frame import Frame
from hubbub.live.wire.subscriber import Subscriber

_MOST_HELD = 2000

FrameOf = Callable[[UserCommitted], Frame | None]
"""What a follower is sent for a change of the stream: `entry_frame` or `message_frame`."""


def entry_frame(committed: UserCommitted) -> Frame:
    """The entry, which refers to what changed."""
    return Frame.of(EntryEvent.of(committed))


def message_frame(committed: UserCommitted) -> Frame | None:
    """A direct message itself, or its change; None for entries of other kinds."""
    return None if committed.event is None else Frame.of(committed.event)


class Follower(Protocol):
    """One live view of a user's stream."""

    @property
    def receiver(self) -> Subscriber: ...

    def arrived(self, position: int, frame: Frame) -> None: ...


class _Reading:
    """The position a follower has reached, and what is held while the stream is read for it."""

    __slots__ = ("frame_of", "held", "position")

    def __init__(self, frame_of: FrameOf) -> None:
        self.frame_of = frame_of
        self.held: list[UserCommitted] | None = []
        self.position = 0


class UserStreams:
    """Takes every committed change of a stream in the order of positions. What comes while a follower's stream is being
    read is held. `following` receives which streams have a follower here."""

    def __init__(self, following: Following) -> None:
        self._following = following
        self._followers: defaultdict[int, dict[Follower, _Reading]] = defaultdict(dict)

    def on_event(self, event: Event) -> None:
        if isinstance(event, UserCommitted) and event.user in self._followers:
            frames: dict[FrameOf, Frame | None] = {}
            for follower, reading in list(self._followers[event.user].items()):
                if reading.held is None:
                    if reading.frame_of not in frames:
                        frames[reading.frame_of] = reading.frame_of(event)
                    _publish(follower, reading, event.position, frames[reading.frame_of])
                elif not follower.receiver.closing:
                    reading.held.append(event)
                    if len(reading.held) >= _MOST_HELD:
                        reading.held.clear()
                        follower.receiver.close(4408, "too slow: read faster, or reconnect and resume")

    def follow(self, user: int, follower: Follower, position: int, frame_of: FrameOf) -> None:
        """Hold what follows the position, which was just read, until `read_up_to`."""
        if user not in self._followers:
            self._following.began(user, position)
        self._following.known(user, position)
        self._followers[user][follower] = _Reading(frame_of)

    def read_up_to(self, user: int, follower: Follower, position: int) -> None:
        """The follower has everything up to the position: release what was held above it."""
        reading = self._followers[user].get(follower) if user in self._followers else None
        if reading is None:
            return
        reading.position = position
        held, reading.held = reading.held, None
        for committed in sorted(held or (), key=lambda one: one.position):
            _publish(follower, reading, committed.position, reading.frame_of(committed))

    def leave(self, user: int, follower: Follower) -> None:
        if user in self._followers:
            self._followers[user].pop(follower, None)
            if not self._followers[user]:
                del self._followers[user]
                self._following.ended(user)


def _publish(follower: Follower, reading: _Reading, position: int, frame: Frame | None) -> None:
    if position > reading.position:
        reading.position = position
        if frame is not None:
            follower.arrived(position, frame)
