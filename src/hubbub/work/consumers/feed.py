"""Feeds the consumers with the rooms in which something was committed.

For each event there is one addition to a set, and nothing when there are no consumers. What is in the set is given out
a quarter of a second later: by then a busy room is one entry.
"""

import asyncio
from collections.abc import Callable

from hubbub.chat.events import Event, RoomCommitted, RoomsChanged
from hubbub.work.consumers.follower import Follower

_SECONDS = 0.25
_ROOMS_IN_ONE = 5_000


class Feed:
    """`publish_to_others`: publishes to the other servers that share the database. One of them may work on the room."""

    def __init__(self, followers: list[Follower], publish_to_others: Callable[[list[Event]], None]) -> None:
        self._followers = followers
        self._publish_to_others = publish_to_others
        self._changed: set[int] = set()
        self._known: set[int] = set()
        """Other servers know of it already."""
        self._waits = False

    def on_event(self, event: Event) -> None:
        """A `RoomCommitted`."""
        assert isinstance(event, RoomCommitted)
        self._changed.add(event.room)
        if not self._waits:
            self._wait()

    def on_rooms_changed(self, event: Event) -> None:
        """Another server has published a `RoomsChanged`: it was committed there before."""
        assert isinstance(event, RoomsChanged)
        self._changed.update(event.rooms)
        self._known.update(event.rooms)
        if not self._waits:
            self._wait()

    def _wait(self) -> None:
        self._waits = True
        asyncio.get_running_loop().call_later(_SECONDS, self._give_out)

    def _give_out(self) -> None:
        changed, self._changed = self._changed, set()
        known, self._known = self._known, set()
        self._waits = False
        elsewhere = []
        for room in changed:
            ours = [follower.changed(room) for follower in self._followers]
            if not all(ours) and room not in known:
                elsewhere.append(room)
        for first in range(0, len(elsewhere), _ROOMS_IN_ONE):
            self._publish_to_others([RoomsChanged(elsewhere[first : first + _ROOMS_IN_ONE])])
