"""The paths of feeds over a WebSocket: `/room/{id}/subscribe` and `/messages/subscribe`."""

import re

from msgspec import Struct

from hubbub.chat.shapes import LARGEST_ID

_ROOM = re.compile(r"/room/([1-9][0-9]{0,18})/subscribe")


class FeedRequest(Struct, frozen=True):
    """`room` is None for the inbox. `after` and `resumed` (`Last-Event-ID`) are cursors as the client sent them."""

    room: int | None
    after: str | None
    resumed: str | None


def feed_of(path: str, after: str | None, resumed: str | None) -> FeedRequest | None:
    """The feed at this path, or None."""
    if path == "/messages/subscribe":
        return FeedRequest(None, after, resumed)
    match = _ROOM.fullmatch(path)
    if match is None or int(match[1]) > LARGEST_ID:
        return None
    return FeedRequest(int(match[1]), after, resumed)
