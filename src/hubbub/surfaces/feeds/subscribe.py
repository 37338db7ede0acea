"""The answer to `subscribe`: a long poll, an event stream, or the addresses of the feed."""

from litestar import Request
from litestar.datastructures import State
from litestar.response.base import ASGIResponse
from litestar.types import ASGIApp
from msgspec import Struct
from msgspec.json import encode

from hubbub.chat.sessions import Identity
from hubbub.surfaces.absolute_url import absolute_url
from hubbub.surfaces.feeds.event_stream import EventStream
from hubbub.surfaces.feeds.long_poll import USUAL_WAIT, LongPoll
from hubbub.surfaces.feeds.source import Source, parse_cursor
from hubbub.surfaces.services import Services

LONGEST_WAIT = 60


class Addresses(Struct):
    """The addresses of a feed. Add `after` (or `Last-Event-ID`) to begin at a position."""

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
    """A long poll if `wait` is given, server-sent events if `Accept` asks for them, else 202 with the addresses.

    Raises:
        InvalidInput: `after` or `Last-Event-ID` is no cursor of this feed.
        NotFound: the user may not read the source.
    """
    resumed = request.headers.get("last-event-id")
    # A browser adds `Last-Event-ID` when it reconnects: it is newer than the `after` of the address.
    position = parse_cursor(after, source, "after") if not resumed else parse_cursor(resumed, source, "Last-Event-ID")
    address = request.scope["state"]["address"]
    here = absolute_url(request, services, request.scope["path"])
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
