"""Who calls, and from where: what handlers ask for by the names `caller` and `address`."""

from typing import Annotated

from litestar import Request
from litestar.connection import ASGIConnection
from litestar.datastructures import State
from litestar.params import Parameter

from hubbub.chat.sessions import Identity
from hubbub.chat.shapes import LARGEST_ID
from hubbub.errors import NotAuthenticated
from hubbub.surfaces.cookie import session_cookie
from hubbub.surfaces.services import Services

Connection = ASGIConnection[object, object, object, State]

PathId = Annotated[int, Parameter(ge=1, le=LARGEST_ID)]
Limit = Annotated[int, Parameter(ge=1, le=200, description="How many at the most")]
Query = Annotated[str, Parameter(query="query", max_length=100)]
After = Annotated[int, Parameter(ge=0, le=LARGEST_ID, description="Only those with a higher id")]


async def caller(request: Request[object, object, State], services: Services) -> Identity:
    """The signed-in user, by bearer token or cookie. Raises NotAuthenticated."""
    return await services.gate.admit(token_of(request.scope["state"]["headers"]))


def token_of(headers: dict[str, str]) -> str:
    """The token that a request came with. Raises NotAuthenticated."""
    authorization = headers.get("authorization")
    if authorization is not None:
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() != "bearer":
            raise NotAuthenticated("Use 'Authorization: Bearer <token>'.")
        return token.strip()
    token = session_cookie(headers.get("cookie")) or ""
    if not token:
        raise NotAuthenticated("Sign in first: POST /api/login.")
    return token


async def address(request: Request[object, object, State]) -> str:
    """The client's address, as the guard found it."""
    found: str = request.scope["state"]["address"]
    return found
