"""Who calls, and from where: what handlers ask for by the names `caller` and `address`."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Any

from litestar import Request
from litestar.datastructures import State
from litestar.params import Parameter

from hubbub.chat.device_tokens import Device
from hubbub.chat.sessions import Identity
from hubbub.chat.shapes import LARGEST_ID
from hubbub.chat.tokens import Claim
from hubbub.errors import InvalidInput, NotAuthenticated
from hubbub.surfaces.cookie import device_cookie, session_cookie
from hubbub.surfaces.rest import idempotency
from hubbub.surfaces.rest.query import require_known, require_whole_numbers
from hubbub.surfaces.services import Services

_WITHOUT_BODY = frozenset({"GET", "HEAD", "OPTIONS"})
PathId = Annotated[int, Parameter(ge=1, le=LARGEST_ID)]
Limit = Annotated[int, Parameter(ge=1, le=200, description="How many at the most")]
Query = Annotated[str, Parameter(query="query", max_length=100)]
After = Annotated[int, Parameter(ge=0, le=LARGEST_ID, description="Only those with a higher id")]


async def caller(request: Request[object, object, State], services: Services) -> Identity:
    """The signed-in user, as `admission` found them.

    It depends on `services` so that Litestar resolves one after the other: two at once it gives tasks of their own,
    which takes a fifth of a call.
    """
    found: Identity = request.scope["state"]["caller"]
    return found


def admission(services: Callable[[], Services]) -> Callable[[Request[object, object, State]], Awaitable[None]]:
    """What is looked at before anything of a request but its address: who asks, then which parameters it
    has and what kind of body.

    Not a guard of Litestar's, for which it copies the handler at each call.

    Raises:
        NotAuthenticated: the call is for those who are signed in.
        InvalidInput: an unknown parameter, a number in another spelling, or a body that is not JSON: a page of another
            site can send nothing else without being asked first.
    """

    async def admit(request: Request[object, object, State]) -> None:
        state: dict[str, Any] = request.scope["state"]
        headers: dict[str, str] = state["headers"]
        handler = request.scope["route_handler"]
        if "caller" in handler.parsed_fn_signature.parameters:
            authenticator = services().authenticator
            # The middleware has read the token already, if it is valid.
            claim: Claim | None = state.get("claim")
            if claim is None:
                claim = authenticator.check(token_of(headers, state["secure"]))
            state["caller"] = await authenticator.confirm(claim)
        require_whole_numbers(handler, request.scope["query_string"], request.scope["path_params"])
        if request.scope["path"].startswith("/api/"):
            require_known(handler, request.scope["query_string"], request.scope["path_params"])
            idempotency.require_taken(handler, headers, request.scope["method"])
        if request.scope["method"] not in _WITHOUT_BODY:
            _require_json(headers)

    return admit


def _require_json(headers: dict[str, str]) -> None:
    has_body = headers.get("content-length", "0") != "0" or "transfer-encoding" in headers
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    if has_body and kind != "application/json":
        raise InvalidInput("The body must be JSON: send Content-Type: application/json.")


def token_of(headers: dict[str, str], secure: bool) -> str:
    """The token that a request came with; `secure`: over https. Raises NotAuthenticated."""
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
    """The session of the cookie that a request came with, if it is a valid one: a new one takes its place."""
    state = request.scope["state"]
    token = session_cookie(state["headers"].get("cookie"), state["secure"])
    if token is None:
        return None
    try:
        return services.authenticator.check(token)
    except NotAuthenticated:
        return None


def known_browser(request: Request[object, object, State], services: Services) -> Device | None:
    """What the device cookie of a request says, if it is a good one."""
    state = request.scope["state"]
    return services.devices.read(device_cookie(state["headers"].get("cookie"), state["secure"]))


async def address(request: Request[object, object, State]) -> str:
    """The client's address, as the guard found it."""
    found: str = request.scope["state"]["address"]
    return found
