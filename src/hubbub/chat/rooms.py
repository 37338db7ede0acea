"""Rooms: make, find, change, delete."""

from msgspec import UNSET, Struct, UnsetType

from hubbub.chat import clock, direct, members, notices
from hubbub.chat.access import alive, find_user, require_in
from hubbub.chat.confusables import bare, skeletons
from hubbub.chat.events import Event, RoomCommitted, RoomEvent
from hubbub.chat.jobs import NewJob
from hubbub.chat.limits import Limits
from hubbub.chat.permissions import Action
from hubbub.chat.records import Account, RoomRecord
from hubbub.chat.requests import Who
from hubbub.chat.room_purge import PURGE_ROOM, RoomPurge
from hubbub.chat.sessions import Identity, identify, session_ended
from hubbub.chat.shapes import Kind, Rank, Room
from hubbub.chat.text import folded, label
from hubbub.chat.transaction import Outcome, Snapshot, Touches, Transaction
from hubbub.chat.views import all_seen_by, plain, seen_by
from hubbub.errors import Conflict, InvalidInput, checking

LONGEST_NAME = 80
LONGEST_TOPIC = 250


class Made(Struct):
    """A room as its maker sees it, and whether it is new (a direct room may have been there)."""

    room: Room
    created: bool


class CreateRoom(Struct, frozen=True):
    """Make a room; its maker becomes the owner and `members` come in with it."""

    actor: int
    kind: Kind
    limits: Limits
    name: str | None = None
    topic: str | None = None
    members: list[Who] = []
    joins_as: Rank = "member"

    def touches(self) -> Touches:
        if self.kind == "direct":
            return Touches(kept=(self.actor,), direct=tuple((self.actor, who) for who in self.members))
        return Touches(kept=(self.actor, *self.members))

    def decide(self, tx: Transaction) -> Outcome[Made]:
        if self.kind == "direct":
            return self._direct(tx)
        account = alive(tx, self.actor)
        with checking() as check:
            name, topic = check(checked_name, self.name, self.kind), check(checked_topic, self.topic)
        require_private(self.kind, self.joins_as)
        if self.kind == "public":
            require_free(tx, name)
        others: dict[int, Account] = {}
        for who in self.members:
            other = find_user(tx, who)
            if other.id != self.actor:
                others[other.id] = other
        if self.kind == "private":
            for someone in (account, *others.values()):
                members.require_space(tx, someone, self.limits, own=someone is account)
        at = clock.now()
        room = tx.rooms.add(RoomRecord(0, self.kind, 0, 0, 0, at, name, topic, self.actor, joins_as=self.joins_as))
        events: list[Event] = [members.enter(tx, room, account, "owner")]
        events += [members.enter(tx, room, other, self.joins_as, account) for other in others.values()]
        events.append(notices.note(tx, room, "created", account))
        if others and notices.names_members(room, self.limits):
            events.append(notices.note(tx, room, "added", account, list(others.values())))
        owner = tx.members.get(room.id, self.actor)
        return Outcome(Made(seen_by(tx, room, owner, self.actor), created=True), events)

    def _direct(self, tx: Transaction) -> Outcome[Made]:
        if len(self.members) != 1:
            raise InvalidInput("a direct room has exactly one other member", "members", "not_possible")
        if self.name is not None or self.topic is not None:
            raise InvalidInput("a direct room has no name and no topic", "name", "not_possible")
        require_private(self.kind, self.joins_as)
        room, events = direct.open_between(tx, self.actor, self.members[0], self.limits)
        member = tx.members.get(room.id, self.actor)
        return Outcome(Made(seen_by(tx, room, member, self.actor), created=bool(events)), events)


class ChangeRoom(Struct, frozen=True):
    """Rename, set the topic, make public or private, archive or bring back. What is UNSET stays."""

    actor: int
    room: int
    name: str | None | UnsetType = UNSET
    topic: str | None | UnsetType = UNSET
    kind: Kind | UnsetType = UNSET
    archived: bool | UnsetType = UNSET
    joins_as: Rank | UnsetType = UNSET
    limits: Limits = Limits()

    def touches(self) -> Touches:
        return Touches(members=((self.room, self.actor),))

    def decide(self, tx: Transaction) -> Outcome[Room]:
        room, member = require_in(tx, self.room, self.actor, Action.READ)
        archived = room.archived_at is not None
        if self.archived is not UNSET and self.archived != archived:
            require_in(tx, self.room, self.actor, Action.ARCHIVE)
        if self.kind is not UNSET and self.kind != room.kind:
            require_in(tx, self.room, self.actor, Action.CHANGE_KIND)
        if self.name is not UNSET or self.topic is not UNSET:
            require_in(tx, self.room, self.actor, Action.CHANGE)
        if self.joins_as is not UNSET and self.joins_as != room.joins_as:
            require_in(tx, self.room, self.actor, Action.SET_RANK)
        kind = room.kind if self.kind is UNSET else self.kind
        joins_as = room.joins_as if self.joins_as is UNSET else self.joins_as
        require_private(kind, joins_as)
        name = room.name if self.name is UNSET else self.name
        with checking() as check:
            if kind != "direct":
                name = check(checked_name, name, kind)
            topic = room.topic if self.topic is UNSET else check(checked_topic, self.topic)
        if kind == "public" and (room.kind != "public" or folded(name or "") != folded(room.name or "")):
            require_free(tx, name, room.id)
        archived_at = room.archived_at
        if self.archived is not UNSET and self.archived != archived:
            archived_at = clock.now() if self.archived else None
        changed = (kind, name, topic, archived_at, joins_as)
        if changed == (room.kind, room.name, room.topic, room.archived_at, room.joins_as):
            return Outcome(seen_by(tx, room, member, self.actor))
        closing = kind == "private" and room.kind == "public"
        maker = tx.members.get(room.id, room.created_by) if closing and room.created_by is not None else None
        if maker is not None and maker.rank is not None:
            # From now on it is one of the private rooms that its maker has.
            members.require_space(tx, find_user(tx, maker.user), self.limits, own=maker.user == self.actor)
        noted = notices.between(room, kind, name, topic, archived_at)
        room.kind, room.name, room.topic, room.archived_at, room.joins_as = changed
        room.version += 1
        tx.rooms.save(room)
        event = RoomEvent.of(plain(room))
        events: list[Event] = [RoomCommitted(room.id, room.version, event, event, closed_to_outsiders=closing)]
        actor = alive(tx, self.actor)
        events += [notices.note(tx, room, notice, actor, old=old, new=new) for notice, old, new in noted]
        return Outcome(seen_by(tx, room, member, self.actor), events)


