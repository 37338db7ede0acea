"""A feed over a WebSocket: it only tells. Events of an inbox carry their `position`, those of a room a `version`."""

import structlog
from websockets.http11 import Request

from hubbub.chat.sessions import Identity
from hubbub.errors import HubbubError, NotAuthenticated
from hubbub.live.wire.connection import Connection
from hubbub.live.wire.frame import Frame, payload
from hubbub.live.wire.subscriber import Subscriber
from hubbub.surfaces.feeds.source import InboxSource, RoomSource, Source, backlog, begin, is_closed, position_of
from hubbub.surfaces.feeds.subscription import FeedSubscription
from hubbub.surfaces.path_prefix import prefix_of
from hubbub.surfaces.services import Services
from hubbub.surfaces.socket.handshake_auth import refusal
from hubbub.surfaces.socket.pending_connection import PendingConnection

_log = structlog.get_logger("socket")


class SocketReader(FeedSubscription):
    """The state of such a socket: its reader, and what the hub tells."""

    __slots__ = ("_socket", "expires_at", "opening", "source")

    def __init__(self, socket: Connection, identity: Identity, opening: PendingConnection, source: Source) -> None:
        super().__init__(identity.user, identity.session, lambda: socket.close(1000, "this feed has ended"))
        self.expires_at = identity.expires_at
        self.opening = opening
        self.source = source
        self._socket = socket

    # As a reader

    @property
    def receiver(self) -> Subscriber:
        return self

    def arrived(self, position: int, frame: Frame) -> None:
        if isinstance(self.source, InboxSource):
            word = self.source.word(position).encode()
            frame = Frame(b'%s,"position":"%s"}' % (payload(frame.plain)[:-1], word))
        self._socket.send(frame)

    def leave(self) -> None:
        self.source.leave(self)

    # As the hub sees it

    @property
    def state(self) -> "SocketReader":
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
        """A feed is told of what is kept, and of nothing else."""

    def ping(self, payload: bytes) -> None:
        """Who only listens is not asked."""

    def close(self, code: int, reason: str = "") -> None:
        self._socket.close(code, reason)


class FeedSockets:
    """Opens them."""

    def __init__(self, services: Services) -> None:
        self._services = services

    async def open(self, socket: Connection, request: Request, opening: PendingConnection) -> None:
        """Accept the handshake once it is known who asks, that they may, and from which position."""
        services = self._services
        try:
            identity = await self._identify(opening)
            assert opening.feed is not None
            source: Source = (
                InboxSource(services, identity.user)
                if opening.feed.room is None
                else RoomSource(services, identity.user, opening.feed.room)
            )
            resumed = opening.feed.resumed
            position = (
                position_of(resumed, source, "Last-Event-ID")
                if resumed
                else position_of(opening.feed.after, source, "after")
            )
            services.connection_limits.enter_user(identity.user)
        except HubbubError as error:
            _log.info("socket_refused", id=opening.id, address=opening.address, status=error.status)
            socket.answer(request, refusal(error, prefix_of(services.public_url)))
            return
        if socket.closing:
            services.connection_limits.leave_user(identity.user)
            return
        reader = socket.state = SocketReader(socket, identity, opening, source)
        try:
            began = await begin(source, reader, position)
        except HubbubError as error:
            socket.answer(request, refusal(error, prefix_of(services.public_url)))
            return
        if is_closed(reader):
            return
        # From this moment on the session's end would reach it; it may have come before.
        services.hub.enter(reader)
        socket.answer(request, None)
        _log.info("feed_opened", id=opening.id, address=opening.address, user=identity.user, session=identity.session)
        try:
            await services.authenticator.identify(identity.session)
            async for missed in backlog(source, reader, began):
                for at, frame in missed:
                    reader.arrived(at, frame)
                await socket.drained()
        except HubbubError as error:
            services.hub.dismiss(reader, 4401 if error.status == 401 else 1000, str(error))
        except Exception:
            _log.exception("feed_failed", id=opening.id)
            services.hub.dismiss(reader, 1011, "the server failed")

    async def _identify(self, opening: PendingConnection) -> Identity:
        claim = opening.claim
        if opening.ticket is not None:
            claim = await self._services.authenticator.redeem(opening.ticket, "socket")
        if claim is None:
            raise NotAuthenticated("Sign in first.")
        return await self._services.authenticator.confirm(claim)
