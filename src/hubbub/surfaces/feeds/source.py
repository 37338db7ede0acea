"""What a feed follows: a room by its `version`, or an inbox by its `position`.

Positions go to clients as one word, `room-12-345` or `inbox-7-33`: the id of an event, the `after` of a poll.
"""

import re
from collections.abc import AsyncIterator
from typing import Protocol

from msgspec import Struct

from hubbub.chat.changes import MessagesSince
from hubbub.chat.events import MessageEvent
from hubbub.chat.inbox import InboxSince
from hubbub.chat.shapes import LARGEST_ID, Message
from hubbub.errors import InvalidInput
from hubbub.live.rooms.inboxes import Follower
from hubbub.live.sync.subscription import Subscription
from hubbub.live.sync.topic import CatchUp
from hubbub.live.wire.frame import Frame
from hubbub.live.wire.subscriber import Subscriber
from hubbub.surfaces.services import Services

_WORD = re.compile(r"(room|inbox)-([1-9][0-9]{0,18})-(0|[1-9][0-9]{0,18})")
_AT_ONCE = 200


class FeedBatch(Struct):
    """Messages with the position of each, and where to go on from."""

    messages: list[tuple[int, Message]]
    position: int
    has_more: bool


class Source(Protocol):
    def word(self, position: int) -> str:
        """The position as clients see it."""

    async def read(self, position: int | None) -> FeedBatch:
        """What changed after the position, as it is now. None, or the future: nothing, and the present position.

        Raises:
            NotFound: it may not be seen (any more).
        """

    def listen(self, reader: Follower, position: int) -> None:
        """Tell the reader what happens from now on, holding it back for `read_up_to`. `position` was just read."""

    def read_up_to(self, reader: Follower, position: int) -> None:
        """The reader has everything up to the position."""

    def leave(self, reader: Follower) -> None: ...


class RoomSource:
    def __init__(self, services: Services, user: int, room: int) -> None:
        self._services = services
        self._user = user
        self._room = room
        self._member = False
        self._member_count = 0
        self._version = 0

    def word(self, position: int) -> str:
        return f"room-{self._room}-{position}"

    async def read(self, position: int | None) -> FeedBatch:
        found = await self._services.store.read(MessagesSince(self._user, self._room, position, _AT_ONCE))
        self._member, self._member_count, self._version = found.member, found.member_count, found.version
        return FeedBatch([(message.version, message) for message in found.messages], found.version, found.has_more)

    def listen(self, reader: Follower, position: int) -> None:
        hub = self._services.hub
        hub.listen(reader.receiver, self._room, self._member, self._member_count, self._version, CatchUp())

    def read_up_to(self, reader: Follower, position: int) -> None:
        self._services.hub.synchronised(reader.receiver, self._room, position)

    def leave(self, reader: Follower) -> None:
        self._services.hub.ignore(reader.receiver, self._room)


class InboxSource:
    def __init__(self, services: Services, user: int) -> None:
        self._services = services
        self._user = user

    def word(self, position: int) -> str:
        return f"inbox-{self._user}-{position}"

    async def read(self, position: int | None) -> FeedBatch:
        found = await self._services.store.read(InboxSince(self._user, position, _AT_ONCE))
        return FeedBatch([(one.position, one.message) for one in found.arrived], found.position, found.has_more)

    def listen(self, reader: Follower, position: int) -> None:
        self._services.inboxes.follow(self._user, reader, position)

    def read_up_to(self, reader: Follower, position: int) -> None:
        self._services.inboxes.read_up_to(self._user, reader, position)

    def leave(self, reader: Follower) -> None:
        self._services.inboxes.leave(self._user, reader)


def is_closed(receiver: Subscriber) -> bool:
    """Whether it has closed, which may happen whenever something is waited for."""
    return receiver.closing


def position_of(word: str | None, source: Source, field: str) -> int | None:
    """The position a client came back with; None when it has none. Raises InvalidInput for one of something else."""
    if word is None:
        return None
    match = _WORD.fullmatch(word)
    if match is None or int(match[3]) > LARGEST_ID or source.word(int(match[3])) != word:
        raise InvalidInput(
            "is not a position of this feed: send back one that it gave, or none to begin now", field, "bad_format"
        )
    return int(match[3])


async def begin(source: Source, reader: Follower, position: int | None) -> int:
    """From here on nothing is missed: what happens is held back until `backlog` has been told. Returns where it begins.

    Following does not show one as on line: whom that concerns is known of those only who are told of all their rooms.

    Raises:
        NotFound: it may not be seen.
    """
    listener: Subscription = reader.receiver.state
    present = (await listener.read_stably(lambda: source.read(None))).position
    if not reader.receiver.closing:  # else it has left already, and would never leave again
        source.listen(reader, present)
    return present if position is None else min(position, present)


async def backlog(source: Source, reader: Follower, position: int) -> AsyncIterator[list[tuple[int, Frame]]]:
    """What changed between the position and the present, with the position of each; then the reader is live.

    Raises:
        NotFound: it may not be seen any more.
    """
    has_more = True
    while has_more and not reader.receiver.closing:
        stretch = await source.read(position)
        position, has_more = stretch.position, stretch.has_more
        yield [(at, Frame.of(MessageEvent.of(message))) for at, message in stretch.messages]
    source.read_up_to(reader, position)
