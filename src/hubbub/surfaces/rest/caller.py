"""The dependencies `caller` and `address` of handlers, and the checks before a handler runs."""

from collections.abc import Awaitable, Callable
from typing import Any

from litestar import Request
from litestar.datastructures import State
from litestar.handlers import BaseRouteHandler

from hubbub.chat.device_tokens import Device
from hubbub.chat.sessions import Identity
from hubbub.chat.tokens import Claim
from hubbub.errors import InvalidInput, NotAuthenticated
from hubbub.surfaces.cookie import device_cookie, session_cookie
from hubbub.surfaces.rest import idempotency
from hubbub.surfaces.rest.arguments import AppServices
from hubbub.surfaces.rest.query import require_known, require_whole_numbers
from hubbub.surfaces.services import Services

AUTHENTICATED, PUBLIC = "authenticated", "public"
"""Keys of a handler's `opt`: it is a call of a plugin; it needs no session."""
_WITHOUT_BODY = frozenset({"GET", "HEAD", "OPTIONS"})


async def caller(request: Request[object, object, State], services: AppServices) -> Identity:
    """The signed-in user, as `admission` found them.

    It depends on `services` so that Litestar resolves the two one after the other. It would run two at once in tasks of
    their own, which takes a fifth of a request's time.
    """
    found: Identity = request.scope["state"]["caller"]
    return found


def admission(services: Callable[[], Services]) -> Callable[[Request[object, object, State]], Awaitable[None]]:
    """The checks before a handler runs: authentication, then parameters, then the type of the body.

    Not a guard of Litestar's, for which Litestar copies the handler on every call.

    Raises:
        NotAuthenticated: the handler takes a `caller` and the request has no valid session.
        InvalidInput: an unknown parameter, a number in non-canonical form, or a body that is not `application/json`.
            The latter guards against CSRF: pages of other sites can send JSON only after a CORS preflight.
    """

    async def admit(request: Request[object, object, State]) -> None:
        state: dict[str, Any] = request.scope["state"]
        headers: dict[str, str] = state["headers"]
        handler = request.scope["route_handler"]
        if "caller" in handler.parsed_fn_signature.parameters or is_authenticated(handler):
            authenticator = services().authenticator
            # The middleware has read the token already, if it is valid.
            claim: Claim | None = state.get("claim")
            if claim is None:
                claim = authenticator.check(token_of(headers, state["secure"]))
            state["caller"] = await authenticator.confirm(claim)
        require_whole_numbers(handler, request.scope["query_string"], request.scope["path_params"])
        if request.scope["path"].startswith("/api/"):
            require_known(handler, request.scope["query_string"], request.scope["path_params"])
            idempotency.require_supported(handler, headers, request.scope["method"])
        if request.scope["method"] not in _WITHOUT_BODY:
            _require_json(headers)

    return admit


def is_authenticated(handler: BaseRouteHandler) -> bool:
    """Whether a call of a plugin needs a session: all do that are not declared to be public."""
    return AUTHENTICATED in handler.opt and not handler.opt.get(PUBLIC)


def _require_json(headers: dict[str, str]) -> None:
    has_body = headers.get("content-length", "0") != "0" or "transfer-encoding" in headers
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    if has_body and kind != "application/json":
        raise InvalidInput("The body must be JSON: send Content-Type: application/json.")


def token_of(headers: dict[str, str], secure: bool) -> str:
    """The token in the Authorization header or the cookie. `secure`: over https. Raises NotAuthenticated."""
    authorization = headers.get("authorization")
    if authorization is not None:
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() != "bearer":
            raise NotAuthenticated("Use 'Authorization: Bearer <token>'.")
        return token.strip()
    token = session_cookie(headers.get("cookie"), secure) or ""
    if not token:
        raise NotAuthenticated("Sign in first: POST /api/login.")
    return token


def browser_session(request: Request[object, object, State], services: Services) -> Claim | None:
    """The session of the request's cookie, if it is valid. A new session in the cookie replaces it."""
    state = request.scope["state"]
    token = session_cookie(state["headers"].get("cookie"), state["secure"])
    if token is None:
        return None
    try:
        return services.authenticator.check(token)
    except NotAuthenticated:
        return None


def known_browser(request: Request[object, object, State], services: Services) -> Device | None:
    """The device of the request's device cookie, if it is valid."""
    state = request.scope["state"]
    return services.devices.read(device_cookie(state["headers"].get("cookie"), state["secure"]))


async def address(request: Request[object, object, State]) -> str:
    """The client's address, as the middleware found it."""
    found: str = request.scope["state"]["address"]
    return found
