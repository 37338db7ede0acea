"""Invitations to the server: made by an account, given away as a link, used by those who come."""

from hashlib import sha256
from secrets import token_urlsafe

from msgspec import Struct

from hubbub.chat import clock, members, notices
from hubbub.chat.access import alive, alive_to_change, may_read, require_in
from hubbub.chat.events import Event
from hubbub.chat.invitation_shapes import Invitation, InvitationPreview, InvitedRoom
from hubbub.chat.limits import Limits
from hubbub.chat.permissions import Action, ServerAction, WhoInvites, allowed_on_server, require_on_server
from hubbub.chat.records import Account, InvitationRecord
from hubbub.chat.shapes import Rank
from hubbub.chat.transaction import NOTHING, Outcome, Snapshot, Touches, Transaction
from hubbub.errors import HubbubError, LimitExceeded, NotAllowed, NotFound

MOST_ROOMS = 50
MOST_USES = 100_000
SHORTEST_SECONDS, LONGEST_SECONDS = 60, 365 * 86_400
USUAL_SECONDS = 7 * 86_400
_MOST_PEOPLE = 100
_LONGEST_CODE = 100
_RANKS: list[Rank] = ["owner", "moderator", "member"]


def new_code() -> str:
    """128 random bits, for a link."""
    return token_urlsafe(16)


def digest_of(code: str) -> str:
    return sha256(code[:_LONGEST_CODE].encode(errors="surrogatepass")).hexdigest()


class InvitationOf(Struct, frozen=True):
    """The present state of an invitation, by the digest of its code; None if nobody can register with it."""

    digest: str
    who_invites: WhoInvites

    def answer(self, snapshot: Snapshot) -> InvitationRecord | None:
        record = snapshot.invitations.by_digest(self.digest)
        if record is None or not record.is_open(snapshot.now()):
            return None
        return record if may_invite(snapshot.accounts.get(record.by), self.who_invites) else None


class CreateInvitation(Struct, frozen=True):
    """Make an invitation, valid for some seconds. Those who come join the rooms: the actor must be allowed to add
    people to each."""

    actor: int
    digest: str
    uses: int | None
    seconds: int
    rooms: list[int]
    who_invites: WhoInvites
    limits: Limits

    def touches(self) -> Touches:
        # Whatever becomes of a user's invitations happens under the lock of their account.
        return Touches(members=tuple((room, self.actor) for room in self.rooms), changed=(self.actor,))

    def decide(self, tx: Transaction) -> Outcome[Invitation]:
        account = alive_to_change(tx, self.actor)
        require_on_server(ServerAction.INVITE, account.admin, self.who_invites)
        rooms = list(dict.fromkeys(self.rooms))
        for room in rooms:
            require_in(tx, room, self.actor, Action.INVITE)
        now, most = tx.now(), self.limits.invitations_per_user
        if tx.invitations.open_of(self.actor, now) >= most:
            raise LimitExceeded(
                f"You can have {most} open invitations: revoke one first.", reason="too_many_invitations"
            )
        record = InvitationRecord(0, self.digest, self.actor, now, now + self.seconds * 1000, rooms, self.uses)
        record = tx.invitations.add(record)
        return Outcome(_shown(tx, [record], now, self.actor)[0])


class RevokeInvitation(Struct, frozen=True):
    """End an invitation of the actor; of others, as an administrator. Doing it again changes nothing.

    `by`: who made it, as it was read before.
    """

    actor: int
    invitation: int
    by: int

    def touches(self) -> Touches:
        return Touches(changed=(self.by,))

    def decide(self, tx: Transaction) -> Outcome[None]:
        tx.accounts.to_change(self.by)
        account = alive(tx, self.actor)
        record = tx.invitations.get(self.invitation)
        if record is None or record.by != self.by:
            raise NotFound("There is no such invitation.", reason="no_invitation")
        if record.by != self.actor and not allowed_on_server(ServerAction.END_INVITATIONS, account.admin):
            raise NotFound("There is no such invitation.", reason="no_invitation")
        if record.revoked_at is None:
            record.revoked_at = tx.now()
            tx.invitations.save(record)
        return Outcome(None)


class MakerOf(Struct, frozen=True):
    """Who made an invitation. Raises NotFound."""

    invitation: int

    def answer(self, snapshot: Snapshot) -> int:
        record = snapshot.invitations.get(self.invitation)
        if record is None:
            raise NotFound("There is no such invitation.", reason="no_invitation")
        return record.by


class ListInvitations(Struct, frozen=True):
    """The actor's invitations, or everybody's for an administrator, the latest first, with ids below `before`."""

    actor: int
    of_all: bool
    before: int
    limit: int

    def answer(self, snapshot: Snapshot) -> list[Invitation]:
        account = alive(snapshot, self.actor)
        if self.of_all:
            require_on_server(ServerAction.SEE_INVITATIONS, account.admin)
        found = snapshot.invitations.page(None if self.of_all else self.actor, self.before, self.limit)
        return _shown(snapshot, found, snapshot.now(), self.actor)


