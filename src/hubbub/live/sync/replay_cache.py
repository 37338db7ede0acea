"""The last messages of rooms as they were told, framed: for those who come back after a moment.

A server's whole crowd that lost its line missed the same few messages. Read from the store they would be read and
encoded once for each; from here they are sent as they are. What is not here is in the store.
"""

from collections import deque

from hubbub.chat.events import MessageEvent, RoomCommitted
from hubbub.live.wire.frame import Frame

_ENTRY_BYTES = 300
"""What keeping a frame takes besides its own bytes."""


class _Tail:
    """A room's messages as told above `floor` up to `head`, by version. `places`: each message's version. `authors`: by
    id, whose messages are among them, or were."""

    __slots__ = ("authors", "floor", "frames", "head", "places")

    def __init__(self, floor: int) -> None:
        self.floor = self.head = floor
        self.authors: set[int] = set()
        self.frames: dict[int, Frame] = {}
        self.places: dict[int, int] = {}


class ReplayCache:
    """Keeps the latest frames of all rooms, as many as `most_bytes` of memory hold."""

    def __init__(self, most_bytes: int) -> None:
        self._most_bytes = most_bytes
        self._bytes = 0
        self._tails: dict[int, _Tail] = {}
        self._order: deque[tuple[int, int, int, int]] = deque()

    def add(self, committed: RoomCommitted, frame: Frame) -> None:
        """What has just been told. After anything but a message, what came before it is for the store to tell: a
        reaction is told live by itself, to those who come back with its message."""
        room, version, event = committed.room, committed.version, committed.event
        if not isinstance(event, MessageEvent):
            self._tails.pop(room, None)
            return
        tail = self._tails.get(room)
        if tail is None or tail.head != version - 1:
            tail = self._tails[room] = _Tail(version - 1)
        tail.head = version
        # The message as it is now: what it said before is told to nobody any more.
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
        """Somebody is shown in another way: what they said is for the store to tell, which has them as they are now."""
        for room in [room for room, tail in self._tails.items() if author in tail.authors]:
            del self._tails[room]

    def since(self, room: int, since: int, version: int, most: int, most_bytes: int) -> list[Frame] | None:
        """What brings a client from `since` to `version`, the room's present one, if that is `most` changes away at
        the most and takes no more than `most_bytes`. None: the store has to be asked."""
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
