"""Who may open a socket, and as whom: decided upon the handshake."""

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
    """`feeds`: whether rooms and inboxes can be subscribed to at addresses of their own."""

    def __init__(self, services: Services, feeds: bool) -> None:
        self._services = services
        self._feeds = feeds
        self._prefix = prefix_of(services.public_url)

    def opening(self, socket: Connection, request: Request, draining: bool) -> PendingConnection | Response:
        """A connection that may go on, or the refusal."""
        header = _reader(request.headers)
        peer = socket.transport.get_extra_info("peername")
        opening = PendingConnection(next_id(), self._services.origins.address(peer[0] if peer else "", header))
        try:
            if len(request.headers.get_all("host")) > 1:
                raise InvalidInput("There is more than one Host header.")
            scheme = self._services.origins.scheme(peer[0] if peer else "", header)
            self._admit(opening, request.path, header, draining, scheme)
        except HubbubError as error:
            _log.info("socket_refused", id=opening.id, address=opening.address, status=error.status)
            return refusal(error, self._prefix)
        return opening

    def _admit(self, opening: PendingConnection, target: str, header: Header, draining: bool, scheme: str) -> None:
        url = urlsplit(strip_prefix(self._prefix, target))
        query = {name: values[0] for name, values in parse_qs(url.query).items()}
        if url.path != PATH:
            opening.feed = feed_of(url.path, query.get("after"), header("last-event-id")) if self._feeds else None
            if opening.feed is None:
                raise NotFound("There is no socket here. The native one is at /ws.")
        if not self._services.origins.knows_host(header("host")):
            raise InvalidInput("This server does not answer to that host name. See the allowed_hosts setting.")
        if draining:
            raise Unavailable("The server is shutting down.", reason="shutting_down")
        self._credentials(opening, query.get("ticket"), header, scheme)
        if opening.feed is not None and not opening.is_known:
            raise NotAuthenticated("Sign in first.")
        limits = self._services.rate_limits
        if opening.claim is not None and not self._services.authenticator.is_over(opening.claim):
            limits.requests.hit(opening.claim.user)
        else:
            limits.requests_of_address.hit(network(opening.address))
        self._services.connection_limits.enter_address(opening.address)

    def _credentials(self, opening: PendingConnection, ticket: str | None, header: Header, scheme: str) -> None:
        """Bearer, ticket or cookie; none of them leaves it to the first frame."""
        authorization = header("authorization")
        if authorization is not None:
            scheme, _, token = authorization.partition(" ")
            if scheme.lower() != "bearer":
                raise NotAuthenticated("Use 'Authorization: Bearer <token>'.")
            opening.claim = self._services.authenticator.check(token.strip())
        elif ticket:
            opening.ticket = ticket
        elif (kept := session_cookie(header("cookie"), self._services.is_secure(scheme))) is not None:
            # A browser sends the cookie along whichever site's page opens the socket (cross-site WebSocket hijacking).
            origin = header("origin")
            if origin is None or not self._services.origins.allows(origin, header("host"), scheme):
                raise NotAllowed(
                    "Pages of this origin may not open a socket with the visitor's cookie.", reason="foreign_page"
                )
            opening.claim = self._services.authenticator.check(kept)


def refusal(error: HubbubError, prefix: str) -> Response:
    """The error as an answer to the handshake."""
    told = problem(error, prefix=prefix)
    body = msgspec.json.encode(told)
    headers = Headers([("Content-Type", MEDIA_TYPE), ("Content-Length", str(len(body))), ("Connection", "close")])
    headers.update(headers_of(error))
    return Response(error.status, told.title, headers, body)


def _reader(headers: Headers) -> Header:
    """Headers by name; one that was sent several times counts as not sent."""

    def read(name: str) -> str | None:
        try:
            return headers.get(name)
        except MultipleValuesError:
            return None

    return read