class DeleteRoom(Struct, frozen=True):
    """The room is gone for everyone at once; what was said in it is erased right after, by a job."""

    actor: int
    room: int

    def touches(self) -> Touches:
        return Touches(members=((self.room, self.actor),))

    def decide(self, tx: Transaction) -> Outcome[None]:
        room, _ = require_in(tx, self.room, self.actor, Action.DELETE_ROOM)
        everyone = [member.user for member in tx.members.page(room.id, 0, room.member_count)]
        room.version += 1
        room.deleted_at = clock.now()
        tx.rooms.save(room)
        event = RoomEvent.of(plain(room), deleted=True)
        return Outcome(
            None,
            [RoomCommitted(room.id, room.version, event, None, left=everyone, closed_to_outsiders=True)],
            [NewJob(PURGE_ROOM, RoomPurge(room.id), key=str(room.id))],
        )


class OneRoom(Struct, frozen=True):
    actor: int
    room: int

    def answer(self, snapshot: Snapshot) -> Room:
        room, member = require_in(snapshot, self.room, self.actor, Action.READ)
        return seen_by(snapshot, room, member, self.actor)


class MyRooms(Struct, frozen=True):
    """The rooms one is a member of, by ascending id."""

    actor: int

    def answer(self, snapshot: Snapshot) -> list[Room]:
        return all_seen_by(snapshot, self.actor)


class FirstScreen(Struct, frozen=True):
    """One's own account and rooms, in one snapshot."""

    actor: int

    def answer(self, snapshot: Snapshot) -> tuple[Account, list[Room]]:
        return alive(snapshot, self.actor), MyRooms(self.actor).answer(snapshot)


class Greeted(Struct):
    """`position`: that of the user's stream; 0 if it was not asked for."""

    identity: Identity
    account: Account
    rooms: list[Room]
    position: int


class Greeting(Struct, frozen=True):
    """The same for who comes with a session, once it is found to be open and theirs. Raises NotAuthenticated.

    A database that was set back to a backup gives the numbers of sessions out again, to others. `with_stream`: the
    position of the user's stream too.
    """

    actor: int
    session: int
    with_stream: bool = False

    def answer(self, snapshot: Snapshot) -> Greeted:
        identity = identify(snapshot, self.session)
        if identity.user != self.actor:
            raise session_ended()
        account, mine = FirstScreen(self.actor).answer(snapshot)
        return Greeted(identity, account, mine, snapshot.user_streams.head(self.actor) if self.with_stream else 0)


class PublicRooms(Struct, frozen=True):
    """Public rooms by ascending id, from `after` on; `query` is a part of the name."""

    actor: int
    query: str
    after: int
    limit: int

    def answer(self, snapshot: Snapshot) -> list[Room]:
        return [
            seen_by(snapshot, room, snapshot.members.get(room.id, self.actor), self.actor)
            for room in snapshot.rooms.public(folded(self.query), self.after, self.limit)
        ]


def checked_name(name: str | None, kind: Kind) -> str | None:
    if name is None:
        if kind == "public":
            raise InvalidInput("a public room needs a name", "name", "required")
        return None
    return label(name, "name", LONGEST_NAME)


def checked_topic(topic: str | None) -> str | None:
    return None if topic is None else label(topic, "topic", LONGEST_TOPIC)


def require_private(kind: Kind, joins_as: Rank) -> None:
    """Raise unless the rank of newcomers fits the kind: where anyone may come in, they come in as mere members."""
    if joins_as != "member" and kind != "private":
        raise InvalidInput("only in a private room can newcomers get a higher rank", "joins_as", "not_possible")


def require_free(snapshot: Snapshot, name: str | None, room: int | None = None) -> None:
    """Raise Conflict when another public room has this name, or one that looks like it.

    Where servers share a database, equal names are kept apart by it, those that only look alike by this alone.
    """
    key = folded(name or "")
    looks = skeletons(bare(name or "") or name or "")
    others = [other for other in snapshot.rooms.public_like(key, looks) if other != room]
    if others:
        raise Conflict(
            f"There is a public room named {name} already, or one whose name looks like it.", reason="room_name_taken"
        )
