"""Members: join, leave, invite, remove, rank."""

from msgspec import UNSET, Struct, UnsetType

from hubbub.chat import clock, notices, user_stream
from hubbub.chat.access import alive, find_user, require_in
from hubbub.chat.events import Event, MemberEvent, MembershipEvent, RoomCommitted, RoomEvent
from hubbub.chat.limits import Limits
from hubbub.chat.permissions import Action, Standing, outranks, standing
from hubbub.chat.records import Account, MemberRecord, RoomRecord
from hubbub.chat.requests import Who
from hubbub.chat.shapes import Member, NoticeKind, Rank
from hubbub.chat.transaction import Outcome, Snapshot, Touches, Transaction
from hubbub.chat.views import plain
from hubbub.errors import Conflict, InvalidInput, LimitExceeded, NotAllowed, NotFound

_RANKS: list[Rank] = ["owner", "moderator", "member"]


class Joined(Struct):
    """A member, and whether they came in just now."""

    member: Member
    created: bool


class AddMember(Struct, frozen=True):
    """Join the room (`user` None) or add a user. An existing member stays unchanged."""

    actor: int
    room: int
    limits: Limits
    user: Who | None = None

    def touches(self) -> Touches:
        return Touches(members=((self.room, self.actor),), kept=() if self.user is None else (self.user,))

    def decide(self, tx: Transaction) -> Outcome[Joined]:
        joining = self.user is None
        room, own = require_in(tx, self.room, self.actor, Action.JOIN if joining else Action.INVITE)
        if room.kind == "direct" and (own is None or not joining):
            raise NotAllowed("A direct room has two members and takes no more.", reason="direct_room_full")
        account = find_user(tx, self.actor if self.user is None else self.user)
        actor = alive(tx, self.actor)
        member = tx.members.get(room.id, account.id)
        if member is not None and member.rank is not None:
            return Outcome(Joined(Member(account.user(), member.rank), created=False))
        if room.kind == "private":
            require_space(tx, account, self.limits, own=account.id == self.actor)
        # Nobody gives more than they have.
        own_rank = None if own is None else own.rank
        rank = max(room.joins_as, own_rank or "member", key=_RANKS.index)
        is_own = account.id == actor.id
        events: list[Event] = [enter(tx, room, account, rank, None if is_own else actor)]
        if notices.names_members(room, self.limits):
            kind: NoticeKind = "joined" if is_own else "added"
            events.append(notices.note(tx, room, kind, actor, [] if is_own else [account]))
        return Outcome(Joined(Member(account.user(), rank), created=True), events)


class RemoveMember(Struct, frozen=True):
    """Leave, or remove somebody of a lower rank. When the last owner goes, the next in rank and time takes over."""

    actor: int
    room: int
    user: int
    limits: Limits

    def touches(self) -> Touches:
        return Touches(members=((self.room, self.actor), (self.room, self.user)))

    def decide(self, tx: Transaction) -> Outcome[None]:
        leaving = self.user == self.actor
        room, _ = require_in(tx, self.room, self.actor, Action.LEAVE if leaving else Action.REMOVE)
        member = current(tx, room, self.user)
        if not leaving:
            require_above(tx, room, self.actor, member)
        return Outcome(None, list(depart(tx, room, member, self.limits, alive(tx, self.actor))))


class ChangeMember(Struct, frozen=True):
    """Change a member's rank, or mute, archive or mark as unread the actor's own membership."""

    actor: int
    room: int
    user: int
    rank: Rank | UnsetType = UNSET
    muted: bool | UnsetType = UNSET
    archived: bool | UnsetType = UNSET
    marked_unread: bool | UnsetType = UNSET

    def touches(self) -> Touches:
        return Touches(members=((self.room, self.actor), (self.room, self.user)))

    def decide(self, tx: Transaction) -> Outcome[Member]:
        own = self.user == self.actor
        if not own and not (self.muted is self.archived is self.marked_unread is UNSET):
            raise NotAllowed(
                "Only your own membership can be muted, archived or marked as unread.", reason="own_membership_only"
            )
        action = Action.MARK if self.rank is UNSET else Action.SET_RANK
        room, _ = require_in(tx, self.room, self.actor, action)
        member = current(tx, room, self.user)
        events: list[Event] = []
        kept = _kept(room, member)
        if self.rank is not UNSET and self.rank != member.rank:
            if member.rank == "owner" and not another_owner(tx, room, member):
                raise Conflict("A room needs an owner: make somebody else one first.", reason="last_owner")
            room.version += 1
            member.rank = self.rank
            member.version = room.version
            tx.rooms.save(room)
            events.append(_committed(tx, room, member))
        if not member.archived(room):
            member.archived_seq = None  # what came back by itself is back, whether muted from now on or not
        if self.muted is not UNSET:
            member.muted = self.muted
        if self.archived is not UNSET:
            member.archived_seq = room.seq if self.archived else None
        if self.marked_unread is not UNSET:
            member.marked_unread = self.marked_unread
        tx.members.save(member)
        if _kept(room, member) != kept:
            events.append(_kept(room, member))
            events.append(user_stream.of_membership(tx, room, member))
        account = find_user(tx, self.user)
        assert member.rank is not None
        return Outcome(Member(account.user(), member.rank), events)


