"""`/api/drafts`: what the caller has begun to write, on any of their devices."""

from typing import Annotated

from litestar import Response, Router, delete, get, put
from litestar.openapi.spec import Example
from litestar.params import JSONBody, QueryParameter
from msgspec import Struct

from hubbub.chat import drafts, requests
from hubbub.chat.kept_shapes import Draft
from hubbub.chat.sessions import Identity
from hubbub.surfaces.rest.arguments import AppServices, Caller, PathId
from hubbub.surfaces.rest.missing import NOTHING, Missing, found
from hubbub.surfaces.rest.time_parameter import epoch_ms
from hubbub.surfaces.services import Services

TypedAt = Annotated[
    str | None,
    QueryParameter(
        description="When the draft was removed (RFC 3339): a draft typed later stays. Now, if left out",
        schema_extra={"format": "date-time"},
        examples=[Example(value="2026-01-31T00:00:00Z")],
    ),
]


class Drafts(Struct):
    drafts: list[Draft]


@get("/api/drafts", summary="Your drafts", operation_id="listDrafts")
async def list_drafts(services: AppServices, caller: Caller) -> Drafts:
    """In all rooms that you may read, the latest first."""
    return Drafts(await services.store.read(drafts.Drafts(caller.user, services.limits)))


@get("/api/drafts/{room:str}", summary="Your draft in a room", operation_id="getDraft", responses=NOTHING)
async def room_draft(
    room: PathId, services: AppServices, caller: Caller, missing: Missing = "error"
) -> Response[Draft | None]:
    """404 with the reason `no_draft` if there is none, with `missing=empty` 204."""
    return await found(services.store.read(drafts.DraftIn(caller.user, room, 0)), "no_draft", missing)


@get(
    "/api/drafts/{room:str}/{thread:str}",
    summary="Your draft in a thread",
    operation_id="getThreadDraft",
    responses=NOTHING,
)
async def thread_draft(
    room: PathId, thread: PathId, services: AppServices, caller: Caller, missing: Missing = "error"
) -> Response[Draft | None]:
    """The same for a thread, named by the `seq` of its root."""
    return await found(services.store.read(drafts.DraftIn(caller.user, room, thread)), "no_draft", missing)


@put("/api/drafts/{room:str}", summary="Save a draft", operation_id="saveDraft")
async def save_draft(
    room: PathId, data: JSONBody[requests.SaveDraft], services: AppServices, caller: Caller
) -> Response[Draft | None]:
    """The last writer wins, by `at`: 409 with the reason `newer_draft` if a later one is there. Blank `content` removes
    it: 204."""
    return await _save(services, caller, room, 0, data)


@put("/api/drafts/{room:str}/{thread:str}", summary="Save a draft in a thread", operation_id="saveThreadDraft")
async def save_thread_draft(
    room: PathId, thread: PathId, data: JSONBody[requests.SaveDraft], services: AppServices, caller: Caller
) -> Response[Draft | None]:
    """The same for a thread, named by the `seq` of its root."""
    return await _save(services, caller, room, thread, data)


@delete("/api/drafts/{room:str}", summary="Remove a draft", operation_id="removeDraft")
async def remove_draft(room: PathId, services: AppServices, caller: Caller, at: TypedAt = None) -> None:
    """409 with the reason `newer_draft` if one was typed after `at`. Removing what is not there is no error."""
    await _remove(services, caller, room, 0, at)


@delete("/api/drafts/{room:str}/{thread:str}", summary="Remove a draft in a thread", operation_id="removeThreadDraft")
async def remove_thread_draft(
    room: PathId, thread: PathId, services: AppServices, caller: Caller, at: TypedAt = None
) -> None:
    """The same for a thread, named by the `seq` of its root."""
    await _remove(services, caller, room, thread, at)


async def _save(
    services: Services, caller: Identity, room: int, root: int, data: requests.SaveDraft
) -> Response[Draft | None]:
    at = None if data.at is None else epoch_ms(data.at, "at")
    command = drafts.SaveDraft(caller.user, room, root, data.content, data.reply_to, at, services.limits)
    draft = await services.store.write(command)
    return Response(draft, status_code=204 if draft is None else 200)


async def _remove(services: Services, caller: Identity, room: int, root: int, at: str | None) -> None:
    removed_at = None if at is None else epoch_ms(at, "at")
    await services.store.write(drafts.SaveDraft(caller.user, room, root, "", None, removed_at, services.limits))


router = Router(
    "/",
    route_handlers=[
        list_drafts, room_draft, thread_draft, save_draft, save_thread_draft, remove_draft, remove_thread_draft,
    ],
    tags=["Saved and drafts"],
)  # fmt: skip
