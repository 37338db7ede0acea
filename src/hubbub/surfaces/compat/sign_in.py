"""`/register`, `/login`, `/logout` of the conversations and the rooms interface."""

from typing import Annotated

from litestar import Request, Response, Router, post
from litestar.datastructures import State
from litestar.params import JSONBody
from msgspec import Meta, Struct

from hubbub.chat import sessions
from hubbub.chat.clock import Timestamp
from hubbub.chat.requests import NewPassword, Username
from hubbub.chat.requests import Request as Body
from hubbub.chat.shapes import Status, User
from hubbub.surfaces.rest.arguments import Address, AppServices, Caller
from hubbub.surfaces.rest.caller import known_browser
from hubbub.surfaces.services import Services

TAG = "Conversations"


class NewPerson(Body):
    username: Username
    password: NewPassword


class Credentials(Body):
    username: Annotated[str, Meta(examples=["alice"])]
    password: Annotated[str, Meta(examples=["correct horse battery"])]


class Person(Struct):
    id: Annotated[int, Meta(examples=[1])]
    username: Annotated[str, Meta(examples=["alice"])]
    status: Status
    last_seen: Timestamp | None


class SignedInPerson(Struct):
    """Send the token as `Authorization: Bearer <token>`."""

    token: Annotated[str, Meta(examples=["eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzaWQiOjF9.c2ln"])]
    user: Person


def person(services: Services, user: User) -> Person:
    services.presence.dress(user)
    return Person(user.id, user.username, user.status, user.last_seen)


@post("/register", summary="Register", operation_id="registerPerson", security=[{}])
async def register(data: JSONBody[NewPerson], services: AppServices, address: Address) -> Person:
    """Creates an account. Then sign in with `POST /login`."""
    account = await services.credentials.register(data.username, data.password, None, address, in_default_rooms=False)
    return person(services, account.user())


@post("/login", summary="Sign in", operation_id="loginPerson", status_code=200, security=[{}])
async def login(
    data: JSONBody[Credentials], request: Request[object, object, State], services: AppServices, address: Address
) -> Response[SignedInPerson]:
    """Opens a session: send its token as `Authorization: Bearer <token>`."""
    device = request.headers.get("user-agent") or "unknown device"
    browser = known_browser(request, services)
    signed_in = await services.credentials.sign_in(data.username, data.password, device, address, browser=browser)
    answer = SignedInPerson(signed_in.token, person(services, signed_in.user))
    return Response(answer, headers={"Cache-Control": "no-store"})


@post("/logout", summary="Sign out", operation_id="logoutPerson", status_code=204)
async def logout(services: AppServices, caller: Caller) -> None:
    """The token is refused from then on."""
    await services.store.write(sessions.EndSession(caller.user, caller.session))


router = Router("/", route_handlers=[register, login, logout], tags=[TAG])
