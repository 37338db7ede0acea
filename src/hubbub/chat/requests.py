"""Request bodies of the REST API, and (with a `type` and a `ref`) frames of the socket.

Unknown fields are refused, so that no read-only field (`sender`, `rank`, `at`, `admin`) is accepted silently.
"""

from typing import Annotated

from msgspec import UNSET, Meta, Struct, UnsetType

from hubbub.chat.clock import Timestamp
from hubbub.chat.shapes import TEXT, Extra, Id, Key, Position, Rank

Who = Annotated[int | str, Meta(description="A user's id or user name")]
# `format` names the rules of a text. Its length depends on the settings, so the published document adds it.
Username = Annotated[str, Meta(examples=["alice"], extra_json_schema={"format": "username"})]
NewPassword = Annotated[str, Meta(examples=["correct horse battery"], extra_json_schema={"format": "password"})]
Content = Annotated[str, Meta(examples=["Hello!"], extra_json_schema={"format": "message"})]
# May be empty where the kind of the message has a text of its own.
NewContent = Annotated[str, Meta(examples=["Hello!"], extra_json_schema={"format": "message-of-kind"})]
MessageKind = Annotated[str, Meta(max_length=64, examples=[TEXT])]
DisplayName = Annotated[str, Meta(examples=["Alice Liddell"], extra_json_schema={"format": "display-name"})]
RoomName = Annotated[str, Meta(examples=["general"], extra_json_schema={"format": "room-name"})]
Topic = Annotated[str, Meta(examples=["Whatever comes up"], extra_json_schema={"format": "topic"})]
Avatar = Annotated[
    str, Meta(examples=["#3366cc"], extra_json_schema={"format": "avatar", "pattern": "^#[0-9A-Fa-f]{6}$"})
]
WorkspaceName = Annotated[str, Meta(examples=["Fernway"], extra_json_schema={"format": "workspace-name"})]
Accent = Annotated[
    str, Meta(examples=["#7a3cc8"], extra_json_schema={"format": "avatar", "pattern": "^#[0-9A-Fa-f]{6}$"})
]
WelcomeText = Annotated[str, Meta(examples=["Good to see you!"], extra_json_schema={"format": "welcome-text"})]
InvitationCode = Annotated[str, Meta(max_length=100)]
StatusText = Annotated[str, Meta(examples=["On holiday"], extra_json_schema={"format": "status-text"})]
StatusEmoji = Annotated[str, Meta(examples=["🌴"], extra_json_schema={"format": "emoji"})]
Pronouns = Annotated[str, Meta(examples=["she/her"], extra_json_schema={"format": "pronouns"})]
Title = Annotated[str, Meta(examples=["Gardener"], extra_json_schema={"format": "title"})]
TimeZone = Annotated[str, Meta(examples=["Europe/Vienna"], extra_json_schema={"format": "time-zone"})]
Locale = Annotated[str, Meta(examples=["de-AT"], extra_json_schema={"format": "locale"})]


# `$` also matches before a final newline in Python, unlike in the ECMAScript of JSON Schema.
_END = r"(?![\s\S])"


ComingTime = Annotated[
    str, Meta(examples=["2099-01-31T09:00:00Z"], extra_json_schema={"format": "date-time"}, description="RFC 3339")
]


class Request(Struct, forbid_unknown_fields=True):
    pass


class Register(Request):
    username: Username
    password: NewPassword
    display_name: DisplayName | None = None
    invitation: InvitationCode | None = None
    setup_token: Annotated[str, Meta(max_length=100)] | None = None


class ChangeWorkspace(Request):
    """Fields left out stay unchanged; null or blank restores the default. `picture`: only null, which removes it."""

    name: WorkspaceName | None | UnsetType = UNSET
    accent: Accent | None | UnsetType = UNSET
    welcome: WelcomeText | None | UnsetType = UNSET
    picture: str | None | UnsetType = UNSET


class SetWorkspacePicture(Request):
    """A PNG, JPEG or WebP image as base64. It is cropped to a square of at most 256 pixels a side."""

    image: Annotated[str, Meta(min_length=1, extra_json_schema={"format": "byte"})]


class CreateInvitation(Request):
    """`uses`: how many may come; null: any number. `expires_in`: in seconds. `rooms`: which they join."""

    uses: Annotated[int, Meta(ge=1, le=100_000)] | None = None
    expires_in: Annotated[int, Meta(ge=60, le=31_536_000)] = 604_800
    rooms: Annotated[list[Id], Meta(max_length=50)] = []


