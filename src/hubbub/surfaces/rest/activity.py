"""`/api/activity`: what others did that concerns the caller."""

from typing import Annotated, Literal

from litestar import Router, get
from litestar.params import FromQuery, QueryParameter
from msgspec import Struct

from hubbub.chat.activity import ListActivity
from hubbub.chat.activity_shapes import Activity
from hubbub.chat.shapes import LARGEST_ID
from hubbub.chat.stream_shapes import ActivityKind
from hubbub.surfaces.rest.arguments import AppServices, Caller, Limit

_After = Annotated[int | None, QueryParameter(ge=0, le=LARGEST_ID, description="The `next` of the page before")]
_KINDS: dict[str, ActivityKind] = {"mentions": "mention", "reactions": "reaction"}


class ActivityPage(Struct, omit_defaults=True):
    """`next`: give it as `after` for the page that follows. Absent at the end."""

    activity: list[Activity]
    has_more: bool
    next: int | None = None


@get("/api/activity", summary="Mentions of you, and reactions to what you wrote", operation_id="listActivity")
async def list_activity(
    services: AppServices,
    caller: Caller,
    kind: FromQuery[Literal["mentions", "reactions"]] = "mentions",
    after: _After = None,
    limit: Limit = 50,
) -> ActivityPage:
    """Messages that mention you, or messages of yours to which others reacted: in all rooms that you may read, without
    deleted ones, the latest change first. A page may have fewer than `limit`, and more may follow."""
    found = await services.store.read(ListActivity(caller.user, _KINDS[kind], limit, after))
    return ActivityPage(found.activity, found.next is not None, found.next)


router = Router("/", route_handlers=[list_activity], tags=["Users"])
