"""The sockets' handler: when it must have been said who it is, what goes to whom, and what bad frames lead to."""

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
from hubbub.live.sync.subscription import Subscription
from hubbub.live.wire.connection import Connection
from hubbub.live.wire.frame import Frame
from hubbub.live.wire.handler import Later
from hubbub.live.wire.server_frames import DisconnectEvent
from hubbub.live.wire.subscriber import Subscriber
from hubbub.surfaces.services import Services
from hubbub.surfaces.socket import frames
from hubbub.surfaces.socket.client import Client
from hubbub.surfaces.socket.errors import error_event, reference
from hubbub.surfaces.socket.feeds import FeedSockets, SocketReader
from hubbub.surfaces.socket.handshake_auth import HandshakeAuth
from hubbub.surfaces.socket.pending_connection import PendingConnection
from hubbub.surfaces.validation_errors import invalid

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
        self._door = HandshakeAuth(services, feeds)
        self._feeds = FeedSockets(services)
        self._bad: dict[Connection, list[int]] = {}
        self._excess: dict[Connection, list[int]] = {}
        self._requests = services.rate_limits.requests
        self._tasks: set[asyncio.Task[None]] = set()
        self.draining = False

    # The handshake

    def requested(self, socket: Connection, request: Request) -> Response | Later | None:
        opening = self._door.opening(socket, request, self.draining)
        if isinstance(opening, Response):
            return opening
        socket.state = opening
        if opening.feed is None:
            return None
        self._start(self._feeds.open(socket, request, opening))
        return Later.LATER

    def opened(self, socket: Connection) -> None:
        opening = socket.state
        if not isinstance(opening, PendingConnection):
            return
        if opening.is_known:
            socket.call_later(1, lambda: self._greet_silent(socket))
        else:
            socket.call_later(_AUTHENTICATE_SECONDS, lambda: self._require_hello(socket))

    def _require_hello(self, socket: Connection) -> None:
        opening = socket.state
        if isinstance(opening, PendingConnection) and not opening.checking:
            self._dismiss(socket, 4401, "not authenticated within 10 seconds")

    def _greet_silent(self, socket: Connection) -> None:
        """A client that is known by its handshake and says nothing wants to listen."""
        opening = socket.state
        if isinstance(opening, PendingConnection) and not opening.checking:
            self._welcome(socket, opening, frames.Hello())

    # Who it is

    def _welcome(self, socket: Connection, opening: PendingConnection, hello: frames.Hello) -> None:
        opening.checking = True
        self._start(self._identify(socket, opening, hello))

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _identify(self, socket: Connection, opening: PendingConnection, hello: frames.Hello) -> None:
        """Find out who it is, and greet them: from then on their frames are carried out."""
        authenticator, connections = self._services.authenticator, self._services.connection_limits
        try:
            claim = opening.claim
            if opening.ticket is not None:
                claim = await authenticator.redeem(opening.ticket, "socket")
            elif claim is None:
                claim = authenticator.check(hello.token or "")
            if socket.closing:
                return
            connections.enter_user(claim.user)
            client = socket.state = Client(self._services, socket, claim, opening)
            # From here on the end of the session reaches it, also while it is being looked up.
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
            _log.exception("greeting_failed", id=opening.id)
            self._dismiss(socket, 1011, "the server failed")
            return
        if not client.greeted:
            return
        _log.info("socket_opened", id=opening.id, address=opening.address, user=claim.user, session=claim.session)
        queue, opening.queue = opening.queue, []
        for text in queue:
            self.text(socket, text)

    # Frames

    def text(self, socket: Connection, text: str) -> None:
        state = socket.state
        if self.draining:
            return  # Not answered, as if the line had been lost already: it is sent again on the next one.
        if isinstance(state, Client):
            if state.greeted:
                self._frame(socket, state, text)
            else:
                self._keep(socket, state.opening, text)
        elif isinstance(state, SocketReader):
            self._bad_frame(socket, InvalidInput("This socket only tells; it takes no frames."), None)
        elif isinstance(state, PendingConnection):
            self._early(socket, state, text)

    def _early(self, socket: Connection, opening: PendingConnection, text: str) -> None:
        if opening.checking:
            self._keep(socket, opening, text)
            return
        try:
            frame = frames.decoder.decode(text)
        except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
            self._bad_frame(socket, invalid(error), reference(text))
            return
        if isinstance(frame, frames.Hello) and (opening.is_known or frame.token is not None):
            self._welcome(socket, opening, frame)
        elif opening.is_known:
            opening.queue.append(text)
            self._welcome(socket, opening, frames.Hello())
        else:
            refused = NotAuthenticated("Say who you are first: {'type': 'hello', 'token': …}.")
            socket.send(Frame.of(error_event(refused, frame.ref)))
            self._dismiss(socket, 4401, "not authenticated")

    def _keep(self, socket: Connection, opening: PendingConnection, text: str) -> None:
        """Until it is greeted."""
        if len(opening.queue) >= self._services.bounds.burst:
            self._dismiss(socket, 4429, "too many frames before the connection was ready")
            return
        opening.queue.append(text)

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
            client.carry_out(frame)
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
        """Say so, with the `ref` of the frame; who goes on as if nothing had been said is closed."""
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

    # The end

    def beating(self, socket: Connection) -> None:
        if isinstance(socket.state, Client | SocketReader) and socket.state.expires_at <= now():
            self._dismiss(socket, 4401, "the session has expired")

    def closed(self, socket: Connection) -> None:
        state = socket.state
        self._bad.pop(socket, None)
        self._excess.pop(socket, None)
        if isinstance(state, SocketReader):
            state.leave()
        if isinstance(state, Client | SocketReader):
            self._services.connection_limits.leave_user(state.user)
            self._services.hub.leave(_receiver(socket))
            state = state.opening
        if isinstance(state, PendingConnection):
            self._services.connection_limits.leave_address(state.address)
            seconds = round((now() - state.at) / 1000, 3)
            _log.info("socket_closed", id=state.id, code=int(socket.close_code), seconds=seconds)

    def shutdown(self, socket: Connection) -> None:
        # Spread out, so that not everybody comes back in the same moment.
        self._dismiss(socket, 1012, "the server restarts", round(random.uniform(0.1, _RETRY_SPREAD), 2))  # noqa: S311

    def _dismiss(self, socket: Connection, code: int, reason: str, retry_after: float | None = None) -> None:
        if isinstance(socket.state, Subscription):
            self._services.hub.dismiss(_receiver(socket), code, reason, retry_after)
        elif not socket.closing:
            socket.send(Frame.of(DisconnectEvent(code, reason, retry_after)))
            socket.close(code, reason)


def _receiver(socket: Connection) -> Subscriber:
    """What the hub knows the socket by."""
    return socket.state if isinstance(socket.state, SocketReader) else socket
