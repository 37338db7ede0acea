"""Decoding of the server's events: those shared with the server (`hubbub.chat.events`) and those for one client."""

from typing import Any, get_args

import msgspec
from msgspec import Struct

from hubbub.chat.events import (
    ActivityEvent,
    DeliveredEvent,
    EntryEvent,
    MemberEvent,
    MembershipEvent,
    MessageEvent,
    NoticeEvent,
    PresenceEvent,
    ReactionEvent,
    ReadEvent,
    RoomEvent,
    ThreadEvent,
    TypingEvent,
    UserEvent,
    WorkspaceEvent,
)
from hubbub.chat.shapes import Room, User


class Connected(Struct, tag_field="type", tag="connect"):
    """The first event of a connection; `rooms` are those one is a member of."""

    user: User
    session: int
    server_time: str
    rooms: list[Room]


class Ack(Struct, tag_field="type", tag="ack"):
    ref: int | str | None = None
    room: int | None = None
    seq: int | None = None
    version: int | None = None
    at: str | None = None
    answer: str | None = None
    """What a slash command answers, in place of a stored message."""


class RefusedField(Struct):
    """As `hubbub.errors.FieldError`, with any `code`: a later server may have new ones."""

    field: str
    message: str
    code: str = "invalid"
    params: dict[str, Any] = {}


class Refused(Struct, tag_field="type", tag="error"):
    code: str
    detail: str
    ref: int | str | None = None
    room: int | None = None
    retry_after: float | None = None
    errors: list[RefusedField] = []
    reason: str | None = None


class Synced(Struct, tag_field="type", tag="synced"):
    """All changes of the room up to this version have been sent."""

    room: int
    version: int


class Resync(Struct, tag_field="type", tag="resync"):
    """Too many changes to resume: discard the room's messages and read its last page."""

    room: int
    version: int


class StreamSynced(Struct, tag_field="type", tag="stream"):
    """All entries of the user's stream up to this position have been sent. `resync`: but for those that were too many
    to resume; `Client.stream` reads them."""

    position: int
    resync: bool = False


class Disconnected(Struct, tag_field="type", tag="disconnect"):
    code: int
    reason: str
    retry_after: float | None = None


class Pong(Struct, tag_field="type", tag="pong"):
    ref: int | str | None = None


class Kind(Struct):
    type: str


Event = (
    Connected
    | MessageEvent
    | ReactionEvent
    | MemberEvent
    | RoomEvent
    | NoticeEvent
    | ReadEvent
    | DeliveredEvent
    | MembershipEvent
    | ThreadEvent
    | TypingEvent
    | PresenceEvent
    | UserEvent
    | WorkspaceEvent
    | ActivityEvent
    | EntryEvent
    | StreamSynced
    | Synced
    | Resync
    | Ack
    | Refused
    | Pong
    | Disconnected
)

_decoder = msgspec.json.Decoder(Event)
_kind = msgspec.json.Decoder(Kind)
_KNOWN = frozenset(kind.__struct_config__.tag for kind in get_args(Event))


def decode(data: str | bytes) -> Event | None:
    """An event of the server; None for an unknown `type`, which a later server may send.

    Raises msgspec.MsgspecError.
    """
    try:
        event: Event = _decoder.decode(data)
    except msgspec.ValidationError:
        if _kind.decode(data).type in _KNOWN:
            raise
        return None
    return event
