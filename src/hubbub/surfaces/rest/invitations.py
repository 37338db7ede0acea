"""`/api/invitations`: links with which people register."""

from typing import Annotated

from litestar import Request, Router, delete, get, post
from litestar.datastructures import State
from litestar.params import FromQuery, JSONBody, PathParameter, QueryParameter
from msgspec import Struct

from hubbub.chat import invitation_joins, invitations, requests
from hubbub.chat.addresses import network
from hubbub.chat.invitation_shapes import Invitation, InvitationPreview, InvitedRoom, NewInvitation
from hubbub.chat.shapes import LARGEST_ID
from hubbub.surfaces.absolute_url import absolute_url
from hubbub.surfaces.rest.arguments import Address, AppServices, Caller, Limit, PathId

Before = Annotated[int | None, QueryParameter(ge=1, le=LARGEST_ID, description="Only those with a lower id")]
Code = Annotated[str, PathParameter(max_length=100)]


class Invitations(Struct):
    invitations: list[Invitation]
    has_more: bool


class InvitedRooms(Struct):
    rooms: list[InvitedRoom]


@post("/api/invitations", summary="Invite people by a link", operation_id="createInvitation")
async def create_invitation(
    data: JSONBody[requests.CreateInvitation],
    request: Request[object, object, State],
    services: AppServices,
    caller: Caller,
) -> NewInvitation:
    """Who opens `link` is asked for a name, and joins the rooms. The code is shown this once. 403 if only
    administrators invite, or if you may not add people to one of the rooms."""
    code = invitations.new_code()
    made = await services.store.write(
        invitations.CreateInvitation(
            caller.user,
            invitations.digest_of(code),
            data.uses,
            data.expires_in,
            data.rooms,
            services.credentials.registration.who_invites,
            services.limits,
        )
    )
    # Behind the #: what stands there is neither sent to servers nor told to other sites.
    return NewInvitation(made, code, absolute_url(request, services, f"/join#{code}"))


@get("/api/invitations", summary="Your invitations", operation_id="listInvitations")
async def list_invitations(
    services: AppServices, caller: Caller, everybody: FromQuery[bool] = False, before: Before = None, limit: Limit = 50
) -> Invitations:
    """The latest first, with who came by which. `everybody`: those of all, for administrators."""
    found = await services.store.read(
        invitations.ListInvitations(caller.user, everybody, before or LARGEST_ID, limit + 1)
    )
    return Invitations(found[:limit], has_more=len(found) > limit)


@get(
    "/api/invitations/{invitation:str}",
    summary="What an invitation is for",
    operation_id="getInvitation",
    security=[{}],
)
async def one_invitation(invitation: Code, services: AppServices, address: Address) -> InvitationPreview:
    """For whoever has the code, signed in or not: who invites, and to which rooms."""
    guesses, source = services.rate_limits.failures_of_address, network(address)
    # Counted before, so that parallel guesses count as much.
    guesses.hit(source)
    rules = services.credentials.registration
    found = await services.store.read(
        invitations.PreviewInvitation(invitations.digest_of(invitation), rules.who_invites)
    )
    guesses.give_back(source)
    return found


@post(
    "/api/invitations/{invitation:str}/join",
    summary="Join the rooms of an invitation",
    operation_id="joinByInvitation",
    status_code=200,
)
async def join_by_invitation(invitation: Code, services: AppServices, caller: Caller, address: Address) -> InvitedRooms:
    """For whoever has an account already. The answer has all rooms that the invitation leads to. 403 if you came by it
    before, and are not in one of them any more."""
    guesses, source = services.rate_limits.failures_of_address, network(address)
    guesses.hit(source)
    rules = services.credentials.registration
    known = await services.store.read(invitations.InvitationOf(invitations.digest_of(invitation), rules.who_invites))
    if known is None:
        raise invitations.none_such()
    guesses.give_back(source)
    found = await services.store.write(
        invitation_joins.JoinByInvitation(caller.user, known, rules.who_invites, services.limits)
    )
    return InvitedRooms(found)


@delete("/api/invitations/{invitation:str}", summary="Revoke an invitation", operation_id="revokeInvitation")
async def revoke_invitation(invitation: PathId, services: AppServices, caller: Caller) -> None:
    """Nobody can register with it any more; those who did stay. Administrators revoke those of others, too."""
    maker = await services.store.read(invitations.MakerOf(invitation))
    await services.store.write(invitations.RevokeInvitation(caller.user, invitation, maker))


router = Router(
    "/",
    route_handlers=[create_invitation, list_invitations, one_invitation, join_by_invitation, revoke_invitation],
    tags=["Invitations"],
)
