"""The user's stream on one connection of the socket."""

from hubbub.chat.events import EntryEvent
from hubbub.chat.user_stream import IsFarBehind, StreamSince
from hubbub.live.rooms.user_streams import entry_frame
from hubbub.live.wire.connection import Connection
from hubbub.live.wire.frame import Frame
from hubbub.live.wire.subscriber import Subscriber
from hubbub.surfaces.services import Services
from hubbub.surfaces.socket.frames import StreamEvent

_AT_ONCE = 100


class SocketStream:
    """A `Follower` (`live/rooms/user_streams.py`)."""

    __slots__ = ("_left", "_services", "_socket", "_user")

    def __init__(self, services: Services, socket: Connection, user: int) -> None:
        self._services = services
        self._socket = socket
        self._user = user
        self._left = False

    @property
    def receiver(self) -> Subscriber:
        return self._socket

    def arrived(self, position: int, frame: Frame) -> None:
        self._socket.send(frame)

    def listen(self, head: int) -> None:
        """Hold what follows `head`, which was just read, until `resume` is done."""
        self._services.user_streams.follow(self._user, self, head, entry_frame)

    async def resume(self, since: int | None, head: int) -> None:
        """Send the entries after `since` (or `head`), then those that were held. Raises Unavailable."""
        limits, store = self._services.limits, self._services.store
        position = head if since is None else since
        is_lost = position > head
        if head - position > limits.resync_after:
            # Positions have gaps, so there may be fewer entries.
            is_lost = await store.read(IsFarBehind(self._user, position, limits.resync_after))
            if self._left:
                return
        if is_lost:
            position = head
        has_more = True
        while has_more:
            found = await store.read(StreamSince(self._user, position, _AT_ONCE, with_messages=False))
            if self._left or self._socket.closing:
                return
            for entry in found.entries:
                event = EntryEvent(
                    entry.position, entry.kind, entry.room, entry.seq, entry.me, entry.thread, entry.scheduled
                )
                self._socket.send(Frame.of(event))
            position, has_more = found.position, found.has_more
            if has_more:
                await self._socket.drained()
        self._socket.send(Frame.of(StreamEvent(position, is_lost)))
        self._services.user_streams.read_up_to(self._user, self, position)

    def leave(self) -> None:
        """The connection is closed, or begins again with another `hello`."""
        self._left = True
        self._services.user_streams.leave(self._user, self)