class Login(Request):
    """`device` is shown in the list of sessions. With `cookie`, the answer sets an HttpOnly cookie and has no token."""

    username: Annotated[str, Meta(examples=["alice"])]
    password: Annotated[str, Meta(examples=["correct horse battery"])]
    device: Annotated[str, Meta(max_length=100)] | None = None
    cookie: bool = False


class ChangeProfile(Request):
    """Fields left out stay unchanged; null clears one."""

    display_name: DisplayName | UnsetType = UNSET
    avatar: Avatar | None | UnsetType = UNSET
    status_text: StatusText | None | UnsetType = UNSET
    status_emoji: StatusEmoji | None | UnsetType = UNSET
    status_until: ComingTime | None | UnsetType = UNSET
    pronouns: Pronouns | None | UnsetType = UNSET
    title: Title | None | UnsetType = UNSET
    time_zone: TimeZone | None | UnsetType = UNSET
    locale: Locale | None | UnsetType = UNSET


class ChangePassword(Request):
    """Ends every other session."""

    current: str
    new: NewPassword


class CloseAccount(Request):
    password: str


class CreateRoom(Request):
    """A room `public`, `private` or (with one other in `members`) `direct`. Public ones need a unique name."""

    kind: Annotated[str, Meta(pattern=f"^(public|private|direct){_END}", examples=["public"])] = "public"
    name: RoomName | None = None
    topic: Topic | None = None
    members: Annotated[list[Who], Meta(max_length=200)] = []
    joins_as: Rank = "member"


class ChangeRoom(Request):
    """Fields left out stay unchanged."""

    name: RoomName | None | UnsetType = UNSET
    topic: Topic | None | UnsetType = UNSET
    kind: Annotated[str, Meta(pattern=f"^(public|private){_END}")] | UnsetType = UNSET
    archived: bool | UnsetType = UNSET
    joins_as: Rank | UnsetType = UNSET


class AddMember(Request):
    """Without `user`, the caller joins."""

    user: Who | None = None


class ChangeMember(Request):
    """`rank` of anyone below; `muted`, `archived` (hidden from the list of rooms) and `marked_unread`: your own
    membership only."""

    rank: Rank | UnsetType = UNSET
    muted: bool | UnsetType = UNSET
    archived: bool | UnsetType = UNSET
    marked_unread: bool | UnsetType = UNSET


class MessagePlace(Request):
    """The room and the `seq` of a message."""

    room: Id
    seq: Id


class SendMessage(Request):
    """With `forward`, `content` is a comment and may be empty."""

    content: NewContent
    key: Key | None = None
    reply_to: Id | None = None
    kind: MessageKind = TEXT
    extra: Extra | None = None
    as_text: bool = False
    thread: Id | None = None
    also_in_room: bool = False
    forward: MessagePlace | None = None


class SendMessageTo(Request):
    """To a `room`, or `to` a user: then the direct room of the two is found or created.

    With `forward`, `content` is a comment and may be empty.
    """

    content: NewContent
    room: Id | None = None
    to: Who | None = None
    key: Key | None = None
    reply_to: Id | None = None
    kind: MessageKind = TEXT
    extra: Extra | None = None
    as_text: bool = False
    thread: Id | None = None
    also_in_room: bool = False
    forward: MessagePlace | None = None


class EditMessage(Request):
    """With `extra`, which takes the `kind` of the message beside it, that is replaced too if the kind allows it."""

    content: NewContent
    kind: MessageKind = TEXT
    extra: Extra | None = None


class MarkRead(Request):
    seq: Position


class SaveMessage(Request):
    """`remind_at`: when the caller wants to be reminded of it."""

    remind_at: ComingTime | None = None


class SaveDraft(Request):
    """`at`: when it was typed; now, if left out, and at most now."""

    content: Annotated[str, Meta(examples=["I was about to say"], extra_json_schema={"format": "message-of-kind"})]
    reply_to: Id | None = None
    at: Timestamp | None = None


class ScheduleMessage(Request):
    """`at`: when it is to be sent."""

    room: Id
    content: NewContent
    at: ComingTime
    thread: Id | None = None
    also_in_room: bool = False
    reply_to: Id | None = None


class ChangeScheduled(Request):
    content: NewContent | UnsetType = UNSET
    at: ComingTime | UnsetType = UNSET


class CreateTicket(Request):
    """The use that the ticket is limited to."""

    use: Annotated[str, Meta(pattern=f"^(socket|file){_END}")] = "socket"


class SetAvatar(Request):
    """A PNG, JPEG or WebP image as base64. It is cropped to a square of at most 256 pixels a side."""

    image: Annotated[str, Meta(min_length=1, extra_json_schema={"format": "byte"})]
