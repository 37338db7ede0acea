"""Checks of every HTTP request, security headers of every response, and the access log.

Requests: rate limit, Host header, origin, size of the body (RFC 9110; Fetch Metadata). Responses: the headers of the
OWASP HTTP Headers Cheat Sheet, CORS, a request id. One log line per request.
"""

import asyncio
import time
from typing import Any

import structlog
from litestar.enums import ScopeType
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from hubbub.chat.addresses import network
from hubbub.errors import HubbubError, InvalidInput, NotAllowed, NotAuthenticated, RateLimited, TooLarge
from hubbub.masking import masked_path
from hubbub.surfaces.cookie import device_cookie, session_cookie
from hubbub.surfaces.cors import PREFLIGHT, cors_headers
from hubbub.surfaces.current_principal import current_principal
from hubbub.surfaces.error_response import send_error
from hubbub.surfaces.request_id import next_id
from hubbub.surfaces.request_origin import Sharing
from hubbub.surfaces.rest.caller import token_of
from hubbub.surfaces.rest.errors import FAULT
from hubbub.surfaces.services import Services

_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_PROBES = frozenset({"/healthz", "/readyz", "/readyz/reading"})
_SLOWED_SECONDS = 1.0
_log = structlog.get_logger("http")

# No inline scripts or styles, nothing from other origins, no framing; Trusted Types where the browser has them.
_POLICY = (
    "default-src 'none'; object-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; font-src 'self'; manifest-src 'self'; worker-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'; require-trusted-types-for 'script'; "
    "trusted-types svelte-trusted-html dompurify hubbub-worker"
)
_HEADERS = [
    (b"content-security-policy", _POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), microphone=(), geolocation=()"),
]
_STRICT_TRANSPORT = {"host": b"max-age=31536000", "subdomains": b"max-age=31536000; includeSubDomains"}
_VARIES = (b"vary", b"Origin")
_PRIVATE = (b"cache-control", b"no-store")


class Middleware:
    """ASGI middleware around the whole HTTP application."""

    def __init__(self, app: ASGIApp, services: Services, largest_body: int) -> None:
        self._app = app
        self._origins = services.origins
        self._authenticator = services.authenticator
        self._limits = services.rate_limits
        self._largest_body = largest_body
        self._services = services
        self._log = _log.bind()  # bound once: the lazy proxy would resolve it for every line
        strict = _STRICT_TRANSPORT.get(services.strict_transport) if services.secure_cookie else None
        self._headers = [*_HEADERS, (b"strict-transport-security", strict)] if strict else _HEADERS

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP:
            await self._app(scope, receive, send)
            return
        began = time.perf_counter()
        request = next_id()
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        peer = scope["client"]
        address = self._origins.address(peer[0] if peer else "", headers.get)
        scheme = self._origins.scheme(peer[0] if peer else "", headers.get)
        secure = self._services.is_secure(scheme)
        state: dict[str, Any] = {
            "address": address, "request": request, "headers": headers, "scheme": scheme, "secure": secure,
        }  # fmt: skip
        scope["state"] = state
        origin = headers.get("origin", "")
        sharing = self._origins.sharing(origin or None, headers.get("host"), scheme)
        status, started = 500, False

        async def answer(message: Message) -> None:
            nonlocal status, started
            if message["type"] == "http.response.start":
                started = True
                status = message["status"]
                response_headers: Any = message["headers"]
                if b"cache-control" not in [name.lower() for name, _ in response_headers]:
                    response_headers = [*response_headers, _PRIVATE]
                if sharing == "anyone":
                    # Only origins named in the settings may use cookies.
                    response_headers = [pair for pair in response_headers if pair[0].lower() != b"set-cookie"]
                complete = [
                    *response_headers,
                    *self._headers,
                    *cors_headers(origin, sharing),
                    (b"x-request-id", request.encode()),
                ]
                message["headers"] = [*complete, _VARIES] if origin else complete
            await send(message)

        try:
            refusal = self._count_request(scope["path"], state) or self._check(scope, headers, sharing)
            if refusal is None and sharing != "none" and _is_preflight(scope, headers):
                await answer({"type": "http.response.start", "status": 204, "headers": PREFLIGHT})
                await answer({"type": "http.response.body", "body": b"", "more_body": False})
            elif refusal is not None:
                if isinstance(refusal, RateLimited):
                    await self._slow_down(address)
                await send_error(refusal, answer, close=not isinstance(refusal, RateLimited))
            else:
                await self._app(scope, receive, answer)
        except Exception:
            _log.exception("request_failed", path=masked_path(scope["path"]))
            if started:
                raise  # uvicorn closes the connection, so that no client takes the part for the whole
            await send_error(HubbubError(FAULT), answer, close=True)
        finally:
            # Without the query, which may hold a search term or a ticket.
            self._log.info(
                "request",
                id=request,
                method=scope["method"],
                path=masked_path(scope["path"]),
                status=status,
                ms=round((time.perf_counter() - began) * 1000, 2),
                address=address,
                user=state["caller"].user if "caller" in state else None,
            )

    def _count_request(self, path: str, state: dict[str, Any]) -> RateLimited | None:
        """Count the request, before anything else: for the account of its token, else for its network."""
        if path in _PROBES:
            return None
        try:
            claim = state["claim"] = self._authenticator.holder(token_of(state["headers"], state["secure"]))
        except NotAuthenticated:
            claim = None
        try:
            if claim is not None:
                current_principal.set(claim.user)
                self._limits.requests.hit(claim.user)
            else:
                # A known browser is counted on its own: a flood from its network must not keep it from signing in.
                browser = self._services.devices.read(device_cookie(state["headers"].get("cookie"), state["secure"]))
                source = network(state["address"]) if browser is None else f"device of {browser.user}"
                current_principal.set(source)
                self._limits.requests_of_address.hit(source)
        except RateLimited as error:
            return error
        return None

    async def _slow_down(self, address: str) -> None:
        """Delay the refusals of a client that ignores them: a flood is then bounded by its number of connections."""
        try:
            self._limits.refusals.hit(network(address))
        except RateLimited:
            await asyncio.sleep(_SLOWED_SECONDS)

    def _check(self, scope: Any, headers: dict[str, str], sharing: Sharing) -> HubbubError | None:
        if len(headers) < len(scope["headers"]) and [name for name, _ in scope["headers"]].count(b"host") > 1:
            return InvalidInput("There is more than one Host header.")
        # Probes, such as those of Kubernetes, use the IP address as the host.
        if scope["path"] not in _PROBES and not self._origins.allows_host(headers.get("host")):
            return InvalidInput("This server does not answer to that host name. See the allowed_hosts setting.")
        length = headers.get("content-length", "0")
        if length.isdigit() and int(length) > self._largest_body:
            return TooLarge(f"The body has {length} bytes; at most {self._largest_body} are allowed.")
        if scope["method"] in _SAFE:
            return None
        if sharing == "anyone" and not session_cookie(headers.get("cookie"), scope["state"]["secure"]):
            return None
        if not self._origins.allows_request(headers.get, scope["state"]["scheme"]):
            return NotAllowed("Pages of other sites may not do this for their visitors.", reason="foreign_page")
        return None


def _is_preflight(scope: Any, headers: dict[str, str]) -> bool:
    return bool(scope["method"] == "OPTIONS" and "access-control-request-method" in headers)
