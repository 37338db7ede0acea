"""What `subscribe` answers, by what the client asks for."""

from litestar import Request
from litestar.datastructures import State
from litestar.response.base import ASGIResponse
from litestar.types import ASGIApp
from msgspec import Struct
from msgspec.json import encode

from hubbub.chat.sessions import Identity
from hubbub.surfaces.feeds.event_stream import EventStream
from hubbub.surfaces.feeds.long_poll import USUAL_WAIT, LongPoll
from hubbub.surfaces.feeds.source import Source, position_of
from hubbub.surfaces.services import Services

LONGEST_WAIT = 60


class Addresses(Struct):
    """Where to listen, and how. Say `after` (or `Last-Event-ID`) to begin at a position."""

    websocket: str
    event_stream: str
    long_poll: str


async def subscribe(
    request: Request[object, object, State],
    services: Services,
    caller: Identity,
    source: Source,
    wait: int | None,
    after: str | None,
) -> ASGIApp:
    """A long poll when `wait` is given, server-sent events when they are asked for, else where to go.

    Raises:
        InvalidInput: a position that this feed did not give.
        NotFound: it may not be seen.
    """
    resumed = request.headers.get("last-event-id")
    # What the browser adds when it reconnects is newer than what the address was made with.
    position = position_of(after, source, "after") if not resumed else position_of(resumed, source, "Last-Event-ID")
    address = request.scope["state"]["address"]
    here = absolute(request, services, request.scope["path"])
    if wait is not None:
        poll = LongPoll(services, source, caller, address)
        poll.position, poll.wait, poll.address_after = position, wait, here
        return poll
    if "text/event-stream" in request.headers.get("accept", ""):
        stream = EventStream(services, source, caller, address)
        stream.position = position
        return stream
    await source.read(None)
    addresses = Addresses(here.replace("http", "ws", 1), here, f"{here}?wait={USUAL_WAIT}")
    return ASGIResponse(body=encode(addresses), status_code=202, media_type="application/json")


def absolute(request: Request[object, object, State], services: Services, path: str) -> str:
    """An address for others to use: below `public_url`, or else as the request named the server (which was checked)."""
    base = services.public_url or f"{request.scope['state']['scheme']}://{request.headers.get('host', 'localhost')}"
    return base.rstrip("/") + path