class Members(Struct, frozen=True):
    """A room's members by ascending user id, from `after` on."""

    actor: int
    room: int
    after: int
    limit: int

    def answer(self, snapshot: Snapshot) -> list[Member]:
        room, _ = require_in(snapshot, self.room, self.actor, Action.READ)
        found = []
        for member in snapshot.members.page(room.id, self.after, self.limit):
            account = snapshot.accounts.get(member.user)
            if account is not None and member.rank is not None:
                found.append(Member(account.user(), member.rank))
        return found


def enter(tx: Transaction, room: RoomRecord, account: Account, rank: Rank, by: Account | None = None) -> RoomCommitted:
    """Make somebody a member; `by`: whoever brought them in. What was said before they came is not unread."""
    room.version += 1
    room.member_count += 1
    tx.rooms.save(room)
    member = MemberRecord(
        room.id,
        account.id,
        room.version,
        room.seq,
        clock.now(),
        rank,
        joined_seq=room.seq,
        delivered_seq=room.seq,
        added_by=None if by is None else by.id,
    )
    tx.members.save(member)
    return RoomCommitted(
        room.id,
        room.version,
        MemberEvent(room.id, room.version, account.user(), rank),
        RoomEvent.of(plain(room)),
        entered=[account.id],
    )


def require_space(snapshot: Snapshot, account: Account, limits: Limits, own: bool) -> None:
    """Raise LimitExceeded for one more private room of somebody who made as many as allowed.

    `own`: they ask for themselves. The error for others does not say how many they have.
    """
    if snapshot.members.private_rooms_of(account.id) >= limits.groups_per_user:
        if own:
            most = f"You have made {limits.groups_per_user} private rooms, which is the most allowed: leave one first."
            raise LimitExceeded(most, reason="too_many_private_rooms")
        raise LimitExceeded(f"{account.username} can be in no more private rooms.", reason="others_private_rooms")


def depart(
    tx: Transaction, room: RoomRecord, member: MemberRecord, limits: Limits, actor: Account
) -> list[RoomCommitted]:
    """End a membership by the actor's wish; hand the room on when its last owner goes."""
    heir = None
    if member.rank == "owner" and not another_owner(tx, room, member):
        heir = _heir(tx, room, member)
    room.version += 1
    room.member_count -= 1
    member.rank = None
    member.version = room.version
    member.muted = False
    member.archived_seq = None
    member.marked_unread = False
    member.added_by = None
    tx.members.save(member)
    tx.threads.drop_follows(room.id, member.user)
    tx.rooms.save(room)
    events = [_committed(tx, room, member, left=[member.user])]
    if heir is not None:
        room.version += 1
        heir.rank = "owner"
        heir.version = room.version
        tx.members.save(heir)
        events.append(_committed(tx, room, heir))
    if notices.names_members(room, limits):
        is_own = member.user == actor.id
        kind: NoticeKind = "left" if is_own else "removed"
        events.append(notices.note(tx, room, kind, actor, [] if is_own else [find_user(tx, member.user)]))
    return events


def current(snapshot: Snapshot, room: RoomRecord, user: int) -> MemberRecord:
    """The membership of somebody who is a member. Raises NotFound."""
    member = snapshot.members.get(room.id, user)
    if member is None or member.rank is None:
        raise NotFound("This user is not a member of the room.", reason="no_member")
    return member


def require_above(snapshot: Snapshot, room: RoomRecord, actor: int, member: MemberRecord) -> None:
    """Raise NotAllowed unless the actor stands above the member."""
    account, own = snapshot.accounts.get(actor), snapshot.members.get(room.id, actor)
    who = standing(room.kind, None if own is None else own.rank, account is not None and account.admin)
    if who is Standing.OUTSIDER or member.rank is None or not outranks(who, member.rank):
        raise NotAllowed("You can only remove members of a lower rank than your own.", reason="rank_too_low")


def another_owner(snapshot: Snapshot, room: RoomRecord, member: MemberRecord) -> bool:
    return snapshot.members.longest(room.id, "owner", member.user) is not None


def _heir(snapshot: Snapshot, room: RoomRecord, leaver: MemberRecord) -> MemberRecord | None:
    found = (snapshot.members.longest(room.id, rank, leaver.user) for rank in _RANKS)
    return next((heir for heir in found if heir is not None), None)


def _kept(room: RoomRecord, member: MemberRecord) -> MembershipEvent:
    return MembershipEvent(room.id, member.user, member.muted, member.archived(room), member.marked_unread)


def _committed(tx: Transaction, room: RoomRecord, member: MemberRecord, left: list[int] | None = None) -> RoomCommitted:
    account = tx.accounts.peek(member.user)  # an heir is known only now, too late to be locked in order
    if account is None:
        raise InvalidInput("there is no such user", "user", "no_such")
    event = MemberEvent(room.id, room.version, account.user(), member.rank)
    return RoomCommitted(room.id, room.version, event, RoomEvent.of(plain(room)), left=left or [])
