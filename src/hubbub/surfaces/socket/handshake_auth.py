"""Authentication and admission of WebSocket handshakes."""

from urllib.parse import parse_qs, urlsplit

import msgspec
import structlog
from websockets.datastructures import Headers, MultipleValuesError
from websockets.http11 import Request, Response

from hubbub.chat.addresses import network
from hubbub.errors import HubbubError, InvalidInput, NotAllowed, NotAuthenticated, NotFound, Unavailable
from hubbub.live.wire.connection import Connection
from hubbub.problem_details import MEDIA_TYPE, headers_of, problem
from hubbub.surfaces.cookie import session_cookie
from hubbub.surfaces.feeds.paths import feed_of
from hubbub.surfaces.path_prefix import prefix_of, strip_prefix
from hubbub.surfaces.request_id import next_id
from hubbub.surfaces.request_origin import Header
from hubbub.surfaces.services import Services
from hubbub.surfaces.socket.pending_connection import PendingConnection

PATH = "/ws"
_log = structlog.get_logger("socket")


class HandshakeAuth:
    """`feeds`: whether the feeds of rooms and inboxes are enabled."""

    def __init__(self, services: Services, feeds: bool) -> None:
        self._services = services
        self._feeds = feeds
        self._prefix = prefix_of(services.public_url)

    def check(self, socket: Connection, request: Request, draining: bool) -> PendingConnection | Response:
        """The state of an admitted connection, or the HTTP answer that refuses it."""
        header = _reader(request.headers)
        peer = socket.transport.get_extra_info("peername")
        pending = PendingConnection(next_id(), self._services.origins.address(peer[0] if peer else "", header))
        try:
            if len(request.headers.get_all("host")) > 1:
                raise InvalidInput("There is more than one Host header.")
            scheme = self._services.origins.scheme(peer[0] if peer else "", header)
            self._admit(pending, request.path, header, draining, scheme)
        except HubbubError as error:
            _log.info("socket_refused", id=pending.id, address=pending.address, status=error.status)
            return refusal(error, self._prefix)
        return pending

    def _admit(self, pending: PendingConnection, target: str, header: Header, draining: bool, scheme: str) -> None:
        url = urlsplit(strip_prefix(self._prefix, target))
        query = {name: values[0] for name, values in parse_qs(url.query).items()}
        if url.path != PATH:
            pending.feed = feed_of(url.path, query.get("after"), header("last-event-id")) if self._feeds else None
            if pending.feed is None:
                raise NotFound("There is no socket here. The native one is at /ws.")
        if not self._services.origins.allows_host(header("host")):
            raise InvalidInput("This server does not answer to that host name. See the allowed_hosts setting.")
        if draining:
            raise Unavailable("The server is shutting down.", reason="shutting_down")
        self._credentials(pending, query.get("ticket"), header, scheme)
        if pending.feed is not None and not pending.is_known:
            raise NotAuthenticated("Sign in first.")
        limits = self._services.rate_limits
        if pending.claim is not None and not self._services.authenticator.is_over(pending.claim):
            limits.requests.hit(pending.claim.user)
        else:
            limits.requests_of_address.hit(network(pending.address))
        self._services.connection_limits.enter_address(pending.address)

    def _credentials(self, pending: PendingConnection, ticket: str | None, header: Header, scheme: str) -> None:
        """Read the bearer token, the ticket or the cookie. Without any of them `hello` has to carry a token."""
        authorization = header("authorization")
        if authorization is not None:
            scheme, _, token = authorization.partition(" ")
            if scheme.lower() != "bearer":
                raise NotAuthenticated("Use 'Authorization: Bearer <token>'.")
            pending.claim = self._services.authenticator.check(token.strip())
        elif ticket:
            pending.ticket = ticket
        elif (cookie := session_cookie(header("cookie"), self._services.is_secure(scheme))) is not None:
            # Browsers send the cookie for pages of any site (cross-site WebSocket hijacking).
            origin = header("origin")
            if origin is None or not self._services.origins.allows(origin, header("host"), scheme):
                raise NotAllowed(
                    "Pages of this origin may not open a socket with the visitor's cookie.", reason="foreign_page"
                )
            pending.claim = self._services.authenticator.check(cookie)


def refusal(error: HubbubError, prefix: str) -> Response:
    """The error as the answer to a handshake."""
    details = problem(error, prefix=prefix)
    body = msgspec.json.encode(details)
    headers = Headers([("Content-Type", MEDIA_TYPE), ("Content-Length", str(len(body))), ("Connection", "close")])
    headers.update(headers_of(error))
    return Response(error.status, details.title, headers, body)


def _reader(headers: Headers) -> Header:
    """Reads headers by name. A header that was sent several times counts as missing."""

    def read(name: str) -> str | None:
        try:
            return headers.get(name)
        except MultipleValuesError:
            return None

    return read
