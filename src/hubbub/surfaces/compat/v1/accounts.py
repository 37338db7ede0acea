"""`/v1/auth`: registration and cookie sessions."""

from typing import Annotated

from litestar import Request, Response, post
from litestar.datastructures import State
from litestar.params import JSONBody
from msgspec import Meta, Struct

from hubbub.chat import requests, sessions
from hubbub.chat.requests import NewPassword
from hubbub.chat.requests import Request as Body
from hubbub.errors import InvalidInput, NotAuthenticated
from hubbub.surfaces.compat.v1.schemas import Done, Username
from hubbub.surfaces.cookie import CLEARED, clear_session, set_session
from hubbub.surfaces.rest.arguments import Address, AppServices, Caller
from hubbub.surfaces.rest.caller import browser_session, known_browser

Credential = Annotated[str, Meta(examples=["correct horse battery"])]


class NewAccount(Body):
    username: requests.Username
    password: NewPassword


class Account(Body):
    username: Username
    password: Credential


class Registered(Struct):
    id: int
    username: str


@post("/auth/register", summary="Register", operation_id="v1Register", status_code=200, security=[{}])
async def register(data: JSONBody[NewAccount], services: AppServices, address: Address) -> Registered:
    """Creates an account."""
    account = await services.credentials.register(data.username, data.password, None, address, in_default_rooms=False)
    return Registered(account.id, account.username)


@post("/auth/login", summary="Sign in", operation_id="v1Login", status_code=200, security=[{}])
async def login(
    data: JSONBody[Account], request: Request[object, object, State], services: AppServices, address: Address
) -> Response[Registered]:
    """The session is in the cookie that the answer sets."""
    device = request.headers.get("user-agent") or "unknown device"
    try:
        replacing = browser_session(request, services)
        browser = known_browser(request, services)
        signed_in = await services.credentials.sign_in(
            data.username, data.password, device, address, replacing, browser
        )
    except NotAuthenticated as error:
        raise InvalidInput(str(error)) from error
    cookie = set_session(signed_in, services.session_days, request.scope["state"]["secure"])
    user = signed_in.user
    return Response(Registered(user.id, user.username), headers={"Cache-Control": "no-store"}, cookies=[cookie])


@post("/auth/logout", summary="Sign out", operation_id="v1Logout", status_code=200)
async def logout(request: Request[object, object, State], services: AppServices, caller: Caller) -> Response[Done]:
    """Ends the session of the cookie."""
    await services.store.write(sessions.EndSession(caller.user, caller.session))
    return Response(Done(), headers=CLEARED, cookies=[clear_session(request.scope["state"]["secure"])])
