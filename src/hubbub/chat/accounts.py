"""Accounts: register, look up, close."""

from copy import copy

from msgspec import Struct
from msgspec.structs import replace

from hubbub.chat import clock, default_rooms, invitations, members, profiles, sessions, setup_tokens
from hubbub.chat.access import alive_to_change
from hubbub.chat.addresses import network
from hubbub.chat.confusables import bare, skeletons
from hubbub.chat.events import AccountChanged, Event
from hubbub.chat.limits import Limits
from hubbub.chat.permissions import WhoInvites
from hubbub.chat.records import Account, InvitationRecord
from hubbub.chat.shapes import Profile, User
from hubbub.chat.text import folded, label
from hubbub.chat.transaction import NOTHING, Outcome, Snapshot, Touches, Transaction
from hubbub.chat.usernames import require_unreserved
from hubbub.errors import Conflict, NotFound

LONGEST_DISPLAY_NAME = 50


class Admission(Struct, frozen=True):
    """What lets somebody register. `setup_token`: the digest of the token that the first account needs; None: it needs
    none. `invitation`: as it was read before, None: without one."""

    only_if_first: bool = False
    needs_setup_token: bool = False
    setup_token: str | None = None
    invitation: InvitationRecord | None = None
    who_invites: WhoInvites = "members"
    limits: Limits = Limits()
    rooms: list[int] = []
    """Which it joins, beside those of the invitation."""
    missing_rooms: list[str] = []
    """Names of rooms that the first account makes where they do not exist."""


class AddAccount(Struct, frozen=True):
    """Create an account. Name and display name have been checked, the password hashed.

    The first account of an empty server becomes its administrator. An invitation is used up by it, and leads to rooms.
    """

    username: str
    display_name: str
    password_hash: str
    admin: bool = False
    admission: Admission = Admission()

    def touches(self) -> Touches:
        invited = invitations.touched_by_use(self.admission.invitation)
        return replace(invited, rooms=tuple(self.admission.rooms))

    def decide(self, tx: Transaction) -> Outcome[Account]:
        admission = self.admission
        known = admission.invitation
        invitation = None if known is None else invitations.require_open(tx, known, admission.who_invites)
        first = not tx.accounts.any()
        if admission.only_if_first and not first:
            raise Conflict("This server has accounts already.")
        if first and admission.needs_setup_token:
            setup_tokens.require_token(tx, admission.setup_token)
        key = folded(self.username)
        looks = skeletons(self.username)
        if tx.accounts.named(key) is not None:
            raise Conflict(f"The name {self.username} is taken.", reason="username_taken")
        if tx.accounts.has_lookalike(looks):
            raise Conflict(
                f"The name {self.username} looks too much like one that is taken.", reason="username_lookalike"
            )
        admin = self.admin or first
        require_unreserved(self.username, "username", admin)
        if self.display_name != self.username:
            require_display_name(tx, self.display_name, None, admin)
        account = Account(
            id=0,
            username=self.username,
            key=key,
            display_name=self.display_name,
            created_at=clock.now(),
            password_hash=self.password_hash,
            admin=admin,
            invitation=None if invitation is None else invitation.id,
        )
        account = tx.accounts.add(account, looks)
        if first:
            tx.setup_tokens.drop()
        events = [] if invitation is None else invitations.use(tx, invitation, account, admission.limits)
        events += default_rooms.join(tx, account, admission.rooms, admission.limits)
        if first:
            events += default_rooms.make_missing(tx, account, admission.missing_rooms, admission.limits)
        return Outcome(copy(account), events)


class SetAdmin(Struct, frozen=True):
    """Make somebody an administrator of the server, or take it back."""

    username: str
    admin: bool = True

    def touches(self) -> Touches:
        return NOTHING

    def decide(self, tx: Transaction) -> Outcome[Account]:
        named = tx.accounts.named(folded(self.username))
        account = None if named is None else tx.accounts.to_change(named.id)
        if account is None:
            raise NotFound(f"There is no user named {self.username}.", reason="no_user")
        account.admin = self.admin
        tx.accounts.save(account)
        return Outcome(copy(account), [AccountChanged(account.id)])


class SeenLast(Struct, frozen=True):
    """Note when people were last on line."""

    at: dict[int, int]

    def touches(self) -> Touches:
        return Touches(changed=tuple(self.at))

    def decide(self, tx: Transaction) -> Outcome[None]:
        for user, at in self.at.items():
            tx.accounts.note_seen(user, at)
        return Outcome(None)


