"""`/api/rooms/{id}/members`: join, leave, add, remove, change the rank."""

from litestar import Response, Router, delete, get, patch, post
from litestar.params import JSONBody

from hubbub.chat import members, requests
from hubbub.chat.shapes import Member
from hubbub.surfaces.rest.arguments import After, AppServices, Caller, Limit, PathId
from hubbub.surfaces.rest.responses import Members, ok_if_existing


@get("", summary="Members of a room", operation_id="listMembers")
async def list_members(
    room: PathId, services: AppServices, caller: Caller, limit: Limit = 50, after: After = 0
) -> Members:
    """By ascending user id."""
    found = await services.store.read(members.Members(caller.user, room, after, limit + 1))
    for member in found:
        services.presence.dress(member.user)
    return Members(found[:limit], has_more=len(found) > limit)


@post("", summary="Join, or add somebody", operation_id="addMember", responses=ok_if_existing(Member))
async def add_member(
    room: PathId, data: JSONBody[requests.AddMember], services: AppServices, caller: Caller
) -> Response[Member]:
    """Without `user` you join yourself. 201; 200 if already a member."""
    joined = await services.store.write(members.AddMember(caller.user, room, services.limits, data.user))
    services.presence.dress(joined.member.user)
    return Response(joined.member, status_code=201 if joined.created else 200)


@patch("/{user:str}", summary="Change a membership", operation_id="changeMember")
async def change_member(
    room: PathId, user: PathId, data: JSONBody[requests.ChangeMember], services: AppServices, caller: Caller
) -> Member:
    """Set a rank; or, for yourself, mute the room, archive it (hidden from your list) or mark it as unread."""
    member = await services.store.write(
        members.ChangeMember(caller.user, room, user, data.rank, data.muted, data.archived, data.marked_unread)
    )
    services.presence.dress(member.user)
    return member


@delete("/{user:str}", summary="Leave, or remove somebody", operation_id="removeMember", status_code=204)
async def remove_member(room: PathId, user: PathId, services: AppServices, caller: Caller) -> None:
    """From then on they receive no events of the room."""
    await services.store.write(members.RemoveMember(caller.user, room, user, services.limits))


router = Router(
    "/api/rooms/{room:str}/members",
    route_handlers=[list_members, add_member, change_member, remove_member],
    tags=["Members"],
)
