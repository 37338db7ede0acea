"""The handler of WebSockets: authentication, dispatch of frames, and the closing of misbehaving clients."""

import asyncio
import random
from collections.abc import Coroutine
from typing import Any

import msgspec
import structlog
from websockets.http11 import Request, Response

from hubbub.chat.clock import now
from hubbub.errors import HubbubError, InvalidInput, NotAuthenticated, RateLimited, Unavailable
from hubbub.live.rooms.receipts import PROOF
from hubbub.live.sync.subscriptions import Subscriptions
from hubbub.live.wire.connection import Connection
from hubbub.live.wire.frame import Frame
from hubbub.live.wire.handler import Later
from hubbub.live.wire.server_frames import DisconnectEvent, error_event
from hubbub.live.wire.subscriber import Subscriber
from hubbub.surfaces.services import Services
from hubbub.surfaces.socket import frames
from hubbub.surfaces.socket.client import Client
from hubbub.surfaces.socket.errors import reference
from hubbub.surfaces.socket.feeds import FeedSocket, FeedSockets
from hubbub.surfaces.socket.handshake_auth import HandshakeAuth
from hubbub.surfaces.socket.pending_connection import PendingConnection
from hubbub.validation_errors import invalid

SUBPROTOCOL = "hubbub.v1"
_AUTHENTICATE_SECONDS = 10
_BAD_FRAMES = 5
_BAD_FRAMES_MS = 60_000
_EXCESS_MS = 60_000
_RETRY_SPREAD = 5.0
_log = structlog.get_logger("socket")


