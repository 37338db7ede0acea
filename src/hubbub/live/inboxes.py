"""Who follows their inbox live, and the telling of it: as the hub does for rooms."""

from collections import defaultdict
from typing import Protocol

from hubbub.chat.events import Event, RoomCommitted
from hubbub.live.frame import Frame
from hubbub.live.receiver import Receiver

_MOST_HELD = 2000


class Follower(Protocol):
    """Somebody's live view of their inbox."""

    @property
    def receiver(self) -> Receiver: ...

    def arrived(self, position: int, frame: Frame) -> None: ...


class Inboxes:
    """Hears every committed event from the bus. What comes while a follower's inbox is being read is held back."""

    def __init__(self) -> None:
        self._followers: defaultdict[int, dict[Follower, list[tuple[int, Frame]] | None]] = defaultdict(dict)

    def hear(self, event: Event) -> None:
        if isinstance(event, RoomCommitted) and event.arrival is not None and event.arrival.user in self._followers:
            frame = Frame.of(event.event)
            for follower, held in list(self._followers[event.arrival.user].items()):
                if held is None:
                    follower.arrived(event.arrival.position, frame)
                else:
                    held.append((event.arrival.position, frame))
                    if len(held) == _MOST_HELD:
                        follower.receiver.close(4408, "too slow: read faster, or reconnect and resume")

    def follow(self, user: int, follower: Follower) -> None:
        """What comes from now on is held back for `read_up_to`."""
        self._followers[user][follower] = []

    def read_up_to(self, user: int, follower: Follower, position: int) -> None:
        """The follower has everything up to the position: let go of what comes after."""
        held = self._followers[user].get(follower)
        self._followers[user][follower] = None
        for arrived, frame in held or ():
            if arrived > position:
                follower.arrived(arrived, frame)

    def leave(self, user: int, follower: Follower) -> None:
        self._followers[user].pop(follower, None)
        if not self._followers[user]:
            del self._followers[user]
