"""What comes over the socket, decoded into the server's own event types, and the answers meant for one client."""

import msgspec
from msgspec import Struct

from hubbub.chat.events import (
    MemberEvent,
    MessageEvent,
    PresenceEvent,
    ReactionEvent,
    ReadEvent,
    RoomEvent,
    TypingEvent,
)
from hubbub.chat.shapes import Room, User


class Connected(Struct, tag_field="type", tag="connect"):
    """The connection stands; `rooms` are those one is a member of."""

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


class Refused(Struct, tag_field="type", tag="error"):
    code: str
    detail: str
    ref: int | str | None = None
    room: int | None = None
    retry_after: float | None = None


class Synced(Struct, tag_field="type", tag="synced"):
    """The room has been brought up to this version."""

    room: int
    version: int


class Resync(Struct, tag_field="type", tag="resync"):
    """Too much changed: drop what is held of the room and read its last page."""

    room: int
    version: int


class Disconnected(Struct, tag_field="type", tag="disconnect"):
    code: int
    reason: str
    retry_after: float | None = None


class Pong(Struct, tag_field="type", tag="pong"):
    ref: int | str | None = None


Event = (
    Connected
    | MessageEvent
    | ReactionEvent
    | MemberEvent
    | RoomEvent
    | ReadEvent
    | TypingEvent
    | PresenceEvent
    | Synced
    | Resync
    | Ack
    | Refused
    | Pong
    | Disconnected
)

decoder = msgspec.json.Decoder(Event)
