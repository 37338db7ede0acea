"""The frames a client may send, and the events for one client. Broadcast events are in `hubbub.chat.events`."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Struct

from hubbub.chat.requests import Request, Who
from hubbub.chat.shapes import ChosenStatus, Emoji, Id, Key, Position, Room, User

Ref = Annotated[int, Meta(ge=-(2**53), le=2**53)] | Annotated[str, Meta(max_length=64)]


class ClientFrame(Request, tag_field="type", kw_only=True):
    """`ref`, if given, comes back in the `ack` or `error` that answers the frame."""

    ref: Ref | None = None


class Hello(ClientFrame, tag="hello"):
    """The first frame. `since`: for rooms one holds already, the highest version applied."""

    token: Annotated[str, Meta(max_length=2048)] | None = None
    since: Annotated[dict[Id, Position], Meta(max_length=5000)] = {}


class MessageFrame(ClientFrame, tag="message"):
    content: str
    room: Id | None = None
    to: Who | None = None
    key: Key | None = None
    reply_to: Id | None = None


class EditFrame(ClientFrame, tag="edit"):
    room: Id
    seq: Id
    content: str


class DeleteFrame(ClientFrame, tag="delete"):
    room: Id
    seq: Id


class JoinFrame(ClientFrame, tag="join_room"):
    room: Id


class LeaveFrame(ClientFrame, tag="leave_room"):
    room: Id


class SubscribeFrame(ClientFrame, tag="subscribe"):
    """Live delivery of a public room without joining; with `since`, first what changed after that version."""

    room: Id
    since: Position | None = None


class UnsubscribeFrame(ClientFrame, tag="unsubscribe"):
    room: Id


class TypingStartFrame(ClientFrame, tag="typing_start"):
    room: Id


class TypingStopFrame(ClientFrame, tag="typing_stop"):
    room: Id


class ReactionFrame(ClientFrame, tag="reaction"):
    room: Id
    seq: Id
    emoji: Emoji
    op: Literal["add", "remove"] = "add"


class ReadFrame(ClientFrame, tag="read"):
    room: Id
    seq: Position


class PresenceFrame(ClientFrame, tag="presence"):
    status: ChosenStatus


class PingFrame(ClientFrame, tag="ping"):
    pass


Frames = (
    Hello
    | MessageFrame
    | EditFrame
    | DeleteFrame
    | JoinFrame
    | LeaveFrame
    | SubscribeFrame
    | UnsubscribeFrame
    | TypingStartFrame
    | TypingStopFrame
    | ReactionFrame
    | ReadFrame
    | PresenceFrame
    | PingFrame
)

decoder = msgspec.json.Decoder(Frames)


class SocketLimits(Struct):
    """What the server holds this client to: characters, bytes, frames per second, seconds.

    `large_room`: the members up to which a room is told by name who comes and goes.
    """

    message_length: int
    frame_bytes: int
    frames_per_second: float
    heartbeat: int
    large_room: int


class ConnectEvent(Struct, tag_field="type", tag="connect", omit_defaults=True):
    """Answers `hello`, with its `ref`: who one is, and the rooms one is a member of."""

    user: User
    session: int
    server_time: str
    limits: SocketLimits
    rooms: list[Room]
    ref: int | str | None = None


class Ack(Struct, tag_field="type", tag="ack", omit_defaults=True):
    """What was asked for is done and, where it is kept, on disk."""

    ref: int | str | None = None
    room: int | None = None
    seq: int | None = None
    version: int | None = None
    at: str | None = None


class SyncedEvent(Struct, tag_field="type", tag="synced"):
    """Everything up to this version of the room has been sent; what follows is live."""

    room: int
    version: int


class ResyncEvent(Struct, tag_field="type", tag="resync"):
    """Too much changed to send: drop the room's messages and ask for its last page; then live from this version."""

    room: int
    version: int


class PongEvent(Struct, tag_field="type", tag="pong", omit_defaults=True):
    ref: int | str | None = None
