"""`/api/sync`: the data of a client's first screen, in one answer."""

from typing import Annotated

from litestar import Router, get
from litestar.params import QueryParameter

from hubbub.chat import rooms
from hubbub.chat.changes import ChangesSince
from hubbub.chat.clock import now, rfc3339
from hubbub.errors import NotFound
from hubbub.surfaces.rest.arguments import AppServices, Caller
from hubbub.surfaces.rest.responses import Sync

_MOST_ROOMS = 100
_PAIR = "[1-9][0-9]{0,17}:(0|[1-9][0-9]{0,17})"
_SINCE = f"^{_PAIR}(,{_PAIR}){{0,{_MOST_ROOMS - 1}}}(?![\\s\\S])"
_CHANGES = 100
Versions = Annotated[
    str | None, QueryParameter(description="`room:version` of rooms you have, separated by commas", pattern=_SINCE)
]


@get("/api/sync", summary="The first screen", operation_id="sync")
async def sync(
    services: AppServices,
    caller: Caller,
    since: Versions = None,
) -> Sync:
    """Yourself, your rooms, and the changes in the rooms in `since`. `gone`: rooms you may not see any more."""
    versions = _versions(since)
    account, mine = await services.store.read(rooms.FirstScreen(caller.user))
    for room in mine:
        if room.peer is not None:
            services.presence.dress(room.peer)
    changed, gone = [], []
    for room_id, version in versions.items():
        try:
            found = await services.store.read(ChangesSince(caller.user, room_id, version, _CHANGES, services.limits))
        except NotFound:
            gone.append(room_id)
            continue
        for member in found.members:
            services.presence.dress(member.user)
        changed.append(found)
    return Sync(services.presence.dress(account.user()), rfc3339(now()), mine, changed, gone)


def _versions(text: str | None) -> dict[int, int]:
    pairs = (pair.split(":") for pair in (text or "").split(",") if pair)
    return {int(room): int(version) for room, version in pairs}


router = Router("/", route_handlers=[sync], tags=["Rooms"])
