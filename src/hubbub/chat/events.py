"""Events for clients and for other servers: flat JSON objects, `type` first, encoded once per event.

`MessageEvent`, `ReactionEvent`, `MemberEvent`, `RoomEvent` and `NoticeEvent` are durable: they carry the room's
`version` and are published after the commit. The others are ephemeral and may be merged or dropped under load.
"""

from typing import Literal

from msgspec import Struct

from hubbub.chat.clock import Timestamp
from hubbub.chat.shapes import ChosenStatus, Message, Notice, Rank, Room, Status, User
from hubbub.chat.stream_shapes import Marks, ThreadMarks
from hubbub.chat.structs import with_fields_of
from hubbub.chat.workspace_shapes import Workspace


class MessageEvent(Message, tag_field="type", tag="message"):
    """A new or changed message: it replaces the one with the same `seq` and a lower `version`."""

    @classmethod
    def of(cls, message: Message) -> "MessageEvent":
        # Written out, as it is made for each message: `with_fields_of` takes two and a half times as long.
        return cls(
            room=message.room,
            seq=message.seq,
            version=message.version,
            sender=message.sender,
            content=message.content,
            at=message.at,
            deleted=message.deleted,
            mentions=message.mentions,
            reactions=message.reactions,
            edited_at=message.edited_at,
            reply_to=message.reply_to,
            kind=message.kind,
            extra=message.extra,
            thread=message.thread,
            pinned=message.pinned,
        )


class ReactionEvent(Struct, tag_field="type", tag="reaction"):
    room: int
    seq: int
    version: int
    user: int
    emoji: str
    op: Literal["add", "remove"]


class MemberEvent(Struct, tag_field="type", tag="member", omit_defaults=True):
    """A member joined, changed rank or (no `rank`) left."""

    room: int
    version: int
    user: User
    rank: Rank | None = None


class RoomEvent(Room, tag_field="type", tag="room"):
    """A room's new state, without `me`. `deleted`: the room is deleted."""

    deleted: bool = False

    @classmethod
    def of(cls, room: Room, deleted: bool = False) -> "RoomEvent":
        return with_fields_of(cls, room, peer=None, me=None, deleted=deleted)


class NoticeEvent(Notice, tag_field="type", tag="notice"):
    """A change of the room or its members: see `kind`."""

    @classmethod
    def of(cls, notice: Notice) -> "NoticeEvent":
        return with_fields_of(cls, notice)


class ReadEvent(Struct, tag_field="type", tag="read", omit_defaults=True):
    """A read marker moved. `quiet`: sent to the user's own devices only, because they are invisible."""

    room: int
    user: int
    seq: int
    quiet: bool = False


class DeliveredEvent(Struct, tag_field="type", tag="delivered"):
    """Everything up to `seq` has reached one of the user's devices. Sent in small rooms."""

    room: int
    user: int
    seq: int


class UserEvent(Struct, tag_field="type", tag="user"):
    """A user's display name, avatar or status text changed. `user` is the new state.

    Sent to their own connections and to subscribers of their rooms that are not large.
    """

    user: User


class WorkspaceEvent(Struct, tag_field="type", tag="workspace"):
    """The name, picture, accent colour or welcome text of the server changed. `workspace` is the new state.

    Sent to everybody who is connected.
    """

    workspace: Workspace


class MembershipEvent(Struct, tag_field="type", tag="membership"):
    """A user's own settings of a room changed. Sent to their own connections."""

    room: int
    user: int
    muted: bool
    archived: bool
    marked_unread: bool


class ThreadEvent(Struct, tag_field="type", tag="thread"):
    """A user follows a thread now, or no longer, or has read on in it. Sent to their own connections."""

    room: int
    user: int
    root: int
    following: bool
    read_seq: int


class TypingEvent(Struct, tag_field="type", tag="typing"):
    room: int
    user: int
    on: bool


class PresenceEvent(Struct, tag_field="type", tag="presence", omit_defaults=True):
    user: int
    status: Status
    last_seen: Timestamp | None = None


class ActivityEvent(Struct, tag_field="type", tag="activity"):
    """The numbers of members of a large room who are online and who are typing, in place of presence and typing events.

    0 and 0: nobody, or the room is not large any more.
    """

    room: int
    online: int
    typing: int


