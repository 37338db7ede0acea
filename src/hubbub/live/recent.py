"""The last messages of rooms as they were told, framed: for those who come back after a moment.

A server's whole crowd that lost its line missed the same few messages. Read from the store they would be read and
encoded once for each; from here they are sent as they are. What is not here is in the store.
"""

from collections import deque

from hubbub.chat.events import MessageEvent, ReactionEvent, RoomCommitted
from hubbub.live.frame import Frame

_MOST_AT_ONCE = 100


class _Tail:
    """A room's events above `floor` up to `head`, by version. `places`: which versions are about which message."""

    __slots__ = ("floor", "frames", "head", "places")

    def __init__(self, floor: int) -> None:
        self.floor = self.head = floor
        self.frames: dict[int, Frame] = {}
        self.places: dict[int, list[int]] = {}


class Recent:
    """Keeps `most_bytes` of frames, the latest of all rooms."""

    def __init__(self, most_bytes: int) -> None:
        self._most_bytes = most_bytes
        self._bytes = 0
        self._tails: dict[int, _Tail] = {}
        self._order: deque[tuple[int, int, int, int]] = deque()

    def add(self, committed: RoomCommitted, frame: Frame) -> None:
        """What has just been told. A change of another kind than a message's ends what can be told from here."""
        room, version, event = committed.room, committed.version, committed.event
        if not isinstance(event, MessageEvent | ReactionEvent):
            self._tails.pop(room, None)
            return
        tail = self._tails.get(room)
        if tail is None or tail.head != version - 1:
            tail = self._tails[room] = _Tail(version - 1)
        tail.head = version
        place = tail.places.setdefault(event.seq, [])
        if isinstance(event, MessageEvent):
            # The message as it is now: what it said before is told to nobody any more.
            for earlier in place:
                tail.frames.pop(earlier, None)
            place.clear()
        place.append(version)
        tail.frames[version] = frame
        self._order.append((room, version, event.seq, len(frame.plain)))
        self._bytes += len(frame.plain)
        while self._bytes > self._most_bytes:
            self._drop_oldest()

    def since(self, room: int, since: int, version: int) -> list[Frame] | None:
        """What brings a client from `since` to `version`, the room's present one. None: the store has to be asked."""
        tail = self._tails.get(room)
        if tail is None or tail.head != version or since < tail.floor or version - since > _MOST_AT_ONCE:
            return None
        return [frame for at, frame in tail.frames.items() if at > since]

    def _drop_oldest(self) -> None:
        room, version, seq, size = self._order.popleft()
        self._bytes -= size
        tail = self._tails.get(room)
        if tail is None or version <= tail.floor:
            return
        tail.floor = version
        tail.frames.pop(version, None)
        place = tail.places[seq]
        if version in place:
            place.remove(version)
            if not place:
                del tail.places[seq]
        if version == tail.head:
            del self._tails[room]
