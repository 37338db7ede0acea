"""Rows as the store keeps them, where they differ from what clients see. Times are milliseconds since 1970, UTC."""

from msgspec import Struct

from hubbub.chat import clock
from hubbub.chat.avatars import shown_avatar
from hubbub.chat.clock import rfc3339
from hubbub.chat.shapes import ChosenStatus, Kind, Membership, Message, NoticeKind, Rank, Sender, Status, User


class Account(Struct):
    """A user's account. `key` is the name in the form names are compared in."""

    id: int
    username: str
    key: str
    display_name: str
    created_at: int
    password_hash: str | None = None
    admin: bool = False
    chosen_status: ChosenStatus = "online"
    avatar: str | None = None
    status_text: str | None = None
    time_zone: str | None = None
    locale: str | None = None
    last_seen: int | None = None
    deleted_at: int | None = None
    changed_at: int | None = None
    """When what others see of it last changed: name, avatar, status text."""
    invitation: int | None = None
    """The id of the invitation that it registered with."""
    status_emoji: str | None = None
    status_until: int | None = None
    """When the status ends: its text and its emoji."""
    pronouns: str | None = None
    title: str | None = None

    def sender(self) -> Sender:
        return Sender(self.id, self.username, self.display_name)

    def user(self, status: Status = "offline") -> User:
        """The account as others see it. Whether it is on line is known to presence only, and filled in there.

        A status whose time is over is not shown, whether it has been cleared yet or not.
        """
        has_status = self.status_until is None or clock.now() < self.status_until
        return User(
            id=self.id,
            username=self.username,
            display_name=self.display_name,
            status=status,
            avatar=shown_avatar(self.avatar),
            status_text=self.status_text if has_status else None,
            status_emoji=self.status_emoji if has_status else None,
            status_until=rfc3339(self.status_until) if has_status and self.status_until is not None else None,
            pronouns=self.pronouns,
            title=self.title,
            time_zone=self.time_zone,
            last_seen=None if self.last_seen is None else rfc3339(self.last_seen),
        )


class Picture(Struct, frozen=True):
    """A user's avatar. `digest` names it in addresses, so that each may be kept by browsers for good."""

    user: int
    digest: str
    kind: str
    content: bytes


class SessionRecord(Struct):
    id: int
    user: int
    device: str
    address: str
    created_at: int
    last_used_at: int
    expires_at: int
    ended_at: int | None = None


class TicketRecord(Struct, frozen=True):
    """A one-time way in. Only a digest of it is kept."""

    digest: str
    session: int
    use: str
    expires_at: int


class InvitationRecord(Struct):
    """An invitation to register. Only a digest of its code is kept. `by`: who made it; `uses`: how many may come, None:
    any number; `rooms`: those that they join. Times are in ms."""

    id: int
    digest: str
    by: int
    created_at: int
    expires_at: int
    rooms: list[int]
    uses: int | None = None
    used: int = 0
    revoked_at: int | None = None

    def is_open(self, now: int) -> bool:
        """Whether it can be used, as far as it depends on itself."""
        return self.revoked_at is None and now < self.expires_at and (self.uses is None or self.used < self.uses)


class RoomRecord(Struct):
    """`seq` and `version` are the numbers last given, `last_at` the time of the last message (ms, 0: none yet).

    `joins_as` is the rank of who comes in. `pair` are the two members of a direct room, ascending.
    """

    id: int
    kind: Kind
    seq: int
    version: int
    member_count: int
    created_at: int
    name: str | None = None
    topic: str | None = None
    created_by: int | None = None
    archived_at: int | None = None
    deleted_at: int | None = None
    last_at: int = 0
    joins_as: Rank = "member"
    pair: tuple[int, int] | None = None
    thread_only_count: int = 0
    """How many of its messages are shown in their threads only."""

    def peer_of(self, user: int) -> int:
        """The other one of a direct room."""
        assert self.pair is not None
        return self.pair[1] if self.pair[0] == user else self.pair[0]


class MemberRecord(Struct):
    """Someone's place in a room. It stays, without a rank, after they left: clients that reconnect later learn of it.

    Marks are `seq`s: what came up to `joined_seq` was there before them, up to `read_seq` they have read, up to
    `delivered_seq` it has reached one of their devices. `archived_seq` is how far the room went when they archived it.
    `marked_unread`: they want to come back to it, until they next read there. `added_by`: who brought them in, until
    then.
    """

    room: int
    user: int
    version: int
    read_seq: int
    joined_at: int
    rank: Rank | None = None
    muted: bool = False
    archived_seq: int | None = None
    joined_seq: int = 0
    delivered_seq: int = 0
    marked_unread: bool = False
    added_by: int | None = None

    def archived(self, room: RoomRecord) -> bool:
        """Whether the room is out of their list: archived, and nothing was said since, or it is muted."""
        return self.archived_seq is not None and (self.muted or room.seq <= self.archived_seq)

    def membership(self, room: RoomRecord, unread: int, mentions: int) -> Membership:
        assert self.rank is not None
        return Membership(
            self.rank,
            self.read_seq,
            unread,
            mentions,
            self.muted,
            self.archived(room),
            self.marked_unread,
            self.added_by,
        )


class StreamEntry(Struct, frozen=True):
    """An entry of a user's stream. `room` and `seq` are 0 where the kind has none; `version` is that of the message."""

    position: int
    kind: str
    room: int
    seq: int
    version: int


class NoticeRecord(Struct, frozen=True):
    """A notice as it is kept. `after_seq`: the room's last message then; `at` in ms."""

    room: int
    version: int
    after_seq: int
    at: int
    kind: NoticeKind
    actor: int
    users: list[int]
    old: str | None = None
    new: str | None = None
    seq: int | None = None


class PinRecord(Struct, frozen=True):
    """A pinned message. `by`: who pinned it; `at`: when, in ms."""

    room: int
    seq: int
    by: int
    at: int


class SavedRecord(Struct):
    """A message that a user saved. Times are in ms; `remind_at` is still to come, `reminded_at` has."""

    user: int
    room: int
    seq: int
    saved_at: int
    remind_at: int | None = None
    reminded_at: int | None = None


class DraftRecord(Struct, frozen=True):
    """A draft. `root`: the thread that it is for, 0 for the room; `content` is empty once it was removed; `at`: when it
    was typed, in ms."""

    user: int
    room: int
    root: int
    content: str
    reply_to: int | None
    at: int


class ScheduledRecord(Struct):
    """A message that a user wants sent at a time (ms). `failed`: why it was refused then."""

    id: int
    user: int
    room: int
    at: int
    content: str
    thread: int | None
    also_in_room: bool
    reply_to: int | None
    failed: str | None = None


class MessageRecord(Struct, frozen=True):
    """A message on its way into the store."""

    message: Message
    at: int
    key: str | None = None
    thread_count: int | None = None
    """Of a reply in a thread: how many replies there are up to it."""
    thread_only_count: int | None = None
    """Of a reply that is shown in its thread only: how many such messages there are in the room up to it."""
    source: tuple[int, int] | None = None
    """Of a forwarded message: the room and `seq` it came from."""


class ThreadRecord(Struct):
    """The replies to one message, its `root`. `replies` counts the deleted ones too; `last_at` in ms.

    `people`: who replied last, the latest first.
    """

    room: int
    root: int
    replies: int = 0
    last_seq: int = 0
    last_at: int = 0
    people: list[int] = []


class FollowRecord(Struct):
    """How far a user has read a thread: up to a reply, which is the `read_count`th. Counted are those of followers."""

    room: int
    user: int
    root: int
    following: bool = False
    read_seq: int = 0
    read_count: int = 0
