"""`/api/users`: registration, the directory, the caller's profile."""

from litestar import Request, Response, Router, delete, get, patch, post, put
from litestar.datastructures import State
from litestar.params import FromQuery, JSONBody

from hubbub.chat import accounts, profile_changes, profiles, requests
from hubbub.chat.shapes import LARGEST_ID, Profile, User
from hubbub.surfaces.rest.arguments import Address, After, AppServices, Caller, Limit, PathId, Query
from hubbub.surfaces.rest.responses import SignedIn, Users
from hubbub.surfaces.rest.session_response import session_response
from hubbub.surfaces.rest.time_parameter import TimeParameter, epoch_ms


@post("", summary="Register", operation_id="register", security=[{}])
async def register(data: JSONBody[requests.Register], services: AppServices, address: Address) -> User:
    """Creates an account. 403 if registration is closed, or needs an `invitation` that can be used. The first account
    may need a `setup_token`. Then sign in with `POST /api/login`."""
    account = await services.credentials.register(
        data.username, data.password, data.display_name, address, data.invitation, data.setup_token
    )
    return services.presence.dress(account.user())


@get("", summary="Find people", operation_id="listUsers")
async def list_users(
    services: AppServices,
    caller: Caller,
    text: Query = "",
    online: FromQuery[bool] = False,
    limit: Limit = 50,
    after: After = 0,
) -> Users:
    """Users by ascending id; `query` is the beginning of a user name or display name."""
    only = services.presence.online() if online else None
    found = await services.store.read(accounts.Directory(text[:100], after, limit + 1, only))
    users = [services.presence.dress(user) for user in found[:limit]]
    return Users(users, has_more=len(found) > limit)


@get("/changed", summary="Changed users", operation_id="listChangedUsers")
async def changed_users(
    services: AppServices, caller: Caller, since: TimeParameter, limit: Limit = 200, after: After = 0
) -> Users:
    """Users whose profile, as you see it, changed since then, by ascending id, for clients that were offline."""
    found = await services.store.read(profiles.ChangedUsers(epoch_ms(since, "since"), after, limit + 1))
    users = [services.presence.dress(user) for user in found[:limit]]
    return Users(users, has_more=len(found) > limit)


@get("/me", summary="Your own profile", operation_id="getProfile")
async def own_profile(services: AppServices, caller: Caller) -> Profile:
    """Your account, with fields that only you see."""
    profile = accounts.profile(await services.store.read(accounts.AccountOf(caller.user)))
    services.presence.dress(profile.user)
    return profile


@patch("/me", summary="Change your profile", operation_id="changeProfile")
async def change_profile(data: JSONBody[requests.ChangeProfile], services: AppServices, caller: Caller) -> Profile:
    """Fields that are left out stay unchanged."""
    profile = await services.store.write(
        profile_changes.ChangeProfile(
            caller.user,
            data.display_name,
            data.avatar,
            data.status_text,
            data.time_zone,
            data.locale,
            data.status_emoji,
            epoch_ms(data.status_until, "status_until") if isinstance(data.status_until, str) else data.status_until,
            data.pronouns,
            data.title,
        )
    )
    services.presence.dress(profile.user)
    return profile


@put("/me/password", summary="Change your password", operation_id="changePassword")
async def change_password(
    data: JSONBody[requests.ChangePassword],
    request: Request[object, object, State],
    services: AppServices,
    caller: Caller,
    address: Address,
) -> Response[SignedIn]:
    """Ends every session and opens a new one for the caller. Use its `token`; in a browser the cookie is replaced."""
    renewed = await services.credentials.change_password(caller.user, caller.session, data.current, data.new, address)
    has_cookie = "authorization" not in request.scope["state"]["headers"]
    return session_response(request, services, renewed, has_cookie)


@delete("/me", summary="Delete your account", operation_id="closeAccount", status_code=204)
async def close_account(
    data: JSONBody[requests.CloseAccount], services: AppServices, caller: Caller, address: Address
) -> None:
    """Ends your sessions and memberships. Your messages remain, under the name of a deleted account."""
    await services.credentials.close_account(caller.user, caller.session, data.password, address)


@get("/{user:str}", summary="One user", operation_id="getUser")
async def one_user(user: PathId, services: AppServices, caller: Caller) -> User:
    """For any signed-in user."""
    account = await services.store.read(accounts.AccountOf(min(user, LARGEST_ID)))
    return services.presence.dress(account.user())


router = Router(
    "/api/users",
    route_handlers=[
        register,
        list_users,
        changed_users,
        own_profile,
        change_profile,
        change_password,
        close_account,
        one_user,
    ],
    tags=["Users"],
)
