"""`/api/stream`: what changed for the caller, across rooms."""

from typing import Annotated

from litestar import Router, get
from litestar.params import FromQuery, QueryParameter

from hubbub.chat.shapes import LARGEST_ID
from hubbub.chat.stream_shapes import Entries, EntryKind
from hubbub.chat.user_stream import StreamSince
from hubbub.surfaces.rest.arguments import AppServices, Caller, Limit

After = Annotated[int | None, QueryParameter(ge=0, le=LARGEST_ID, description="A `position` of the stream")]


@get("/api/stream", summary="What changed for you", operation_id="getStream")
async def get_stream(
    services: AppServices,
    caller: Caller,
    after: After = None,
    kind: FromQuery[EntryKind | None] = None,
    limit: Limit = 50,
) -> Entries:
    """Direct messages, mentions, reminders, and what you did on other devices: marks, saved messages, drafts, settings.

    The oldest change comes first, and each once, as it is now. Without `after`: nothing but the present `position`.
    Continue from `position` while `has_more`; a smaller one than `after` means that a backup was restored.
    """
    return await services.store.read(StreamSince(caller.user, after, limit, kind))


router = Router("/", route_handlers=[get_stream], tags=["Users"])
