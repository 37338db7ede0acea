"""Pinned messages of a room."""

from litestar import Router, delete, get, put
from msgspec import Struct

from hubbub.chat import pins
from hubbub.chat.kept_shapes import Pin
from hubbub.chat.shapes import Message
from hubbub.surfaces.rest.arguments import AppServices, Caller, PathId
from hubbub.surfaces.rest.messages import as_message


class Pins(Struct):
    pins: list[Pin]


@get("/api/rooms/{room:str}/pins", summary="Pinned messages", operation_id="listPins")
async def list_pins(room: PathId, services: AppServices, caller: Caller) -> Pins:
    """The one pinned last comes first."""
    return Pins(await services.store.read(pins.Pins(caller.user, room, services.limits)))


@put("/api/rooms/{room:str}/pins/{seq:str}", summary="Pin a message", operation_id="pinMessage")
async def pin(room: PathId, seq: PathId, services: AppServices, caller: Caller) -> Message:
    """Moderators may in public rooms, members in private and direct ones. Doing it again changes nothing."""
    return as_message(await services.store.write(pins.PinMessage(caller.user, room, seq, True, services.limits)))


@delete("/api/rooms/{room:str}/pins/{seq:str}", summary="Unpin a message", operation_id="unpinMessage", status_code=200)
async def unpin(room: PathId, seq: PathId, services: AppServices, caller: Caller) -> Message:
    """Whoever may pin it may do this. Doing it again changes nothing."""
    return as_message(await services.store.write(pins.PinMessage(caller.user, room, seq, False, services.limits)))


router = Router("/", route_handlers=[list_pins, pin, unpin], tags=["Messages"])
