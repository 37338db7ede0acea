"""`/api/rooms`: create, find, change and delete rooms; read marker, receipts and changes."""

from typing import Annotated, cast

from litestar import Response, Router, delete, get, patch, post, put
from litestar.params import FromQuery, JSONBody, QueryParameter
from msgspec import UNSET, UnsetType

from hubbub.chat import changes, reads, receipts, requests, rooms
from hubbub.chat.reads import Marked
from hubbub.chat.shapes import LARGEST_ID, Changes, Kind, Room
from hubbub.surfaces.rest.arguments import After, AppServices, Caller, Limit, PathId, Query
from hubbub.surfaces.rest.conditional import NOT_MODIFIED, ApiRequest, with_etag
from hubbub.surfaces.rest.responses import Receipts, Rooms, ok_if_existing
from hubbub.surfaces.services import Services


@post("", summary="Create a room", operation_id="createRoom", responses=ok_if_existing(Room))
async def create_room(data: JSONBody[requests.CreateRoom], services: AppServices, caller: Caller) -> Response[Room]:
    """201; 200 if it is a direct room that exists already."""
    made = await services.store.write(
        rooms.CreateRoom(
            caller.user, cast(Kind, data.kind), services.limits, data.name, data.topic, data.members, data.joins_as
        )
    )
    return Response(
        _with_presence(services, made.room),
        status_code=201 if made.created else 200,
        headers={"Location": f"/api/rooms/{made.room.id}"},
    )


@get("", summary="Find rooms", operation_id="listRooms")
async def list_rooms(
    services: AppServices,
    caller: Caller,
    text: Query = "",
    mine: FromQuery[bool] = False,
    limit: Limit = 50,
    after: After = 0,
) -> Rooms:
    """Public rooms by ascending id, `query` being a part of the name; or with `mine` those you are a member of."""
    if mine:
        found = [
            room
            for room in sorted(await services.store.read(rooms.MyRooms(caller.user)), key=lambda room: room.id)
            if room.id > after and text.casefold() in (room.name or "").casefold()
        ]
    else:
        found = await services.store.read(rooms.PublicRooms(caller.user, text[:100], after, limit + 1))
    return Rooms([_with_presence(services, room) for room in found[:limit]], has_more=len(found) > limit)


@get("/{room:str}", summary="One room", operation_id="getRoom", responses=NOT_MODIFIED)
async def one_room(room: PathId, request: ApiRequest, services: AppServices, caller: Caller) -> Response[Room]:
    """The answer has an `ETag`; with `If-None-Match` it is 304 as long as nothing has changed."""
    return with_etag(request, _with_presence(services, await services.store.read(rooms.OneRoom(caller.user, room))))


@patch("/{room:str}", summary="Change a room", operation_id="changeRoom")
async def change_room(room: PathId, data: JSONBody[requests.ChangeRoom], services: AppServices, caller: Caller) -> Room:
    """For owners and moderators. Fields that are left out stay unchanged."""
    kind: Kind | UnsetType = UNSET if data.kind is UNSET else cast(Kind, data.kind)
    changed = await services.store.write(
        rooms.ChangeRoom(caller.user, room, data.name, data.topic, kind, data.archived, data.joins_as, services.limits)
    )
    return _with_presence(services, changed)


@delete("/{room:str}", summary="Delete a room", operation_id="deleteRoom", status_code=204)
async def delete_room(room: PathId, services: AppServices, caller: Caller) -> None:
    """At once and for everyone, with all its messages."""
    await services.store.write(rooms.DeleteRoom(caller.user, room))


@put("/{room:str}/read", summary="Move your read marker", operation_id="markRead")
async def mark_read(room: PathId, data: JSONBody[requests.MarkRead], services: AppServices, caller: Caller) -> Marked:
    """Forward only: an earlier position changes nothing. The answer is where the marker is now."""
    return await services.store.write(reads.MarkRead(caller.user, room, data.seq))


@get("/{room:str}/changes", summary="Changes since a version", operation_id="listChanges")
async def list_changes(
    room: PathId,
    services: AppServices,
    caller: Caller,
    since: Annotated[int, QueryParameter(ge=0, le=LARGEST_ID, description="The highest version you have applied")] = 0,
    limit: Limit = 100,
) -> Changes:
    """Apply all changes and keep `version` as the `since` of the next call."""
    found = await services.store.read(changes.ChangesSince(caller.user, room, since, limit, services.limits))
    _with_presence(services, found.room)
    for member in found.members:
        services.presence.dress(member.user)
    if found.room.me is not None and not found.has_more and not found.resync:
        services.receipts.fetched(caller.user, room, found.room.seq)
    return found


@get("/{room:str}/receipts", summary="Receipts of a room", operation_id="listReceipts")
async def list_receipts(room: PathId, services: AppServices, caller: Caller) -> Receipts:
    """How far messages have been delivered to each member and read by them. Delivery is tracked in small rooms only."""
    return Receipts(await services.store.read(receipts.Receipts(caller.user, room, services.limits)))


def _with_presence(services: Services, room: Room) -> Room:
    if room.peer is not None:
        services.presence.dress(room.peer)
    return room


router = Router(
    "/api/rooms",
    route_handlers=[
        create_room,
        list_rooms,
        one_room,
        change_room,
        delete_room,
        mark_read,
        list_changes,
        list_receipts,
    ],
    tags=["Rooms"],
)
