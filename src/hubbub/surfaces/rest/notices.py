"""`/api/rooms/{id}/notices`: joins, leaves, renames and so on."""

from typing import Annotated

from litestar import Router, get
from litestar.params import QueryParameter

from hubbub.chat import notices
from hubbub.chat.shapes import LARGEST_ID
from hubbub.surfaces.rest.arguments import AppServices, Caller, Limit, PathId
from hubbub.surfaces.rest.responses import Notices

Version = Annotated[int | None, QueryParameter(ge=0, le=LARGEST_ID, description="A `version` of the room")]


@get("", summary="Notices of a room", operation_id="listNotices")
async def list_notices(
    room: PathId,
    services: AppServices,
    caller: Caller,
    before: Version = None,
    after: Version = None,
    limit: Limit = 50,
) -> Notices:
    """Oldest first. Without a position: the last ones. A page of messages includes the notices between them."""
    found = await services.store.read(notices.Notices(caller.user, room, limit + 1, before, after))
    # The extra one, which shows whether there are more, is at the end that the direction leads to.
    page = found[:limit] if after is not None else found[-limit:]
    return Notices(page, has_more=len(found) > limit)


router = Router("/api/rooms/{room:str}/notices", route_handlers=[list_notices], tags=["Rooms"])