class ChatSocket:
    """`hubbub.live.wire.handler.Handler` for the chat."""

    def __init__(self, services: Services, feeds: bool) -> None:
        self._services = services
        self._handshake_auth = HandshakeAuth(services, feeds)
        self._feeds = FeedSockets(services)
        self._bad: dict[Connection, list[int]] = {}
        self._excess: dict[Connection, list[int]] = {}
        self._requests = services.rate_limits.requests
        self._tasks: set[asyncio.Task[None]] = set()
        self.draining = False

    # The handshake

    def requested(self, socket: Connection, request: Request) -> Response | Later | None:
        pending = self._handshake_auth.check(socket, request, self.draining)
        if isinstance(pending, Response):
            return pending
        socket.state = pending
        if pending.feed is None:
            return None
        self._start(self._feeds.open(socket, request, pending))
        return Later.LATER

    def opened(self, socket: Connection) -> None:
        pending = socket.state
        if not isinstance(pending, PendingConnection):
            return
        if pending.is_known:
            socket.call_later(1, lambda: self._greet_without_hello(socket))
        else:
            socket.call_later(_AUTHENTICATE_SECONDS, lambda: self._require_hello(socket))

    def _require_hello(self, socket: Connection) -> None:
        pending = socket.state
        if isinstance(pending, PendingConnection) and not pending.checking:
            self._dismiss(socket, 4401, "not authenticated within 10 seconds")

    def _greet_without_hello(self, socket: Connection) -> None:
        """Greet a client that authenticated in the handshake and sent no `hello` within a second."""
        pending = socket.state
        if isinstance(pending, PendingConnection) and not pending.checking:
            self._authenticate(socket, pending, frames.Hello())

    # Authentication

    def _authenticate(self, socket: Connection, pending: PendingConnection, hello: frames.Hello) -> None:
        pending.checking = True
        self._start(self._identify(socket, pending, hello))

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _identify(self, socket: Connection, pending: PendingConnection, hello: frames.Hello) -> None:
        """Authenticate the connection and greet it, then execute the frames that are queued."""
        authenticator, connections = self._services.authenticator, self._services.connection_limits
        try:
            claim = pending.claim
            if pending.ticket is not None:
                claim = await authenticator.redeem(pending.ticket, "socket")
            elif claim is None:
                claim = authenticator.check(hello.token or "")
            if socket.closing:
                return
            connections.enter_user(claim.user)
            client = socket.state = Client(self._services, socket, claim, pending)
            # From here on the end of the session reaches it, also while the session is read from the store.
            self._services.hub.enter(socket)
            await client.greet(hello)
        except Unavailable as error:
            self._dismiss(socket, 1013, str(error))
            return
        except RateLimited as error:
            self._dismiss(socket, 4429, str(error))
            return
        except HubbubError as error:
            socket.send(Frame.of(error_event(error, hello.ref)))
            self._dismiss(socket, 4401, str(error))
            return
        except Exception:
            _log.exception("greeting_failed", id=pending.id)
            self._dismiss(socket, 1011, "the server failed")
            return
        if not client.greeted:
            return
        _log.info("socket_opened", id=pending.id, address=pending.address, user=claim.user, session=claim.session)
        queue, pending.queue = pending.queue, []
        for text in queue:
            self.text(socket, text)

    # Frames

    def text(self, socket: Connection, text: str) -> None:
        state = socket.state
        if self.draining:
            return  # Left unanswered, so that the client sends it again on its next connection.
        if isinstance(state, Client):
            if state.greeted:
                self._frame(socket, state, text)
            else:
                self._enqueue(socket, state.pending, text)
        elif isinstance(state, FeedSocket):
            self._bad_frame(socket, InvalidInput("This socket only tells; it takes no frames."), None)
        elif isinstance(state, PendingConnection):
            self._first_frame(socket, state, text)

    def _first_frame(self, socket: Connection, pending: PendingConnection, text: str) -> None:
        if pending.checking:
            self._enqueue(socket, pending, text)
            return
        try:
            frame = frames.decoder.decode(text)
        except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
            self._bad_frame(socket, invalid(error), reference(text))
            return
        if isinstance(frame, frames.Hello) and (pending.is_known or frame.token is not None):
            self._authenticate(socket, pending, frame)
        elif pending.is_known:
            pending.queue.append(text)
            self._authenticate(socket, pending, frames.Hello())
        else:
            refused = NotAuthenticated("Say who you are first: {'type': 'hello', 'token': …}.")
            socket.send(Frame.of(error_event(refused, frame.ref)))
            self._dismiss(socket, 4401, "not authenticated")

    def _enqueue(self, socket: Connection, pending: PendingConnection, text: str) -> None:
        """Keep a frame until the connection is greeted."""
        if len(pending.queue) >= self._services.bounds.burst:
            self._dismiss(socket, 4429, "too many frames before the connection was ready")
            return
        pending.queue.append(text)

    def _frame(self, socket: Connection, client: Client, text: str) -> None:
        try:
            self._requests.hit(client.user)
        except RateLimited as error:
            self._refuse(socket, error, text)
            return
        try:
            frame = frames.decoder.decode(text)
        except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
            self._bad_frame(socket, invalid(error), reference(text))
            return
        try:
            client.execute(frame)
        except HubbubError as error:
            client.refuse(error, frame.ref)

    def binary(self, socket: Connection, data: bytes) -> None:
        self._bad_frame(socket, InvalidInput("Frames must be text: JSON in UTF-8."), None)

    def _bad_frame(self, socket: Connection, error: InvalidInput, ref: int | str | None) -> None:
        socket.send(Frame.of(error_event(error, ref)))
        times = [at for at in self._bad.get(socket, ()) if at > now() - _BAD_FRAMES_MS]
        times.append(now())
        self._bad[socket] = times
        if len(times) >= _BAD_FRAMES:
            self._dismiss(socket, 4400, "five frames in a minute could not be understood")

    def too_fast(self, socket: Connection, text: str | None) -> None:
        detail = f"At most {self._services.bounds.frames_per_second:g} frames a second. This one was not taken."
        self._refuse(socket, RateLimited(detail, retry_after=1.0), text)

    def _refuse(self, socket: Connection, error: RateLimited, text: str | None) -> None:
        """Answer with the `ref` of the frame. A client that keeps exceeding the limit is closed."""
        excess = self._excess.setdefault(socket, [now(), 0])
        if excess[0] < now() - _EXCESS_MS:
            excess[:] = [now(), 0]
        excess[1] += 1
        if excess[1] > self._services.bounds.burst:
            self._dismiss(socket, 4429, "too fast")
            return
        socket.send(Frame.of(error_event(error, None if text is None else reference(text))))

    def ponged(self, socket: Connection, payload: bytes) -> None:
        if payload == PROOF:
            self._services.receipts.answered(socket)

    # Closing

    def beating(self, socket: Connection) -> None:
        if isinstance(socket.state, Client | FeedSocket) and socket.state.expires_at <= now():
            self._dismiss(socket, 4401, "the session has expired")

    def closed(self, socket: Connection) -> None:
        state = socket.state
        self._bad.pop(socket, None)
        self._excess.pop(socket, None)
        if isinstance(state, FeedSocket):
            state.leave()
        if isinstance(state, Client):
            state.leave_stream()
        if isinstance(state, Client | FeedSocket):
            self._services.connection_limits.leave_user(state.user)
            self._services.hub.leave(_subscriber(socket))
            state = state.pending
        if isinstance(state, PendingConnection):
            self._services.connection_limits.leave_address(state.address)
            seconds = round((now() - state.at) / 1000, 3)
            _log.info("socket_closed", id=state.id, code=int(socket.close_code), seconds=seconds)

    def shutdown(self, socket: Connection) -> None:
        # Spread out, so that clients do not reconnect all at once.
        self._dismiss(socket, 1012, "the server restarts", round(random.uniform(0.1, _RETRY_SPREAD), 2))  # noqa: S311

    def _dismiss(self, socket: Connection, code: int, reason: str, retry_after: float | None = None) -> None:
        if isinstance(socket.state, Subscriptions):
            self._services.hub.topics.dismiss(_subscriber(socket), code, reason, retry_after)
        elif not socket.closing:
            socket.send(Frame.of(DisconnectEvent(code, reason, retry_after)))
            socket.close(code, reason)


def _subscriber(socket: Connection) -> Subscriber:
    """The hub's subscriber for the socket."""
    return socket.state if isinstance(socket.state, FeedSocket) else socket
