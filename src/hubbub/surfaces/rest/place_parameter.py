"""Places in lists that are ordered by time: opaque to clients, who send back the `next` of a page as `after`."""

from typing import Annotated

from litestar.params import QueryParameter

_NUMBER = "(0|[1-9][0-9]{0,17})"
_PLACE = f"^{_NUMBER}-{_NUMBER}-{_NUMBER}(?![\\s\\S])"
Place = Annotated[str | None, QueryParameter(pattern=_PLACE, description="The `next` of the page before")]


def place_of(text: str | None) -> tuple[int, int, int] | None:
    """The place that a client sent, in the form of `Place`: a time (ms), a room, a `seq`."""
    if text is None:
        return None
    at, room, seq = map(int, text.split("-"))
    return at, room, seq


def shown_place(place: tuple[int, int, int] | None) -> str | None:
    """The place as clients get it."""
    return None if place is None else "-".join(map(str, place))
