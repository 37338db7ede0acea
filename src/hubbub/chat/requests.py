"""What clients ask for: the bodies of REST calls, and (with a `type` and a `ref`) the frames of the socket.

Unknown fields are refused, so nothing read-only (`sender`, `rank`, `at`, `admin`) can be slipped in.
"""

from typing import Annotated

from msgspec import UNSET, Meta, Struct, UnsetType

from hubbub.chat.shapes import Id, Key, Position, Rank

Who = Annotated[int | str, Meta(description="A user's id or user name")]


class Request(Struct, forbid_unknown_fields=True):
    pass


class Register(Request):
    username: Annotated[str, Meta(examples=["alice"])]
    password: Annotated[str, Meta(examples=["correct horse battery"])]
    display_name: str | None = None


class Login(Request):
    """`device` is shown in the list of sessions. With `cookie`, the answer sets an HttpOnly cookie and has no token."""

    username: Annotated[str, Meta(examples=["alice"])]
    password: Annotated[str, Meta(examples=["correct horse battery"])]
    device: Annotated[str, Meta(max_length=100)] | None = None
    cookie: bool = False


class ChangeProfile(Request):
    """Fields left out stay as they are; null clears one."""

    display_name: str | UnsetType = UNSET
    avatar: str | None | UnsetType = UNSET
    status_text: str | None | UnsetType = UNSET
    time_zone: str | None | UnsetType = UNSET
    locale: str | None | UnsetType = UNSET


class ChangePassword(Request):
    """Signs every other session out."""

    current: str
    new: str


class CloseAccount(Request):
    password: str


class CreateRoom(Request):
    """A room `public`, `private` or (with one other in `members`) `direct`. Public ones need a unique name."""

    kind: Annotated[str, Meta(pattern="^(public|private|direct)$", examples=["public"])] = "public"
    name: Annotated[str, Meta(examples=["general"])] | None = None
    topic: str | None = None
    members: Annotated[list[Who], Meta(max_length=200)] = []
    joins_as: Rank = "member"


class ChangeRoom(Request):
    """Fields left out stay as they are."""

    name: str | None | UnsetType = UNSET
    topic: str | None | UnsetType = UNSET
    kind: Annotated[str, Meta(pattern="^(public|private)$")] | UnsetType = UNSET
    archived: bool | UnsetType = UNSET
    joins_as: Rank | UnsetType = UNSET


class AddMember(Request):
    """Without `user`: join oneself."""

    user: Who | None = None


class ChangeMember(Request):
    """`rank` of anyone below; `muted` and `archived` (hidden from one's list) are one's own only."""

    rank: Rank | UnsetType = UNSET
    muted: bool | UnsetType = UNSET
    archived: bool | UnsetType = UNSET


class SendMessage(Request):
    content: Annotated[str, Meta(examples=["Hello!"])]
    key: Key | None = None
    reply_to: Id | None = None


class SendMessageTo(Request):
    """Into a `room`, or `to` a person: then the direct room of the two is found or made."""

    content: Annotated[str, Meta(examples=["Hello!"])]
    room: Id | None = None
    to: Who | None = None
    key: Key | None = None
    reply_to: Id | None = None


class EditMessage(Request):
    content: str


class MarkRead(Request):
    seq: Position


class CreateTicket(Request):
    """What the ticket is for; it opens nothing else."""

    use: Annotated[str, Meta(pattern="^(socket|file)$")] = "socket"
