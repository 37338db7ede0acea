"""The sources of feeds: a room with its `version`s, or the direct messages of a user's stream with its `position`s.

Clients see a position as a cursor, `room-12-345` or `inbox-7-33`: the id of a server-sent event, the `after` of a poll.
"""

import re
from collections.abc import AsyncIterator
from typing import Protocol

from msgspec import Struct

from hubbub.chat.changes import MessagesSince
from hubbub.chat.events import MessageEvent
from hubbub.chat.shapes import LARGEST_ID, Message
from hubbub.chat.user_stream import StreamSince
from hubbub.errors import InvalidInput
from hubbub.live.rooms.user_streams import Follower, message_frame
from hubbub.live.sync.subscription import Subscription
from hubbub.live.sync.subscriptions import Subscriptions
from hubbub.live.wire.frame import Frame
from hubbub.live.wire.subscriber import Subscriber
from hubbub.surfaces.services import Services

_CURSOR = re.compile(r"(room|inbox)-([1-9][0-9]{0,18})-(0|[1-9][0-9]{0,18})")
_AT_ONCE = 200


class FeedBatch(Struct):
    """Messages with their positions, and the position to continue from."""

    messages: list[tuple[int, Message]]
    position: int
    has_more: bool


class Source(Protocol):
    def cursor(self, position: int) -> str:
        """The position as clients see it."""

    async def read(self, position: int | None) -> FeedBatch:
        """Messages that changed after the position, in their present state. For None or a future position: none, and
        the present position.

        Raises:
            NotFound: the user may not read the source.
        """

    def listen(self, reader: Follower, position: int) -> None:
        """Subscribe the reader, holding back events until `read_up_to`. `position` is the one just read."""

    def read_up_to(self, reader: Follower, position: int) -> None:
        """The reader has been sent everything up to the position: release later events."""

    def leave(self, reader: Follower) -> None: ...


class RoomSource:
    def __init__(self, services: Services, user: int, room: int) -> None:
        self._services = services
        self._user = user
        self._room = room
        self._member = False
        self._member_count = 0
        self._version = 0

    def cursor(self, position: int) -> str:
        return f"room-{self._room}-{position}"

    async def read(self, position: int | None) -> FeedBatch:
        found = await self._services.store.read(MessagesSince(self._user, self._room, position, _AT_ONCE))
        self._member, self._member_count, self._version = found.member, found.member_count, found.version
        return FeedBatch([(message.version, message) for message in found.messages], found.version, found.has_more)

    def listen(self, reader: Follower, position: int) -> None:
        self._services.hub.topics.subscribe(
            reader.receiver,
            self._room,
            self._member,
            self._member_count,
            self._version,
            Subscription(self._room, self._version),
        )

    def read_up_to(self, reader: Follower, position: int) -> None:
        self._services.hub.topics.reached(reader.receiver, self._room, position)

    def leave(self, reader: Follower) -> None:
        self._services.hub.topics.unsubscribe(reader.receiver, self._room)


class InboxSource:
    def __init__(self, services: Services, user: int) -> None:
        self._services = services
        self._user = user

    def cursor(self, position: int) -> str:
        return f"inbox-{self._user}-{position}"

    async def read(self, position: int | None) -> FeedBatch:
        found = await self._services.store.read(StreamSince(self._user, position, _AT_ONCE, "direct"))
        messages = [(entry.position, entry.message) for entry in found.entries if entry.message is not None]
        return FeedBatch(messages, found.position, found.has_more)

    def listen(self, reader: Follower, position: int) -> None:
        self._services.user_streams.follow(self._user, reader, position, message_frame)

    def read_up_to(self, reader: Follower, position: int) -> None:
        self._services.user_streams.read_up_to(self._user, reader, position)

    def leave(self, reader: Follower) -> None:
        self._services.user_streams.leave(self._user, reader)


def is_closed(receiver: Subscriber) -> bool:
    """Whether it has closed. A function, as mypy assumes that the attribute does not change across an await."""
    return receiver.closing


def parse_cursor(cursor: str | None, source: Source, field: str) -> int | None:
    """The position of a client's cursor; None stays None. Raises InvalidInput for a cursor of another source."""
    if cursor is None:
        return None
    match = _CURSOR.fullmatch(cursor)
    if match is None or int(match[3]) > LARGEST_ID or source.cursor(int(match[3])) != cursor:
        raise InvalidInput(
            "is not a position of this feed: send back one that it gave, or none to begin now", field, "bad_format"
        )
    return int(match[3])


async def start(source: Source, reader: Follower, position: int | None) -> int:
    """Subscribe the reader, with events held back until `backlog` is done. Returns the position to read the backlog
    from.

    A feed does not make its user appear online: presence needs a subscription to all of the user's rooms.

    Raises:
        NotFound: the user may not read the source.
    """
    subscriptions: Subscriptions = reader.receiver.state
    present = (await subscriptions.read_stably(lambda: source.read(None))).position
    if not reader.receiver.closing:  # else it has unsubscribed already, and would never do so again
        source.listen(reader, present)
    return present if position is None else min(position, present)


async def backlog(source: Source, reader: Follower, position: int) -> AsyncIterator[list[tuple[int, Frame]]]:
    """Batches of events between `position` and the present, with their positions. After them the reader is live.

    Raises:
        NotFound: the user may not read the source any more.
    """
    has_more = True
    while has_more and not reader.receiver.closing:
        batch = await source.read(position)
        position, has_more = batch.position, batch.has_more
        yield [(at, Frame.of(MessageEvent.of(message))) for at, message in batch.messages]
    source.read_up_to(reader, position)
