"""What happens, as told to clients and to other nodes. Flat JSON objects, `type` first; encoded once per event.

`MessageEvent`, `ReactionEvent`, `MemberEvent`, `RoomEvent` and `NoticeEvent` are durable: they carry the room's
`version` and are told only after the database has them. The others are ephemeral and may be merged or dropped under
load.
"""

from typing import Literal

from msgspec import Struct
from msgspec.structs import astuple

from hubbub.chat.clock import Timestamp
from hubbub.chat.shapes import ChosenStatus, Message, Notice, Rank, Room, Status, User


class MessageEvent(Message, tag_field="type", tag="message"):
    """A new or changed message: replace by `seq` what has a lower `version`."""

    @classmethod
    def of(cls, message: Message) -> "MessageEvent":
        return cls(*astuple(message))


class ReactionEvent(Struct, tag_field="type", tag="reaction"):
    room: int
    seq: int
    version: int
    user: int
    emoji: str
    op: Literal["add", "remove"]


class MemberEvent(Struct, tag_field="type", tag="member", omit_defaults=True):
    """Someone came, changed rank or (no `rank`) went."""

    room: int
    version: int
    user: User
    rank: Rank | None = None


class RoomEvent(Room, tag_field="type", tag="room"):
    """A room's new state, without `me`. `deleted`: it is gone."""

    deleted: bool = False

    @classmethod
    def of(cls, room: Room, deleted: bool = False) -> "RoomEvent":
        plain = *astuple(room)[:12], None, None, deleted
        return cls(*plain)


class NoticeEvent(Notice, tag_field="type", tag="notice"):
    """Something happened in the room beside what was said: see `kind`."""

    @classmethod
    def of(cls, notice: Notice) -> "NoticeEvent":
        return cls(*astuple(notice))


class ReadEvent(Struct, tag_field="type", tag="read", omit_defaults=True):
    """`quiet`: told to the user's own devices only, because they are invisible."""

    room: int
    user: int
    seq: int
    quiet: bool = False


class DeliveredEvent(Struct, tag_field="type", tag="delivered"):
    """Everything up to `seq` has reached one of the user's devices. Told in small rooms."""

    room: int
    user: int
    seq: int


class UserEvent(Struct, tag_field="type", tag="user"):
    """Somebody changed how they are shown: display name, avatar or status text. `user` is as they are now.

    Told to their own connections and to whoever is told of a room of theirs that is not large.
    """

    user: User


class MembershipEvent(Struct, tag_field="type", tag="membership"):
    """How somebody keeps a room among their own changed. Told to their own connections."""

    room: int
    user: int
    muted: bool
    archived: bool
    marked_unread: bool


class TypingEvent(Struct, tag_field="type", tag="typing"):
    room: int
    user: int
    on: bool


class PresenceEvent(Struct, tag_field="type", tag="presence", omit_defaults=True):
    user: int
    status: Status
    last_seen: Timestamp | None = None


class ActivityEvent(Struct, tag_field="type", tag="activity"):
    """How many members of a large room are on line, and how many are typing, in place of who.

    0 and 0: nobody, or the room is not large any more.
    """

    room: int
    online: int
    typing: int


class ActivityNote(Struct, tag_field="type", tag="activity_note"):
    """The same of those who are connected to one server, for the others."""

    server: str
    room: int
    online: int
    typing: int


class PersonNote(Struct, array_like=True):
    """Somebody on one server: how they look there, when they left (ms), what they chose if they just did, and the rooms
    whose members are to hear of it; None where those are the same as before."""

    user: int
    status: Status
    last_seen: int | None = None
    chosen: ChosenStatus | None = None
    rooms: list[int] | None = None


class PresenceNote(Struct, tag_field="type", tag="presence_note"):
    """What a server tells the others of those who are connected to it. `gone`: it stops, and has nobody any more."""

    server: str
    people: list[PersonNote]
    gone: bool = False


class Arrival(Struct):
    """A message came to, or changed in, somebody's inbox: the new `position` there."""

    user: int
    position: int = 0


class RoomCommitted(Struct, tag_field="type", tag="committed"):
    """One committed change of a room, as the bus carries it.

    `entered` and `left` are the users whose membership the change began or ended, `closed_to_outsiders` says that only
    members may listen from now on: what the hub needs so that nobody hears more or less than they may. `arrival` is set
    when the event is of a message that was written directly to somebody.
    """

    room: int
    version: int
    event: MessageEvent | ReactionEvent | MemberEvent | RoomEvent | NoticeEvent
    snapshot: RoomEvent | None = None
    entered: list[int] = []
    left: list[int] = []
    closed_to_outsiders: bool = False
    arrival: Arrival | None = None

    @property
    def is_closed_to_outsiders(self) -> bool:
        """Whether only members may listen. Every change that brings the room's state says so, not only the one that
        closed it: that one may have been lost between servers."""
        return self.closed_to_outsiders or (self.snapshot is not None and self.snapshot.kind != "public")


class SessionsEnded(Struct, tag_field="type", tag="sessions_ended"):
    """Sessions that are no longer valid: their sockets close with `close_code`."""

    sessions: list[int]
    close_code: int = 4401
    reason: str = "signed out"


class AccountChanged(Struct, tag_field="type", tag="account_changed"):
    """An account changed.

    `shown` is set when others see the change: the user as they are now, since when (`at`, ms), and the rooms whose
    members are to hear of it.
    """

    user: int
    shown: User | None = None
    at: int = 0
    rooms: list[int] = []


Event = (
    RoomCommitted
    | ReadEvent
    | DeliveredEvent
    | MembershipEvent
    | TypingEvent
    | PresenceEvent
    | PresenceNote
    | ActivityEvent
    | ActivityNote
    | SessionsEnded
    | AccountChanged
)
