"""Data shapes of the API: REST bodies, socket frames and events, bus payloads, and the published schemas.

Fields with a default of None are left out when they are None.
"""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from hubbub.chat.clock import Timestamp

LARGEST_ID = 2**63 - 1

Id = Annotated[int, Meta(ge=1, le=LARGEST_ID, description="A positive whole number")]
Position = Annotated[int, Meta(ge=0, le=LARGEST_ID, description="A `seq` or `version`; 0 is before the first")]
Limit = Annotated[int, Meta(ge=1, le=200, description="How many at the most")]
Emoji = Annotated[str, Meta(min_length=1, max_length=32, description="One emoji", examples=["👍"])]
Key = Annotated[
    str, Meta(min_length=1, max_length=64, description="Made by the client; the same key again is the same message")
]

Name = Annotated[str, Meta(examples=["alice"])]
Text = Annotated[str, Meta(examples=["Hello!"])]

Kind = Literal["public", "private", "direct"]
Rank = Literal["owner", "moderator", "member"]
NoticeKind = Literal[
    "created",
    "joined",
    "added",
    "left",
    "removed",
    "renamed",
    "topic",
    "made_public",
    "made_private",
    "archived",
    "unarchived",
]
Status = Literal["online", "away", "busy", "offline"]
ChosenStatus = Literal["online", "away", "busy", "invisible"]


class Sender(Struct, frozen=True):
    """The author of a message."""

    id: int
    username: Name
    display_name: Name


class User(Struct, omit_defaults=True):
    """A user as others see them."""

    id: int
    username: Name
    display_name: Name
    status: Status
    avatar: str | None = None
    status_text: str | None = None
    last_seen: Timestamp | None = None


class Reaction(Struct, frozen=True):
    """An emoji and the ids of the users who reacted with it, in the order of their reactions."""

    emoji: Emoji
    users: list[int]


class Message(Struct, omit_defaults=True):
    """A message in its present state. A deleted one keeps its `seq` and loses its content."""

    room: int
    seq: int
    version: int
    sender: Sender
    content: Text
    at: Timestamp
    deleted: bool
    mentions: list[int]
    reactions: list[Reaction]
    edited_at: Timestamp | None = None
    reply_to: int | None = None


class Edit(Struct):
    """The content of a message before one of its edits."""

    content: str
    at: Timestamp
    """When it was replaced."""


class Notice(Struct, omit_defaults=True):
    """A change of a room or its members. `actor` made it; `users` are the members who were added or removed."""

    room: int
    version: int
    after_seq: int
    at: Timestamp
    kind: NoticeKind
    actor: Sender
    users: list[Sender] = []
    old: str | None = None
    new: str | None = None


class Page(Struct, omit_defaults=True):
    """A page of a room's history, oldest first. `has_more`: there are more in the direction asked for."""

    messages: list[Message]
    has_more: bool
    notices: list[Notice] = []


class Membership(Struct, omit_defaults=True):
    """The caller's own membership of a room."""

    rank: Rank
    read_seq: int
    unread: int
    mentions: int
    muted: bool
    archived: bool
    marked_unread: bool
    added_by: int | None = None


class Room(Struct, omit_defaults=True):
    """A room as one caller sees it: `peer` in direct rooms, `me` when a member."""

    id: int
    kind: Kind
    seq: int
    version: int
    member_count: int
    created_at: Timestamp
    name: str | None = None
    topic: str | None = None
    created_by: int | None = None
    archived_at: Timestamp | None = None
    last_at: Annotated[Timestamp | None, Meta(description="When something was last said in it")] = None
    joins_as: Annotated[
        Rank, Meta(description="The rank of who comes in; other than `member` in private rooms only")
    ] = "member"
    peer: User | None = None
    me: Membership | None = None

    def __post_init__(self) -> None:
        # msgspec omits a default by identity, which a string from the database does not have.
        if self.joins_as == "member":
            self.joins_as = "member"


class Member(Struct):
    """A user and their rank in a room."""

    user: User
    rank: Rank


class Receipt(Struct):
    """How far a member has received and read a room, each as a `seq`. Messages after `joined_seq` were sent to them."""

    user: int
    joined_seq: int
    delivered_seq: int
    read_seq: int


class Changes(Struct, omit_defaults=True):
    """What changed in a room after a version, to resume from it.

    `resync`: too much changed to list. Discard the room's messages and read its last page. Otherwise apply all changes,
    and ask again from `version` while `has_more`.
    """

    room: Room
    messages: list[Message]
    members: list["ChangedMember"]
    version: int
    has_more: bool
    resync: bool = False
    notices: list[Notice] = []


class ChangedMember(Struct, omit_defaults=True):
    """A member who joined, left or changed rank. Without `rank` they are not a member any more."""

    user: User
    version: int
    rank: Rank | None = None


class Session(Struct, omit_defaults=True):
    """An open session of the account."""

    id: int
    device: str
    address: str
    created_at: Timestamp
    last_used_at: Timestamp
    expires_at: Timestamp
    current: bool


class Profile(Struct, omit_defaults=True):
    """One's own account."""

    user: User
    admin: bool
    created_at: Timestamp
    chosen_status: ChosenStatus
    time_zone: str | None = None
    locale: str | None = None
