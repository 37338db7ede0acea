"""`/api/saved`: messages that the caller saved, perhaps with a reminder."""

from litestar import Router, delete, get, put
from litestar.params import JSONBody
from msgspec import Struct

from hubbub.chat import requests, saved
from hubbub.chat.kept_shapes import Saved
from hubbub.surfaces.rest.arguments import AppServices, Caller, Limit, PathId
from hubbub.surfaces.rest.place_parameter import Place, place_of, shown_place
from hubbub.surfaces.rest.time_parameter import epoch_ms


class SavedPage(Struct, omit_defaults=True):
    """`next`: give it as `after` for the page that follows. Absent at the end."""

    saved: list[Saved]
    has_more: bool
    next: str | None = None


@get("/api/saved", summary="Messages that you saved", operation_id="listSaved")
async def list_saved(services: AppServices, caller: Caller, after: Place = None, limit: Limit = 50) -> SavedPage:
    """In all rooms, the one saved last first. Those that you may not read any more are left out."""
    found = await services.store.read(saved.ListSaved(caller.user, limit, place_of(after)))
    return SavedPage(found.saved, found.next is not None, shown_place(found.next))


@put("/api/saved/{room:str}/{seq:str}", summary="Save a message", operation_id="saveMessage")
async def save(
    room: PathId, seq: PathId, data: JSONBody[requests.SaveMessage], services: AppServices, caller: Caller
) -> Saved:
    """With `remind_at` you are reminded at that time: an entry of kind `reminder` in your stream. Without it a reminder
    that was set before is taken back."""
    at = None if data.remind_at is None else epoch_ms(data.remind_at, "remind_at")
    return await services.store.write(saved.SaveMessage(caller.user, room, seq, at, services.limits))


@delete("/api/saved/{room:str}/{seq:str}", summary="Remove a saved message", operation_id="forgetSaved")
async def forget(room: PathId, seq: PathId, services: AppServices, caller: Caller) -> None:
    """And its reminder. Doing it again changes nothing."""
    await services.store.write(saved.ForgetSaved(caller.user, room, seq))


router = Router("/", route_handlers=[list_saved, save, forget], tags=["Saved and drafts"])
