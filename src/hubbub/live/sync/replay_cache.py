"""The last messages of rooms, encoded, for clients that return after a moment.

When many connections drop at once, all of them missed the same few messages. They are sent from here instead of being
read and encoded once per client. What is not here is in the store.
"""

from collections import deque

from hubbub.chat.events import MessageEvent, RoomCommitted
from hubbub.live.wire.frame import Frame

_ENTRY_BYTES = 300
"""What keeping a frame takes besides its own bytes."""


class _Tail:
    """The encoded messages of a room above `floor` and up to `head`, by version. `places`: the version of each message.
    `authors`: the ids of users whose messages are, or were, among them."""

    __slots__ = ("authors", "floor", "frames", "head", "places")

    def __init__(self, floor: int) -> None:
        self.floor = self.head = floor
        self.authors: set[int] = set()
        self.frames: dict[int, Frame] = {}
        self.places: dict[int, int] = {}


class ReplayCache:
    """The latest frames of all rooms, in at most `most_bytes` of memory."""

    def __init__(self, most_bytes: int) -> None:
        self._most_bytes = most_bytes
        self._bytes = 0
        self._tails: dict[int, _Tail] = {}
        self._order: deque[tuple[int, int, int, int]] = deque()

    def add(self, committed: RoomCommitted, frame: Frame) -> None:
        """Add what was just published. Anything but a message empties the room's tail: a reaction, for example, reaches
        returning clients as part of its message, from the store."""
        room, version, event = committed.room, committed.version, committed.event
        if not isinstance(event, MessageEvent):
            self._tails.pop(room, None)
            return
        tail = self._tails.get(room)
        if tail is None or tail.head != version - 1:
            tail = self._tails[room] = _Tail(version - 1)
        tail.head = version
        # The message as it is now: its earlier content is not sent to anybody any more.
        tail.frames.pop(tail.places.get(event.seq, 0), None)
        tail.places[event.seq] = version
        tail.frames[version] = frame
        tail.authors.add(event.sender.id)
        size = len(frame.plain) + _ENTRY_BYTES
        self._order.append((room, version, event.seq, size))
        self._bytes += size
        while self._bytes > self._most_bytes:
            self._drop_oldest()

    def forget(self, author: int) -> None:
        """The author's profile changed: their messages must come from the store, which has the present one."""
        for room in [room for room, tail in self._tails.items() if author in tail.authors]:
            del self._tails[room]

    def since(self, room: int, since: int, version: int, most: int, most_bytes: int) -> list[Frame] | None:
        """The frames that bring a client from `since` to `version`, the room's present one, if they are at most `most`
        changes and `most_bytes`. None: ask the store."""
        tail = self._tails.get(room)
        if tail is None or tail.head != version or not tail.floor <= since <= version or version - since > most:
            return None
        found = [frame for at, frame in tail.frames.items() if at > since]
        return found if sum(len(frame.plain) for frame in found) <= most_bytes else None

    def _drop_oldest(self) -> None:
        room, version, seq, size = self._order.popleft()
        self._bytes -= size
        tail = self._tails.get(room)
        if tail is None or version <= tail.floor:
            return
        tail.floor = version
        tail.frames.pop(version, None)
        if tail.places.get(seq) == version:
            del tail.places[seq]
        if version == tail.head:
            del self._tails[room]
