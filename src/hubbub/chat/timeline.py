"""Messages of several rooms, merged by time, then room, then `seq`.

Within a room time never goes back (`hubbub.chat.messages`), so the merged order agrees with the order of every room.
"""

from collections.abc import Callable, Iterator
from heapq import merge
from itertools import islice

from msgspec import Struct

from hubbub.chat.access import alive
from hubbub.chat.records import RoomRecord
from hubbub.chat.shapes import Message, Page
from hubbub.chat.transaction import Snapshot

_FIRST_CHUNK = 4
_LARGEST_CHUNK = 200

Place = tuple[int, int]
"""A message by its room and `seq`."""
Spans = dict[int, Place]
"""By room, the first and last `seq` that are still to be read."""


class Timeline(Struct, frozen=True):
    """A page of the messages of all the actor's rooms: the last ones, or those before or after one, oldest first.

    `received`: only direct messages of others to the actor. Deleted messages are left out. A position that is no
    message the actor may see is before everything. `room`: only this room.
    """

    actor: int
    limit: int
    before: Place | None = None
    after: Place | None = None
    received: bool = False
    room: int | None = None

    def answer(self, snapshot: Snapshot) -> Page:
        rooms = _rooms(snapshot, self.actor, self.received)
        if self.room is not None:
            rooms = [room for room in rooms if room.id == self.room]
        spans = {room.id: (1, room.seq) for room in rooms}
        if self.before is not None:
            ends = _split(snapshot, rooms, self.before)
            spans = {room: (1, ends[room] - 1 if room == self.before[0] else ends[room]) for room in spans}
        if self.after is not None:
            ends = _split(snapshot, rooms, self.after)
            spans = {room: (ends[room] + 1, last) for room, (_, last) in spans.items()}
        newest = self.after is None
        found = list(islice(self._line(snapshot, spans, newest), self.limit + 1))
        page = found[: self.limit]
        return Page(page[::-1] if newest else page, has_more=len(found) > self.limit)

    def _line(self, snapshot: Snapshot, spans: Spans, newest: bool) -> Iterator[Message]:
        lines = [_walk(snapshot, room, first, last, newest) for room, (first, last) in spans.items()]
        for message in merge(*lines, key=_key, reverse=newest):
            if not message.deleted and not (self.received and message.sender.id == self.actor):
                yield message


class Stretch(Struct):
    """A batch of messages, and the spans that remain."""

    messages: list[Message]
    spans: Spans


class NextStretch(Struct, frozen=True):
    """The messages from the beginning, in batches. `spans` are those that the previous batch left; None at first.

    Messages written meanwhile are not included. Rooms that the actor leaves meanwhile drop out.
    """

    actor: int
    limit: int
    spans: Spans | None = None

    def answer(self, snapshot: Snapshot) -> Stretch:
        rooms = {room.id: room for room in _rooms(snapshot, self.actor, received=False)}
        spans = {room.id: (1, room.seq) for room in rooms.values()} if self.spans is None else dict(self.spans)
        spans = {room: span for room, span in spans.items() if room in rooms and span[0] <= span[1]}
        lines = [_walk(snapshot, room, first, last, newest=False) for room, (first, last) in spans.items()]
        found = list(islice(merge(*lines, key=_key), self.limit))
        for message in found:
            spans[message.room] = (message.seq + 1, spans[message.room][1])
        left = {room: span for room, span in spans.items() if span[0] <= span[1]}
        return Stretch([message for message in found if not message.deleted], left)


def _rooms(snapshot: Snapshot, actor: int, received: bool) -> list[RoomRecord]:
    alive(snapshot, actor)
    found = (snapshot.rooms.get(member.room) for member in snapshot.members.of(actor))
    rooms = [room for room in found if room is not None and room.deleted_at is None and room.seq > 0]
    return [room for room in rooms if room.kind == "direct"] if received else rooms


def _split(snapshot: Snapshot, rooms: list[RoomRecord], place: Place) -> dict[int, int]:
    """For each room, the last `seq` that is not after the position (in its own room, that of the position)."""
    message = snapshot.messages.get(*place) if any(room.id == place[0] for room in rooms) else None
    if message is None:
        return {room.id: 0 for room in rooms}
    key = _key(message)
    return {room.id: _bisect(room.seq, _is_up_to(snapshot, room.id, key)) for room in rooms}


def _is_up_to(snapshot: Snapshot, room: int, key: tuple[str, int, int]) -> Callable[[int], bool]:
    def is_up_to(seq: int) -> bool:
        message = snapshot.messages.get(room, seq)
        return message is not None and _key(message) <= key

    return is_up_to


def _bisect(last: int, is_up_to: Callable[[int], bool]) -> int:
    """The greatest number up to `last` for which the predicate, which holds up to some number, is true; or 0."""
    low, high = 0, last
    while low < high:
        middle = (low + high + 1) // 2
        if is_up_to(middle):
            low = middle
        else:
            high = middle - 1
    return low


def _walk(snapshot: Snapshot, room: int, first: int, last: int, newest: bool) -> Iterator[Message]:
    """A room's messages from one end of the span to the other, read in growing chunks as they are needed."""
    chunk = _FIRST_CHUNK
    while first <= last:
        found = snapshot.messages.page(room, first, last, chunk, newest)
        if not found:
            return
        yield from reversed(found) if newest else found
        if newest:
            last = found[0].seq - 1
        else:
            first = found[-1].seq + 1
        chunk = min(chunk * 4, _LARGEST_CHUNK)


def _key(message: Message) -> tuple[str, int, int]:
    return message.at, message.room, message.seq