class PreviewInvitation(Struct, frozen=True):
    """What is shown to somebody who was invited. Raises NotFound if nobody can register with it any more."""

    digest: str
    who_invites: WhoInvites

    def answer(self, snapshot: Snapshot) -> InvitationPreview:
        record = InvitationOf(self.digest, self.who_invites).answer(snapshot)
        account = None if record is None else snapshot.accounts.get(record.by)
        if record is None or account is None:
            raise none_such()
        return InvitationPreview(account.sender(), clock.rfc3339(record.expires_at), rooms_of(snapshot, record))


def may_invite(account: Account | None, who_invites: WhoInvites) -> bool:
    return (
        account is not None
        and account.deleted_at is None
        and allowed_on_server(ServerAction.INVITE, account.admin, who_invites)
    )


def require_open(tx: Transaction, known: InvitationRecord, who_invites: WhoInvites) -> InvitationRecord:
    """The invitation, with the account of its maker locked. Raises NotAllowed if it cannot be used."""
    maker = tx.accounts.to_change(known.by)
    record = tx.invitations.get(known.id)
    # Of what was read before, only what never changes is relied on.
    if record is None or (record.by, record.rooms) != (known.by, known.rooms):
        raise ended()
    if not record.is_open(tx.now()) or not may_invite(maker, who_invites):
        raise ended()
    return record


def rooms_for(tx: Transaction, record: InvitationRecord, user: int) -> list[int]:
    """The rooms that somebody would join: those to which the inviter may still add people, but for their own."""
    found = []
    for room in record.rooms:
        member = tx.members.get(room, user)
        if (member is None or member.rank is None) and _may_bring(tx, room, record.by):
            found.append(room)
    return found


def use(tx: Transaction, record: InvitationRecord, account: Account, limits: Limits) -> list[Event]:
    """Count one who came, and let them join the rooms."""
    found = rooms_for(tx, record, account.id)
    record.used += 1
    tx.invitations.save(record)
    events: list[Event] = []
    for room_id in found:
        room, inviter = tx.rooms.get(room_id), tx.members.get(room_id, record.by)
        assert room is not None
        # Nobody gives more than they have.
        own = "member" if inviter is None or inviter.rank is None else inviter.rank
        events.append(members.enter(tx, room, account, max(room.joins_as, own, key=_RANKS.index)))
        if notices.names_members(room, limits):
            events.append(notices.note(tx, room, "joined", account))
    return events


def ended() -> NotAllowed:
    return NotAllowed("This invitation has ended, or never was. Ask for a new one.", reason="invitation_ended")


def none_such() -> NotFound:
    return NotFound("This invitation has ended, or never was. Ask for a new one.", reason="no_invitation")


def touched_by_use(record: InvitationRecord | None) -> Touches:
    if record is None:
        return NOTHING
    return Touches(members=tuple((room, record.by) for room in record.rooms), changed=(record.by,))


def _may_bring(snapshot: Snapshot, room: int, inviter: int) -> bool:
    try:
        require_in(snapshot, room, inviter, Action.INVITE)
    except HubbubError:
        return False
    return True


def _is_shown(snapshot: Snapshot, room: int, maker: int, actor: int) -> bool:
    if not _may_bring(snapshot, room, maker):
        return False
    return actor == maker or may_read(snapshot.rooms.get(room), snapshot.members.get(room, actor))


def rooms_of(snapshot: Snapshot, record: InvitationRecord) -> list[InvitedRoom]:
    """The rooms to which the maker may still add people: of others not even the name."""
    return _named(snapshot, [room for room in record.rooms if _may_bring(snapshot, room, record.by)])


def _named(snapshot: Snapshot, rooms: list[int]) -> list[InvitedRoom]:
    found = ((room, snapshot.rooms.get(room)) for room in rooms)
    return [InvitedRoom(room, None if record is None else record.name) for room, record in found]


def _shown(snapshot: Snapshot, records: list[InvitationRecord], now: int, actor: int) -> list[Invitation]:
    came = snapshot.invitations.came_by([record.id for record in records], _MOST_PEOPLE)
    users = {record.by for record in records} | {user for found in came.values() for user in found}
    senders = snapshot.accounts.senders(users)
    return [
        Invitation(
            record.id,
            senders[record.by],
            clock.rfc3339(record.created_at),
            clock.rfc3339(record.expires_at),
            record.used,
            # Of rooms that the maker or the reader may not see not even the name.
            _named(snapshot, [room for room in record.rooms if _is_shown(snapshot, room, record.by, actor)]),
            [senders[user] for user in came.get(record.id, [])],
            record.uses,
            not record.is_open(now),
        )
        for record in records
    ]
