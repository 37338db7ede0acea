"""The native socket's handler: who may open it, when it must have said who it is, and what bad frames lead to."""

import asyncio
import random
from typing import TypeVar
from urllib.parse import parse_qs, urlsplit

import msgspec
import structlog
from websockets.datastructures import Headers, MultipleValuesError
from websockets.http11 import Request, Response

from hubbub.chat.clock import now
from hubbub.errors import HubbubError, InvalidInput, NotAllowed, NotAuthenticated, RateLimited, Unavailable
from hubbub.live.farewell import ErrorEvent, farewell
from hubbub.live.frame import Frame
from hubbub.live.receipts import PROOF
from hubbub.live.socket import Socket
from hubbub.surfaces.cookie import session_cookie
from hubbub.surfaces.origin import Header
from hubbub.surfaces.problem import invalid
from hubbub.surfaces.request_id import next_id
from hubbub.surfaces.services import Services
from hubbub.surfaces.socket import frames
from hubbub.surfaces.socket.client import Client, error_event, reference
from hubbub.surfaces.socket.opening import Opening

SUBPROTOCOL = "hubbub.v1"
PATH = "/ws"
_AUTHENTICATE_SECONDS = 10
_BAD_FRAMES = 5
_BAD_FRAMES_MS = 60_000
_RETRY_SPREAD = 5.0
_log = structlog.get_logger("socket")