class ActivityNote(Struct, tag_field="type", tag="activity_note"):
    """The counts of one server, for the other servers."""

    server: str
    room: int
    online: int
    typing: int


class PersonNote(Struct, array_like=True):
    """A user's presence on one server: status, when they were last seen (ms), the status they chose if they just did,
    and the rooms whose members are to be informed; None if these are the same as before."""

    user: int
    status: Status
    last_seen: int | None = None
    chosen: ChosenStatus | None = None
    rooms: list[int] | None = None


class PresenceNote(Struct, tag_field="type", tag="presence_note"):
    """A server's report of the users connected to it, for the other servers. `gone`: the server stops."""

    server: str
    people: list[PersonNote]
    gone: bool = False


class UserCommitted(Struct, tag_field="type", tag="user_committed"):
    """One committed change of a user's stream, as the bus carries it.

    `position` is assigned when the transaction is flushed. `event` is what happened to a direct message; `marks` and
    `thread` are those of a membership and a thread.
    """

    user: int
    kind: str
    """One of `EntryKind`; a server of a later release has more."""
    room: int = 0
    seq: int = 0
    marks: Marks | None = None
    thread: ThreadMarks | None = None
    event: MessageEvent | ReactionEvent | None = None
    position: int = 0


class EntryEvent(Struct, tag_field="type", tag="entry", omit_defaults=True):
    """A new entry of the user's own stream, or one that changed and so moved: see `hubbub.chat.stream_shapes.Entry`.

    It refers to messages: those of the user's rooms arrive as events of the room.
    """

    position: int
    kind: str
    room: int | None = None
    seq: int | None = None
    me: Marks | None = None
    thread: ThreadMarks | None = None
    scheduled: int | None = None

    @classmethod
    def of(cls, committed: UserCommitted) -> "EntryEvent":
        room, seq = committed.room or None, committed.seq or None
        if committed.kind == "scheduled":
            return cls(committed.position, "scheduled", room, scheduled=seq)
        return cls(committed.position, committed.kind, room, seq, committed.marks, committed.thread)


class RoomCommitted(Struct, tag_field="type", tag="committed"):
    """One committed change of a room, as the bus carries it.

    `entered` and `left` are the users whose membership began or ended, and `closed_to_outsiders` says that only members
    may subscribe from now on, so that the hub can add and remove subscribers.
    """

    room: int
    version: int
    event: MessageEvent | ReactionEvent | MemberEvent | RoomEvent | NoticeEvent
    snapshot: RoomEvent | None = None
    entered: list[int] = []
    left: list[int] = []
    closed_to_outsiders: bool = False

    @property
    def is_closed_to_outsiders(self) -> bool:
        """Whether only members may subscribe. Derived from every change with the room's state, not only from the one
        that closed it: that one may have been lost between servers."""
        return self.closed_to_outsiders or (self.snapshot is not None and self.snapshot.kind != "public")


class SessionsEnded(Struct, tag_field="type", tag="sessions_ended"):
    """Sessions that are no longer valid. Their sockets close with `close_code`."""

    sessions: list[int]
    close_code: int = 4401
    reason: str = "signed out"


class AccountChanged(Struct, tag_field="type", tag="account_changed"):
    """An account changed.

    `shown` is set if the change is visible to others: the new state, its time (`at`, ms), and the rooms whose members
    are to be informed.
    """

    user: int
    shown: User | None = None
    at: int = 0
    rooms: list[int] = []


class JobsAdded(Struct, tag_field="type", tag="jobs_added"):
    """A command of this server has added jobs: a worker may look for them now. Not sent to other servers."""


class RoomsChanged(Struct, tag_field="type", tag="rooms_changed"):
    """Rooms in which something was committed, for the server that has the lease on their consumers."""

    rooms: list[int]


Event = (
    RoomCommitted
    | UserCommitted
    | ReadEvent
    | DeliveredEvent
    | MembershipEvent
    | ThreadEvent
    | TypingEvent
    | PresenceEvent
    | PresenceNote
    | ActivityEvent
    | ActivityNote
    | SessionsEnded
    | AccountChanged
    | WorkspaceEvent
    | JobsAdded
    | RoomsChanged
)
