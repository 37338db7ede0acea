"""Rows as the store keeps them, where they differ from what clients see. Times are milliseconds since 1970, UTC."""

from msgspec import Struct

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

    def sender(self) -> Sender:
        return Sender(self.id, self.username, self.display_name)

    def user(self, status: Status = "offline") -> User:
        """The account as others see it. Whether it is on line is known to presence only, and filled in there."""
        return User(
            id=self.id,
            username=self.username,
            display_name=self.display_name,
            status=status,
            avatar=shown_avatar(self.avatar),
            status_text=self.status_text,
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

    def peer_of(self, user: int) -> int:
        """The other one of a direct room."""
        assert self.pair is not None
        return self.pair[1] if self.pair[0] == user else self.pair[0]


class MemberRecord(Struct):
    """Someone's place in a room. It stays, without a rank, after they left, so that others hear of it later.

    Marks are `seq`s: what came up to `joined_seq` was there before them, up to `read_seq` they have read, up to
    `delivered_seq` it has reached one of their devices. `archived_seq` is how far the room went when they put it away.
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
        """Whether the room is out of their list: put away, and nothing was said since, or it is muted."""
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


class InboxEntry(Struct, frozen=True):
    """A message written directly to somebody, as of one of its versions; `position` grows by one with each."""

    position: int
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


class MessageRecord(Struct, frozen=True):
    """A message on its way into the store."""

    message: Message
    at: int
    key: str | None = None
