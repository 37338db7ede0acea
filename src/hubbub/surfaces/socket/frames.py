"""The frames a client may send, and the events for one client. Broadcast events are in `hubbub.chat.events`."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Struct

from hubbub.chat.requests import MessageKind, Request, Who
from hubbub.chat.shapes import TEXT, ChosenStatus, Emoji, Extra, Id, Key, Position, Room, User

Ref = Annotated[int, Meta(ge=-(2**53), le=2**53)] | Annotated[str, Meta(max_length=64)]


class ClientFrame(Request, tag_field="type", kw_only=True):
    """`ref`, if given, comes back in the `ack` or `error` that answers the frame."""

    ref: Ref | None = None


class StreamRequest(Request):
    """Asks for the user's stream: what follows the position, or from now on."""

    since: Position | None = None


class Hello(ClientFrame, tag="hello"):
    """The first frame. `since`: for each room the client has, the highest version it has applied. `stream`: to receive
    the user's stream too."""

    token: Annotated[str, Meta(max_length=2048)] | None = None
    since: Annotated[dict[Id, Position], Meta(max_length=5000)] = {}
    stream: StreamRequest | None = None


class MessageFrame(ClientFrame, tag="message"):
    content: str
    room: Id | None = None
    to: Who | None = None
    key: Key | None = None
    reply_to: Id | None = None
    kind: MessageKind = TEXT
    extra: Extra | None = None
    as_text: bool = False
    thread: Id | None = None
    also_in_room: bool = False


class EditFrame(ClientFrame, tag="edit"):
    room: Id
    seq: Id
    content: str
    kind: MessageKind = TEXT
    extra: Extra | None = None


class DeleteFrame(ClientFrame, tag="delete"):
    room: Id
    seq: Id


class JoinFrame(ClientFrame, tag="join_room"):
    room: Id


class LeaveFrame(ClientFrame, tag="leave_room"):
    room: Id


class SubscribeFrame(ClientFrame, tag="subscribe"):
    """Subscribe to a public room without joining. With `since`, the changes after that version are sent first."""

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
    """With `thread`, the `seq` of its root: in that thread only."""

    room: Id
    seq: Position
    thread: Id | None = None


class FollowFrame(ClientFrame, tag="follow"):
    """Follow a thread, named by the `seq` of its root, or (`on` false) do so no longer."""

    room: Id
    thread: Id
    on: bool = True


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
    | FollowFrame
    | PresenceFrame
    | PingFrame
)

decoder = msgspec.json.Decoder(Frames)


class SocketLimits(Struct):
    """The limits for this client: characters, bytes, frames per second, seconds.

    `large_room`: the number of members up to which a room gets `member` events.
    """

    message_length: int
    frame_bytes: int
    frames_per_second: float
    heartbeat: int
    large_room: int


class ConnectEvent(Struct, tag_field="type", tag="connect", omit_defaults=True):
    """The answer to `hello`, with its `ref`: the user, and the rooms they are a member of."""

    user: User
    session: int
    server_time: str
    limits: SocketLimits
    rooms: list[Room]
    ref: int | str | None = None


class StreamEvent(Struct, tag_field="type", tag="stream", omit_defaults=True):
    """All entries of the user's stream up to this position have been sent.

    `resync`: except those that are too many to resume, or the position was above that of the stream.
    """

    position: int
    resync: bool = False


class Ack(Struct, tag_field="type", tag="ack", omit_defaults=True):
    """The frame was executed. What it stores has been committed.

    With `answer` the message was a slash command: nothing is stored, and the answer is for the caller only.
    """

    ref: int | str | None = None
    room: int | None = None
    seq: int | None = None
    version: int | None = None
    at: str | None = None
    answer: str | None = None


class PongEvent(Struct, tag_field="type", tag="pong", omit_defaults=True):
    ref: int | str | None = None