class CloseAccount(Struct, frozen=True):
    """Close an account: signed out everywhere, out of every shared room. What it said stays.

    Its name stays taken, by its look: who took it next would be given the mentions, and believed to be the one before.
    """

    actor: int
    limits: Limits

    def touches(self) -> Touches:
        return Touches(changed=(self.actor,), rooms_of=(self.actor,))

    def decide(self, tx: Transaction) -> Outcome[None]:
        account = alive_to_change(tx, self.actor)
        events: list[Event] = [*sessions.end_all(tx, self.actor, "account deleted")]
        memberships = tx.members.of(self.actor)
        for member in memberships:
            room = tx.rooms.get(member.room)
            if room is not None and room.deleted_at is None and room.kind != "direct":
                events += members.depart(tx, room, member, self.limits, account)
        tx.sessions.forget_places(account.id)
        tx.pictures.drop(account.id)
        tx.saved.drop_of(account.id)
        tx.scheduled.drop_of(account.id)
        tx.drafts.drop_of(account.id)
        account.username = f"deleted-{account.id}"
        account.key = f"~{account.id}"  # which is no user name, so nobody can have taken it
        account.display_name = "Deleted account"
        account.password_hash = None
        account.admin = False
        account.avatar = account.status_text = account.time_zone = account.locale = None
        account.status_emoji = account.status_until = account.pronouns = account.title = None
        account.last_seen = None
        account.deleted_at = clock.now()
        # Those of the rooms they just left read there what they said.
        events.append(profiles.save(tx, account, [member.room for member in memberships]))
        return Outcome(None, events)


class SigningIn(Struct, frozen=True):
    """Who wants to sign in, if there is such an account; and whether they have signed in from this address before."""

    username: str
    address: str

    def answer(self, snapshot: Snapshot) -> tuple[Account | None, bool]:
        account = AccountNamed(self.username).answer(snapshot)
        # Asked for nobody too: a name that there is takes no longer than one that there is not.
        addresses = snapshot.sessions.addresses_of(0 if account is None else account.id)
        place = network(self.address)
        return account, any(network(address) == place for address in addresses)


class AccountNamed(Struct, frozen=True):
    username: str

    def answer(self, snapshot: Snapshot) -> Account | None:
        account = snapshot.accounts.named(folded(self.username)) if "\x00" not in self.username else None
        return account if account is not None and account.deleted_at is None else None


class AccountOf(Struct, frozen=True):
    """An account that exists. Raises NotFound."""

    user: int

    def answer(self, snapshot: Snapshot) -> Account:
        account = snapshot.accounts.get(self.user)
        if account is None or account.deleted_at is not None:
            raise NotFound("There is no such user.", reason="no_user")
        return account


class Directory(Struct, frozen=True):
    """Users by ascending id, from `after` on; `query` is the beginning of a name, `only` restricts to some ids."""

    query: str
    after: int
    limit: int
    only: list[int] | None = None

    def answer(self, snapshot: Snapshot) -> list[User]:
        return [
            account.user()
            for account in snapshot.accounts.search(folded(self.query), self.after, self.limit, self.only)
        ]


class AnyAccount(Struct, frozen=True):
    """Whether anybody has registered yet."""

    def answer(self, snapshot: Snapshot) -> bool:
        return snapshot.accounts.any()


def profile(account: Account) -> Profile:
    return Profile(
        user=account.user(),
        admin=account.admin,
        created_at=clock.rfc3339(account.created_at),
        chosen_status=account.chosen_status,
        time_zone=account.time_zone,
        locale=account.locale,
    )


def require_display_name(snapshot: Transaction, name: str, own: int | None, admin: bool) -> None:
    """Raise Conflict where the name looks like somebody else's user name, InvalidInput where it is kept for the server.

    With what stands around it and without: @alice and "alice ✓" are read as alice. Two people may have the same display
    name: people do.
    """
    for read in {name, bare(name), bare(name, symbols=True)} - {""}:
        require_unreserved(read, "display_name", admin)
        if snapshot.accounts.has_lookalike([look for look in skeletons(read) if look], own):
            raise Conflict(
                f"The display name {name} looks like the user name of somebody else.", reason="display_name_lookalike"
            )


def checked_display_name(name: str) -> str:
    return label(name, "display_name", LONGEST_DISPLAY_NAME)
