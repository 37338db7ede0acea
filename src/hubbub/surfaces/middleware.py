"""What every HTTP request passes first: an id, the host it names, the site it comes from, its size; and what every
response carries: headers that keep a browser from doing harm (OWASP HTTP Headers Cheat Sheet). One log line each.
"""

import asyncio
import time
from typing import Any

import structlog
from litestar.enums import ScopeType
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from hubbub.chat.addresses import network
from hubbub.errors import HubbubError, InvalidInput, NotAllowed, NotAuthenticated, RateLimited, TooLarge
from hubbub.surfaces.cookie import device_cookie, session_cookie
from hubbub.surfaces.cors import PREFLIGHT, shared
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

# No inline script or style, nothing from elsewhere, in nobody's frame; Trusted Types where the browser has them.
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
    """ASGI middleware around the whole application."""

    def __init__(self, app: ASGIApp, services: Services, largest_body: int) -> None:
        self._app = app
        self._origins = services.origins
        self._authenticator = services.authenticator
        self._limits = services.rate_limits
        self._largest_body = largest_body
        self._services = services
        self._log = _log.bind()  # what stands for it looks it up at every line
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
                found: Any = message["headers"]
                if b"cache-control" not in [name.lower() for name, _ in found]:
                    found = [*found, _PRIVATE]
                if sharing == "anyone":
                    # Only where an origin is named may its pages have to do with cookies.
                    found = [pair for pair in found if pair[0].lower() != b"set-cookie"]
                asked = [*found, *self._headers, *shared(origin, sharing), (b"x-request-id", request.encode())]
                message["headers"] = [*asked, _VARIES] if origin else asked
            await send(message)

        try:
            refused = self._over_the_limit(scope["path"], state) or self._refusal(scope, headers, sharing)
            if refused is None and sharing != "none" and _is_preflight(scope, headers):
                await answer({"type": "http.response.start", "status": 204, "headers": PREFLIGHT})
                await answer({"type": "http.response.body", "body": b"", "more_body": False})
            elif refused is not None:
                if isinstance(refused, RateLimited):
                    await self._slow_down(address)
                await send_error(refused, answer, close=not isinstance(refused, RateLimited))
            else:
                await self._app(scope, receive, answer)
        except Exception:
            _log.exception("request_failed", path=scope["path"])
            if started:
                raise  # uvicorn breaks the connection off: nobody takes what was sent for the whole
            await send_error(HubbubError(FAULT), answer, close=True)
        finally:
            # The path only: a query may hold what somebody searched for, or a ticket.
            self._log.info(
                "request",
                id=request,
                method=scope["method"],
                path=scope["path"],
                status=status,
                ms=round((time.perf_counter() - began) * 1000, 2),
                address=address,
                user=state["caller"].user if "caller" in state else None,
            )

    def _over_the_limit(self, path: str, state: dict[str, Any]) -> RateLimited | None:
        """Counted before anything else is done: for the account, or the address where it cannot be told whose it is."""
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
                # Whoever floods from the same address does not keep a browser that is known from signing in.
                browser = self._services.devices.read(device_cookie(state["headers"].get("cookie"), state["secure"]))
                place = network(state["address"]) if browser is None else f"device of {browser.user}"
                current_principal.set(place)
                self._limits.requests_of_address.hit(place)
        except RateLimited as error:
            return error
        return None

    async def _slow_down(self, address: str) -> None:
        """Who does not heed refusals waits for them: a flood over a few connections is as slow as they are many."""
        try:
            self._limits.refusals.hit(network(address))
        except RateLimited:
            await asyncio.sleep(_SLOWED_SECONDS)

    def _refusal(self, scope: Any, headers: dict[str, str], sharing: Sharing) -> HubbubError | None:
        if len(headers) < len(scope["headers"]) and [name for name, _ in scope["headers"]].count(b"host") > 1:
            return InvalidInput("There is more than one Host header.")
        # Whoever asks whether a server is well, such as Kubernetes, asks it by its address.
        if scope["path"] not in _PROBES and not self._origins.knows_host(headers.get("host")):
            return InvalidInput("This server does not answer to that host name. See the allowed_hosts setting.")
        length = headers.get("content-length", "0")
        if length.isdigit() and int(length) > self._largest_body:
            return TooLarge(f"The body has {length} bytes; at most {self._largest_body} are allowed.")
        if scope["method"] in _SAFE:
            return None
        if sharing == "anyone" and not session_cookie(headers.get("cookie"), scope["state"]["secure"]):
            return None
        if not self._origins.is_ours(headers.get, scope["state"]["scheme"]):
            return NotAllowed("Pages of other sites may not do this for their visitors.", reason="foreign_page")
        return None


def _is_preflight(scope: Any, headers: dict[str, str]) -> bool:
    return bool(scope["method"] == "OPTIONS" and "access-control-request-method" in headers)
