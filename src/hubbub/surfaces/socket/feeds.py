"""Feeds over a WebSocket: they send events only. Those of an inbox carry a `position`, those of a room a `version`."""

import structlog
from websockets.http11 import Request

from hubbub.chat.sessions import Identity
from hubbub.errors import HubbubError, NotAuthenticated
from hubbub.live.wire.connection import Connection
from hubbub.live.wire.frame import Frame, payload
from hubbub.live.wire.subscriber import Subscriber
from hubbub.surfaces.feeds.source import InboxSource, RoomSource, Source, backlog, is_closed, parse_cursor, start
from hubbub.surfaces.feeds.subscription import FeedSubscription
from hubbub.surfaces.path_prefix import prefix_of
from hubbub.surfaces.services import Services
from hubbub.surfaces.socket.handshake_auth import refusal
from hubbub.surfaces.socket.pending_connection import PendingConnection

_log = structlog.get_logger("socket")


class FeedSocket(FeedSubscription):
    """The state of such a socket: the subscription, its reader, and the hub's subscriber in one."""

    __slots__ = ("_socket", "expires_at", "pending", "source")

    def __init__(self, socket: Connection, identity: Identity, pending: PendingConnection, source: Source) -> None:
        super().__init__(identity.user, identity.session, lambda: socket.close(1000, "this feed has ended"))
        self.expires_at = identity.expires_at
        self.pending = pending
        self.source = source
        self._socket = socket

    # `Follower`

    @property
    def receiver(self) -> Subscriber:
        return self

    def arrived(self, position: int, frame: Frame) -> None:
        if isinstance(self.source, InboxSource):
            cursor = self.source.cursor(position).encode()
            frame = Frame(b'%s,"position":"%s"}' % (payload(frame.plain)[:-1], cursor))
        self._socket.send(frame)

    def leave(self) -> None:
        self.source.leave(self)

    # `Subscriber`

    @property
    def state(self) -> "FeedSocket":
        return self

    @property
    def closing(self) -> bool:
        return self._socket.closing

    @property
    def ready(self) -> None:
        return None

    def send(self, frame: Frame) -> None:
        self._socket.send(frame)

    def send_bytes(self, data: bytes) -> None:
        self._socket.send_bytes(data)

    def send_ephemeral(self, data: bytes) -> None:
        """Feeds get durable events only."""

    def ping(self, payload: bytes) -> None:
        """Receipts are not collected from feeds."""

    def close(self, code: int, reason: str = "") -> None:
        self._socket.close(code, reason)


class FeedSockets:
    """Opens feeds."""

    def __init__(self, services: Services) -> None:
        self._services = services

    async def open(self, socket: Connection, request: Request, pending: PendingConnection) -> None:
        """Authenticate, subscribe and accept the handshake, then send the backlog; or answer it with an error."""
        services = self._services
        try:
            identity = await self._identify(pending)
            assert pending.feed is not None
            source: Source = (
                InboxSource(services, identity.user)
                if pending.feed.room is None
                else RoomSource(services, identity.user, pending.feed.room)
            )
            resumed = pending.feed.resumed
            position = (
                parse_cursor(resumed, source, "Last-Event-ID")
                if resumed
                else parse_cursor(pending.feed.after, source, "after")
            )
            services.connection_limits.enter_user(identity.user)
        except HubbubError as error:
            _log.info("socket_refused", id=pending.id, address=pending.address, status=error.status)
            socket.answer(request, refusal(error, prefix_of(services.public_url)))
            return
        if socket.closing:
            services.connection_limits.leave_user(identity.user)
            return
        reader = socket.state = FeedSocket(socket, identity, pending, source)
        try:
            begins_at = await start(source, reader, position)
        except HubbubError as error:
            socket.answer(request, refusal(error, prefix_of(services.public_url)))
            return
        if is_closed(reader):
            return
        # From here on the end of the session reaches it. It may have ended before, so it is checked once more below.
        services.hub.enter(reader)
        socket.answer(request, None)
        _log.info("feed_opened", id=pending.id, address=pending.address, user=identity.user, session=identity.session)
        try:
            await services.authenticator.identify(identity.session)
            async for batch in backlog(source, reader, begins_at):
                for at, frame in batch:
                    reader.arrived(at, frame)
                await socket.drained()
        except HubbubError as error:
            services.hub.topics.dismiss(reader, 4401 if error.status == 401 else 1000, str(error))
        except Exception:
            _log.exception("feed_failed", id=pending.id)
            services.hub.topics.dismiss(reader, 1011, "the server failed")

    async def _identify(self, pending: PendingConnection) -> Identity:
        claim = pending.claim
        if pending.ticket is not None:
            claim = await self._services.authenticator.redeem(pending.ticket, "socket")
        if claim is None:
            raise NotAuthenticated("Sign in first.")
        return await self._services.authenticator.confirm(claim)
