"""Live inboxes: who follows theirs here, and publishing to them, as the hub does for rooms."""

from collections import defaultdict
from typing import Protocol

from hubbub.chat.events import Event, RoomCommitted
from hubbub.live.rooms.interest import Following
from hubbub.live.wire.frame import Frame
from hubbub.live.wire.subscriber import Subscriber

_MOST_HELD = 2000


class Follower(Protocol):
    """One live view of an inbox."""

    @property
    def receiver(self) -> Subscriber: ...

    def arrived(self, position: int, frame: Frame) -> None: ...


class _Reading:
    """The position a follower has reached, and what is held while the inbox is read for it."""

    __slots__ = ("held", "position")

    def __init__(self) -> None:
        self.held: list[tuple[int, Frame]] | None = []
        self.position = 0


class Inboxes:
    """Takes every committed event in the order of positions. Events that come while a follower's inbox is being read
    are held. `following` receives which inboxes have a follower here."""

    def __init__(self, following: Following) -> None:
        self._following = following
        self._followers: defaultdict[int, dict[Follower, _Reading]] = defaultdict(dict)

    def on_event(self, event: Event) -> None:
        if isinstance(event, RoomCommitted) and event.arrival is not None and event.arrival.user in self._followers:
            frame, position = Frame.of(event.event), event.arrival.position
            for follower, reading in list(self._followers[event.arrival.user].items()):
                if reading.held is None:
                    self._publish(follower, reading, position, frame)
                elif not follower.receiver.closing:
                    reading.held.append((position, frame))
                    if len(reading.held) >= _MOST_HELD:
                        reading.held.clear()
                        follower.receiver.close(4408, "too slow: read faster, or reconnect and resume")

    def follow(self, user: int, follower: Follower, position: int) -> None:
        """Hold what follows the position, which was just read, until `read_up_to`."""
        if user not in self._followers:
            self._following.began(user, position)
        self._following.known(user, position)
        self._followers[user][follower] = _Reading()

    def read_up_to(self, user: int, follower: Follower, position: int) -> None:
        """The follower has everything up to the position: release what was held above it."""
        reading = self._followers[user].get(follower)
        if reading is None:
            return
        reading.position = position
        held, reading.held = reading.held, None
        for arrived, frame in sorted(held or (), key=lambda one: one[0]):
            self._publish(follower, reading, arrived, frame)

    def leave(self, user: int, follower: Follower) -> None:
        if user in self._followers:
            self._followers[user].pop(follower, None)
            if not self._followers[user]:
                del self._followers[user]
                self._following.ended(user)

    def _publish(self, follower: Follower, reading: _Reading, position: int, frame: Frame) -> None:
        if position > reading.position:
            reading.position = position
            follower.arrived(position, frame)