class ChatSocket:
    """`hubbub.live.socket.Handler` for the chat."""

    def __init__(self, services: Services, connections_per_user: int, connections_per_address: int) -> None:
        self._services = services
        self._per_user = connections_per_user
        self._per_address = connections_per_address
        self._users: dict[int, int] = {}
        self._addresses: dict[str, int] = {}
        self._bad: dict[Socket, list[int]] = {}
        self._excess: dict[Socket, int] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self.draining = False

    # The handshake

    def requested(self, socket: Socket, request: Request) -> Response | None:
        url = urlsplit(request.path)
        header = _reader(request.headers)
        peer = socket.transport.get_extra_info("peername")
        origins = self._services.origins
        opening = Opening(next_id(), origins.address(peer[0] if peer else "", header))
        refused: tuple[int, str] | None = None
        if url.path != PATH:
            refused = 404, "There is no socket here. The native one is at /ws."
        elif not origins.knows_host(header("host")):
            refused = 400, "This server does not answer to that host name. See the allowed_hosts setting."
        elif self.draining:
            refused = 503, "The server is shutting down."
        elif self._per_address and self._addresses.get(opening.address, 0) >= self._per_address:
            refused = 429, "Too many connections from this address."
        else:
            try:
                self._credentials(opening, url.query, header)
            except NotAuthenticated as error:
                refused = 401, str(error)
            except NotAllowed as error:
                refused = 403, str(error)
        if refused is not None:
            _log.info("socket_refused", id=opening.id, address=opening.address, status=refused[0])
            return _response(*refused)
        socket.state = opening
        self._addresses[opening.address] = self._addresses.get(opening.address, 0) + 1
        return None

    def _credentials(self, opening: Opening, query: str, header: Header) -> None:
        """Bearer, ticket or cookie; none of them leaves it to the first frame."""
        authorization = header("authorization")
        if authorization is not None:
            scheme, _, token = authorization.partition(" ")
            if scheme.lower() != "bearer":
                raise NotAuthenticated("Use 'Authorization: Bearer <token>'.")
            opening.session = self._services.gate.check(token.strip())
        elif ticket := parse_qs(query).get("ticket"):
            opening.ticket = ticket[0]
        elif (kept := session_cookie(header("cookie"))) is not None:
            # A browser sends the cookie along whichever site's page opens the socket (cross-site WebSocket hijacking).
            origin = header("origin")
            if origin is None or not self._services.origins.allows(origin, header("host")):
                raise NotAllowed("Pages of this origin may not open a socket with the visitor's cookie.")
            opening.session = self._services.gate.check(kept)

    def opened(self, socket: Socket) -> None:
        opening: Opening = socket.state
        if opening.session is not None or opening.ticket is not None:
            self._authenticate(socket, opening, None)
            socket.call_later(1, lambda: self._greet_silent(socket))
        else:
            socket.call_later(_AUTHENTICATE_SECONDS, lambda: self._require_hello(socket))

    def _require_hello(self, socket: Socket) -> None:
        if isinstance(socket.state, Opening):
            self._dismiss(socket, 4401, "not authenticated within 10 seconds")

    def _greet_silent(self, socket: Socket) -> None:
        """A client that is known by its handshake and says nothing wants to listen."""
        if isinstance(socket.state, Client) and not socket.state.greeted:
            socket.state.hello(frames.Hello())

    # Who it is

    def _authenticate(self, socket: Socket, opening: Opening, hello: frames.Hello | None) -> None:
        opening.checking = True
        task = asyncio.get_running_loop().create_task(self._identify(socket, opening, hello))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _identify(self, socket: Socket, opening: Opening, hello: frames.Hello | None) -> None:
        gate = self._services.gate
        try:
            session = opening.session
            if opening.ticket is not None:
                session = await gate.redeem(opening.ticket, "socket")
            elif hello is not None:
                session = gate.check(hello.token or "")
            assert session is not None
            identity = await gate.identify(session)
            if self._per_user and self._users.get(identity.user, 0) >= self._per_user:
                raise RateLimited(f"An account may have {self._per_user} connections.", 60)
        except Unavailable as error:
            self._dismiss(socket, 1013, str(error))
            return
        except RateLimited as error:
            self._dismiss(socket, 4429, str(error))
            return
        except HubbubError as error:
            if hello is not None:
                socket.send(Frame.of(error_event(error, hello.ref)))
            self._dismiss(socket, 4401, str(error))
            return
        if socket.closing:
            return
        client = Client(self._services, socket, identity, opening)
        queue, opening.queue = opening.queue, []
        socket.state = client
        self._users[identity.user] = self._users.get(identity.user, 0) + 1
        self._services.hub.enter(socket)
        _log.info("socket_opened", id=opening.id, address=opening.address, user=identity.user, session=identity.session)
        if hello is not None:
            client.hello(hello)
        for text in queue:
            self.text(socket, text)

    # Frames

    def text(self, socket: Socket, text: str) -> None:
        state = socket.state
        if self.draining:
            socket.send(Frame.of(error_event(Unavailable("The server is shutting down."), reference(text))))
        elif isinstance(state, Client):
            self._frame(socket, state, text)
        elif isinstance(state, Opening):
            self._early(socket, state, text)

    def _early(self, socket: Socket, opening: Opening, text: str) -> None:
        if opening.checking:
            if len(opening.queue) >= self._services.bounds.burst:
                self._dismiss(socket, 4429, "too many frames before the connection was ready")
                return
            opening.queue.append(text)
            return
        try:
            frame = frames.decoder.decode(text)
        except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
            self._bad_frame(socket, invalid(error), reference(text))
            return
        if isinstance(frame, frames.Hello) and frame.token is not None:
            self._authenticate(socket, opening, frame)
        else:
            refused = NotAuthenticated("Say who you are first: {'type': 'hello', 'token': …}.")
            socket.send(Frame.of(error_event(refused, frame.ref)))
            self._dismiss(socket, 4401, "not authenticated")

    def _frame(self, socket: Socket, client: Client, text: str) -> None:
        try:
            frame = frames.decoder.decode(text)
        except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
            self._bad_frame(socket, invalid(error), reference(text))
            return
        try:
            if not client.greeted and not isinstance(frame, frames.Hello):
                client.hello(frames.Hello())
            client.carry_out(frame)
        except HubbubError as error:
            client.refuse(error, frame.ref)

    def binary(self, socket: Socket, data: bytes) -> None:
        self._bad_frame(socket, InvalidInput("Frames must be text: JSON in UTF-8."), None)

    def _bad_frame(self, socket: Socket, error: InvalidInput, ref: int | str | None) -> None:
        socket.send(Frame.of(error_event(error, ref)))
        times = [at for at in self._bad.get(socket, ()) if at > now() - _BAD_FRAMES_MS]
        times.append(now())
        self._bad[socket] = times
        if len(times) >= _BAD_FRAMES:
            self._dismiss(socket, 4400, "five frames in a minute could not be understood")

    def too_fast(self, socket: Socket) -> None:
        bounds = self._services.bounds
        excess = self._excess[socket] = self._excess.get(socket, 0) + 1
        if excess > bounds.burst:
            self._dismiss(socket, 4429, "too fast")
            return
        detail = f"At most {bounds.frames_per_second:g} frames a second. This one was dropped."
        socket.send(Frame.of(ErrorEvent("rate_limited", detail, retry_after=1.0)))

    def ponged(self, socket: Socket, payload: bytes) -> None:
        if payload == PROOF:
            self._services.receipts.answered(socket)

    # The end

    def beating(self, socket: Socket) -> None:
        if isinstance(socket.state, Client) and socket.state.expires_at <= now():
            self._dismiss(socket, 4401, "the session has expired")

    def closed(self, socket: Socket) -> None:
        state = socket.state
        self._bad.pop(socket, None)
        self._excess.pop(socket, None)
        if isinstance(state, Client):
            _count_down(self._users, state.user)
            self._services.hub.leave(socket)
            state = state.opening
        if isinstance(state, Opening):
            _count_down(self._addresses, state.address)
            seconds = round((now() - state.at) / 1000, 3)
            _log.info("socket_closed", id=state.id, code=int(socket.close_code), seconds=seconds)

    def shutdown(self, socket: Socket) -> None:
        # Spread out, so that not everybody comes back in the same moment.
        self._dismiss(socket, 1012, "the server restarts", round(random.uniform(0.1, _RETRY_SPREAD), 2))  # noqa: S311

    def _dismiss(self, socket: Socket, code: int, reason: str, retry_after: float | None = None) -> None:
        if isinstance(socket.state, Client):
            self._services.hub.dismiss(socket, code, reason, retry_after)
        elif not socket.closing:
            socket.send(Frame.of(farewell(code, reason, retry_after)))
            socket.close(code, reason)


def _reader(headers: Headers) -> Header:
    """Headers by name; one that was sent several times counts as not sent."""

    def read(name: str) -> str | None:
        try:
            return headers.get(name)
        except MultipleValuesError:
            return None

    return read


def _response(status: int, detail: str) -> Response:
    codes = {400: "invalid_input", 401: "not_authenticated", 403: "not_allowed", 404: "not_found", 429: "rate_limited"}
    body = msgspec.json.encode(
        {
            "type": "about:blank",
            "title": detail,
            "status": status,
            "detail": detail,
            "code": codes.get(status, "unavailable"),
        }
    )
    headers = Headers(
        [
            ("Content-Type", "application/problem+json"),
            ("Content-Length", str(len(body))),
            ("Connection", "close"),
        ]
    )
    return Response(status, detail.splitlines()[0], headers, body)


_Counted = TypeVar("_Counted", int, str)


def _count_down(counts: dict[_Counted, int], key: _Counted) -> None:
    if counts.get(key, 0) > 1:
        counts[key] -= 1
    else:
        counts.pop(key, None)
