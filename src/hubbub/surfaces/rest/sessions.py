"""`/api/login`, `/api/logout`, `/api/sessions`, `/api/tickets`: signing in and out."""

from contextlib import suppress

from litestar import Request, Response, Router, delete, get, post
from litestar.datastructures import State
from litestar.params import JSONBody

from hubbub.chat import accounts, requests, sessions
from hubbub.chat.invitations import may_invite
from hubbub.errors import NotAuthenticated, NotFound
from hubbub.surfaces.cookie import CLEARED, clear_session
from hubbub.surfaces.rest.arguments import Address, AppServices, Caller, PathId
from hubbub.surfaces.rest.caller import browser_session, known_browser, token_of
from hubbub.surfaces.rest.responses import Sessions, SignedIn, Ticket, Whoami
from hubbub.surfaces.rest.session_response import session_response


@post("/api/login", summary="Sign in", operation_id="login", status_code=200, security=[{}])
async def login(
    data: JSONBody[requests.Login], request: Request[object, object, State], services: AppServices, address: Address
) -> Response[SignedIn]:
    """Opens a session. Send the token as `Authorization: Bearer`, or request a `cookie` in a browser."""
    device = data.device or request.headers.get("user-agent") or "unknown device"
    replacing = browser_session(request, services) if data.cookie else None
    browser = known_browser(request, services)
    found = await services.credentials.sign_in(data.username, data.password, device, address, replacing, browser)
    return session_response(request, services, found, data.cookie)


@get("/api/session", summary="The current session", operation_id="getSession", security=[{}])
async def own_session(request: Request[object, object, State], services: AppServices) -> Response[Whoami]:
    """Whether the caller is signed in, and the rules for new accounts. Never refused."""
    user, can_invite, admin = None, False, False
    with suppress(NotAuthenticated, NotFound):
        state = request.scope["state"]
        identity = await services.authenticator.admit(token_of(state["headers"], state["secure"]))
        account = await services.store.read(accounts.AccountOf(identity.user))
        user = services.presence.dress(account.user())
        can_invite = may_invite(account, services.credentials.registration.who_invites)
        admin = account.admin
    limits, newcomers = services.limits, await services.credentials.newcomers()
    body = Whoami(
        user,
        newcomers,
        newcomers == "first" and services.credentials.registration.setup_token,
        can_invite,
        admin,
        limits.username_length,
        accounts.LONGEST_DISPLAY_NAME,
        limits.password_min,
        limits.password_max,
    )
    return Response(body, headers={"Cache-Control": "no-store"})


@post("/api/logout", summary="Sign out", operation_id="logout", status_code=204)
async def logout(request: Request[object, object, State], services: AppServices, caller: Caller) -> Response[None]:
    """Ends the caller's session: its token is refused from then on and its sockets close."""
    await services.store.write(sessions.EndSession(caller.user, caller.session))
    return Response(None, headers=CLEARED, cookies=[clear_session(request.scope["state"]["secure"])])


@get("/api/sessions", summary="Your sessions", operation_id="listSessions")
async def list_sessions(services: AppServices, caller: Caller) -> Sessions:
    """Your open sessions. `DELETE /api/sessions/{session}` ends one."""
    return Sessions(await services.store.read(sessions.MySessions(caller.user, caller.session)))


@delete("/api/sessions/{session:str}", summary="Sign out elsewhere", operation_id="endSession", status_code=204)
async def end_session(session: PathId, services: AppServices, caller: Caller) -> None:
    """At once: its token is refused and its open sockets close."""
    await services.store.write(sessions.EndSession(caller.user, session))


@post("/api/tickets", summary="A one-time ticket", operation_id="createTicket", status_code=201)
async def create_ticket(data: JSONBody[requests.CreateTicket], services: AppServices, caller: Caller) -> Ticket:
    """For opening a socket (`/ws?ticket=…`) or a file where no header can be set."""
    services.rate_limits.tickets.hit(caller.user)
    ticket = await services.store.write(sessions.IssueTicket(caller.session, data.use))
    return Ticket(ticket, sessions.TICKET_SECONDS)


router = Router(
    "/", route_handlers=[login, own_session, logout, list_sessions, end_session, create_ticket], tags=["Sessions"]
)
