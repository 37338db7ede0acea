"""Greeting a client on the socket, resuming its rooms, and subscribing to further ones."""

import asyncio
from collections.abc import Callable

import structlog

from hubbub.chat import rooms
from hubbub.chat.clock import now, rfc3339
from hubbub.chat.tokens import Claim
from hubbub.errors import HubbubError, Unavailable
from hubbub.live.sync.room_sync import RoomSync
from hubbub.live.wire.connection import Connection
from hubbub.live.wire.frame import Frame
from hubbub.surfaces.services import Services
from hubbub.surfaces.socket import frames
from hubbub.surfaces.socket.frames import Ack, ConnectEvent
from hubbub.surfaces.socket.pending_connection import PendingConnection
from hubbub.surfaces.socket.stream import SocketStream

_log = structlog.get_logger("socket")


class Resume(RoomSync):
    """The part of a `Client` that decides what it receives. `claim` is trusted until `greet` has looked it up."""

    __slots__ = (
        "_connection",
        "_services",
        "_stream",
        "_subscribing",
        "expires_at",
        "greeted",
        "membership_change",
        "pending",
    )

    def __init__(self, services: Services, socket: Connection, claim: Claim, pending: PendingConnection) -> None:
        super().__init__(services.sync, socket, claim.user, claim.session)
        self._services = services
        self._connection = socket
        self.expires_at = claim.expires
        self._subscribing: list[int] | None = None
        """Rooms whose `subscribe` is queued or running."""
        self.membership_change: asyncio.Future[None] | None = None
        """Done when the last `join_room` or `leave_room` is committed or refused."""
        self.pending = pending
        self.greeted = False
        self._stream: SocketStream | None = None

    async def greet(self, hello: frames.Hello) -> None:
        """Send `connect`, then the changes of the rooms in `since`. Sends nothing if the socket closes meanwhile.

        Raises:
            NotAuthenticated: the session has ended.
        """
        services, hub = self._services, self._services.hub
        self.greeting = True
        wanted = hello.stream
        greeted = await self._read(rooms.Greeting(self.user, self.session, wanted is not None))
        if self._socket.closing:
            return
        account, mine = greeted.account, greeted.rooms
        self.expires_at = greeted.identity.expires_at
        services.authenticator.used(self.session)
        self.greeted = True
        for room in mine:
            if room.peer is not None:
                services.presence.dress(room.peer)
        user = account.user()
        hub.connect(self._socket, account, mine)
        bounds = services.bounds
        self._socket.send(
            Frame.of(
                ConnectEvent(
                    user=services.presence.dress(user),
                    session=self.session,
                    server_time=rfc3339(now()),
                    limits=frames.SocketLimits(
                        services.limits.message_length,
                        bounds.frame,
                        bounds.frames_per_second,
                        bounds.heartbeat,
                        services.limits.large_room,
                    ),
                    rooms=mine,
                    ref=hello.ref,
                )
            )
        )
        # Flushed at once, because ephemeral frames are written before durable ones and `connect` must be the first.
        self._connection.flush()
        self.resume(mine, hello.since, hello.ref)
        self.leave_stream()
        if wanted is not None:
            self._stream = SocketStream(services, self._connection, self.user)
            self._stream.listen(greeted.position)
            self._run(self._stream.resume(wanted.since, greeted.position), hello.ref)

    async def greet_again(self, hello: frames.Hello) -> None:
        """Answer another `hello`. If that fails, the socket closes, as joins reported meanwhile were not sent."""
        try:
            await self.greet(hello)
        except HubbubError as error:
            self._services.hub.topics.dismiss(
                self._socket, 1013 if isinstance(error, Unavailable) else 4401, str(error)
            )

    def leave_stream(self) -> None:
        """The user's stream is not sent any more."""
        if self._stream is not None:
            self._stream.leave()
            self._stream = None

    # Subscribing

    def subscribe(self, frame: frames.SubscribeFrame) -> None:
        self.require_capacity()
        self._subscribing = [*(self._subscribing or ()), frame.room]
        self._run(self._subscribe_in_turn(frame), frame.ref)

    def after_subscribing(self, room: int, work: Callable[[], None], ref: int | str | None) -> None:
        """Do the work now, or once the `subscribe`s to this room that are queued are done.

        So the frames about one room take effect in the order they were sent in. `work` may raise HubbubError.
        """
        if not self._subscribing or room not in self._subscribing:
            work()
            return

        async def in_turn() -> None:
            work()

        self.require_capacity()
        self._run(in_turn(), ref)

    async def _subscribe_in_turn(self, frame: frames.SubscribeFrame) -> None:
        try:
            if self.membership_change is not None:
                await asyncio.wait([self.membership_change])
            await self._subscribe(frame)
        finally:
            assert self._subscribing is not None
            self._subscribing.remove(frame.room)

    async def _subscribe(self, frame: frames.SubscribeFrame) -> None:
        room = await self._read(rooms.OneRoom(self.user, frame.room))
        if self._socket.closing:
            return
        await self.follow(room, frame.since)
        self._socket.send(Frame.of(Ack(frame.ref, frame.room, version=room.version)))

    def refuse(self, error: HubbubError, ref: int | str | None) -> None:
        """Answer a frame with an error."""
        if error.status == 403:
            _log.info("not_allowed", id=self.pending.id, user=self.user, session=self.session)
        super().refuse(error, ref)
