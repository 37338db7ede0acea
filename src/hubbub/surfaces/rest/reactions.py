"""`/api/rooms/{id}/messages/{seq}/reactions/{emoji}`: who reacted, react, take it back."""

from typing import Annotated

from litestar import Router, delete, get, put
from litestar.openapi.spec import Example
from litestar.params import PathParameter

from hubbub.chat import reactions
from hubbub.chat.shapes import Message
from hubbub.surfaces.rest.arguments import After, AppServices, Caller, Limit, PathId
from hubbub.surfaces.rest.messages import as_message
from hubbub.surfaces.rest.responses import Users

PathEmoji = Annotated[
    str, PathParameter(description="One emoji", schema_extra={"format": "emoji"}, examples=[Example(value="👍")])
]


@get(
    "",
    summary="Who reacted",
    operation_id="listReactors",
)
async def list_reactors(
    room: PathId,
    seq: PathId,
    emoji: PathEmoji,
    services: AppServices,
    caller: Caller,
    limit: Limit = 50,
    after: After = 0,
) -> Users:
    """All who reacted with this emoji, by ascending user id; a message itself names the first twenty."""
    found = await services.store.read(reactions.Reactors(caller.user, room, seq, emoji, after, limit + 1))
    for user in found:
        services.presence.dress(user)
    return Users(found[:limit], has_more=len(found) > limit)


@put(
    "",
    summary="React",
    operation_id="addReaction",
)
async def add_reaction(room: PathId, seq: PathId, emoji: PathEmoji, services: AppServices, caller: Caller) -> Message:
    """Once per user and emoji: doing it again changes nothing."""
    return as_message(
        await services.store.write(reactions.React(caller.user, room, seq, emoji, "add", services.limits))
    )


@delete(
    "",
    summary="Remove a reaction",
    operation_id="removeReaction",
    status_code=200,
)
async def remove_reaction(
    room: PathId, seq: PathId, emoji: PathEmoji, services: AppServices, caller: Caller
) -> Message:
    """One's own. Doing it again changes nothing."""
    return as_message(
        await services.store.write(reactions.React(caller.user, room, seq, emoji, "remove", services.limits))
    )


router = Router(
    "/api/rooms/{room:str}/messages/{seq:str}/reactions/{emoji:str}",
    route_handlers=[list_reactors, add_reaction, remove_reaction],
    tags=["Reactions"],
)
