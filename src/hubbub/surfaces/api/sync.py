"""`/api/sync`: everything needed to draw the first screen, in one answer."""

from typing import Annotated

from litestar import Router, get
from litestar.params import Parameter

from hubbub.chat import rooms
from hubbub.chat.changes import ChangesSince
from hubbub.chat.clock import now, rfc3339
from hubbub.chat.sessions import Identity
from hubbub.chat.shapes import LARGEST_ID
from hubbub.errors import InvalidInput, NotFound
from hubbub.surfaces.api.responses import Sync
from hubbub.surfaces.services import Services

_MOST_ROOMS = 100
_CHANGES = 100


@get("/api/sync", summary="The first screen", operation_id="sync")
async def sync(
    services: Services,
    caller: Identity,
    since: Annotated[str, Parameter(description="`room:version` of rooms you hold, separated by commas")] = "",
) -> Sync:
    """Yourself, your rooms, and what changed in the rooms you name. `gone` are those you may not see any more."""
    held = _versions(since)
    account, mine = await services.store.read(rooms.FirstScreen(caller.user))
    for room in mine:
        if room.peer is not None:
            services.presence.dress(room.peer)
    changed, gone = [], []
    for room_id, version in held.items():
        try:
            found = await services.store.read(ChangesSince(caller.user, room_id, version, _CHANGES, services.limits))
        except NotFound:
            gone.append(room_id)
            continue
        for member in found.members:
            services.presence.dress(member.user)
        changed.append(found)
    return Sync(services.presence.dress(account.user()), rfc3339(now()), mine, changed, gone)


def _versions(text: str) -> dict[int, int]:
    versions: dict[int, int] = {}
    for part in filter(None, text.split(",")):
        room, _, version = part.partition(":")
        if not (room.isascii() and version.isascii() and room.isdigit() and version.isdigit()):
            raise InvalidInput("must be room:version pairs separated by commas, such as 1:20,7:3", "since")
        if max(len(room), len(version)) > 19 or not 0 < int(room) <= LARGEST_ID or int(version) > LARGEST_ID:
            raise InvalidInput("holds a number that is out of range", "since")
        versions[int(room)] = int(version)
    if len(versions) > _MOST_ROOMS:
        raise InvalidInput(f"may name at most {_MOST_ROOMS} rooms", "since")
    return versions


router = Router("/", route_handlers=[sync], tags=["Rooms"])
