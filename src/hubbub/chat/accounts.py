"""Accounts: register, look up, change one's profile or password, close."""

import re
from copy import copy
from hashlib import sha256
from typing import Literal

from msgspec import UNSET, Struct, UnsetType

from hubbub.chat import clock, members, profiles, sessions
from hubbub.chat.access import alive_to_change
from hubbub.chat.addresses import network
from hubbub.chat.avatars import PICTURES, checked_avatar
from hubbub.chat.confusables import bare, skeletons
from hubbub.chat.events import AccountChanged, Event, SessionsEnded
from hubbub.chat.limits import Limits
from hubbub.chat.records import Account, Picture, SessionRecord
from hubbub.chat.shapes import ChosenStatus, Profile, User
from hubbub.chat.text import folded, label
from hubbub.chat.transaction import NOTHING, Outcome, Snapshot, Touches, Transaction
from hubbub.chat.usernames import require_unreserved
from hubbub.errors import Conflict, InvalidInput, NotFound, checking

LONGEST_DISPLAY_NAME = 50
_GRAMMARS = {
    # Names of the IANA time zone database, and language tags (RFC 5646, section 2.1; with "_" as systems write it).
    "time_zone": (re.compile(r"[A-Za-z][A-Za-z0-9_+-]*(/[A-Za-z0-9_+-]+){0,2}"), "Europe/Berlin"),
    "locale": (re.compile(r"[A-Za-z]{2,8}([-_][A-Za-z0-9]{1,8})*"), "de-DE"),
}
LONGEST_STATUS_TEXT = 100
LONGEST_TIME_ZONE = 64
LONGEST_LOCALE = 35


class AddAccount(Struct, frozen=True):
    """Create an account. Name and display name have been checked, the password hashed.

    The first account of an empty server becomes its administrator.
    """

    username: str
    display_name: str
    password_hash: str
    admin: bool = False
    only_if_first: bool = False

    def touches(self) -> Touches:
        return NOTHING

    def decide(self, tx: Transaction) -> Outcome[Account]:
        first = not tx.accounts.any()
        if self.only_if_first and not first:
            raise Conflict("This server has accounts already.")
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
        )
        return Outcome(copy(tx.accounts.add(account, looks)))


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


class ChangeProfile(Struct, frozen=True):
    """Change one's own profile; what is UNSET stays, None clears."""

    actor: int
    display_name: str | UnsetType = UNSET
    avatar: str | None | UnsetType = UNSET
    status_text: str | None | UnsetType = UNSET
    time_zone: str | None | UnsetType = UNSET
    locale: str | None | UnsetType = UNSET

    def touches(self) -> Touches:
        return Touches(changed=(self.actor,))

    def decide(self, tx: Transaction) -> Outcome[Profile]:
        account = alive_to_change(tx, self.actor)
        changes: dict[str, str | None] = {}
        with checking() as check:
            if self.display_name is not UNSET:
                changes["display_name"] = check(checked_display_name, self.display_name)
            if self.avatar is not UNSET and self.avatar != account.avatar:
                changes["avatar"] = check(checked_avatar, self.avatar)
            if self.status_text is not UNSET:
                changes["status_text"] = check(_optional, self.status_text, "status_text", LONGEST_STATUS_TEXT)
            if self.time_zone is not UNSET:
                changes["time_zone"] = check(_optional, self.time_zone, "time_zone", LONGEST_TIME_ZONE)
            if self.locale is not UNSET:
                changes["locale"] = check(_optional, self.locale, "locale", LONGEST_LOCALE)
        name = changes.get("display_name")
        # A name that was good when it was chosen can be sent back with the rest of the profile.
        if name is not None and name not in (account.display_name, account.username):
            require_display_name(tx, name, account.id, account.admin)
        # All of it is good: only now.
        if "avatar" in changes:
            tx.pictures.drop(account.id)
        before = account.user()
        for name, value in changes.items():
            setattr(account, name, value)
        if account.user() == before:
            tx.accounts.save(account)
            return Outcome(profile(account), [AccountChanged(account.id)])
        return Outcome(profile(account), [profiles.save(tx, account, tx.members.rooms_of(account.id))])


class SetPicture(Struct, frozen=True):
    """A picture of one's own as avatar. It has been looked at and made small (`hubbub.surfaces.images`)."""

    actor: int
    kind: str
    content: bytes

    def touches(self) -> Touches:
        return Touches(changed=(self.actor,))

    def decide(self, tx: Transaction) -> Outcome[Profile]:
        account = alive_to_change(tx, self.actor)
        digest = sha256(self.content).hexdigest()[:32]
        tx.pictures.save(Picture(account.id, digest, self.kind, self.content))
        account.avatar = f"{PICTURES}{digest}"
        return Outcome(profile(account), [profiles.save(tx, account, tx.members.rooms_of(account.id))])


class PictureOf(Struct, frozen=True):
    """An uploaded avatar."""

    digest: str

    def answer(self, snapshot: Snapshot) -> Picture:
        picture = snapshot.pictures.get(self.digest)
        if picture is None:
            raise NotFound("There is no such picture.", reason="no_picture")
        return picture


class ChooseStatus(Struct, frozen=True):
    """What one wants to be seen as. `online` is kept for `away` too, which belongs to one connection."""

    actor: int
    status: ChosenStatus

    def touches(self) -> Touches:
        return Touches(changed=(self.actor,))

    def decide(self, tx: Transaction) -> Outcome[None]:
        account = alive_to_change(tx, self.actor)
        if account.chosen_status != self.status:
            account.chosen_status = self.status
            tx.accounts.save(account)
        return Outcome(None)


class SeenLast(Struct, frozen=True):
    """Note when people were last on line."""

    at: dict[int, int]

    def touches(self) -> Touches:
        return Touches(changed=tuple(self.at))

    def decide(self, tx: Transaction) -> Outcome[None]:
        for user, at in self.at.items():
            tx.accounts.note_seen(user, at)
        return Outcome(None)


class SetPassword(Struct, frozen=True):
    """Store a new password hash. `replacing` must be the present one: two changes at once do not both win."""

    actor: int
    password_hash: str
    replacing: str | None

    def touches(self) -> Touches:
        return Touches(changed=(self.actor,))

    def decide(self, tx: Transaction) -> Outcome[None]:
        account = alive_to_change(tx, self.actor)
        if account.password_hash != self.replacing:
            raise Conflict("The password was changed by somebody else just now.", reason="password_changed")
        account.password_hash = self.password_hash
        tx.accounts.save(account)
        return Outcome(None)


class ChangePassword(Struct, frozen=True):
    """Another password: every session ends, and that of who asks goes on under a new number, so with a new token.

    Whoever may have learnt the old token has nothing of it (OWASP ASVS 5.0, 7.2.4). Answers the new session.
    """

    actor: int
    password_hash: str
    replacing: str | None
    session: int
    address: str
    days: int

    def touches(self) -> Touches:
        return Touches(changed=(self.actor,))

    def decide(self, tx: Transaction) -> Outcome[SessionRecord]:
        before = tx.sessions.get(self.session)
        if before is None or before.user != self.actor or before.ended_at is not None:
            raise sessions.session_ended()
        SetPassword(self.actor, self.password_hash, self.replacing).decide(tx)
        ended = sessions.end_all(tx, before.user, "password changed", keep=before.id)
        tx.sessions.end(before, clock.now())
        # Its own places come back by themselves: with the cookie that the answer sets, or the token in it.
        ended.append(SessionsEnded([before.id], sessions.RENEWED, "password changed: come back with the new token"))
        at = clock.now()
        fresh = SessionRecord(0, before.user, before.device, self.address, at, at, at + self.days * 86_400_000)
        return Outcome(tx.sessions.add(fresh), ended)


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
        account.username = f"deleted-{account.id}"
        account.key = f"~{account.id}"  # which is no user name, so nobody can have taken it
        account.display_name = "Deleted account"
        account.password_hash = None
        account.admin = False
        account.avatar = account.status_text = account.time_zone = account.locale = None
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


def _optional(text: str | None, field: Literal["status_text", "time_zone", "locale"], longest: int) -> str | None:
    if text is None or not text.strip():
        return None
    grammar, example = _GRAMMARS.get(field, (None, ""))
    text = label(text, field, longest)
    if grammar is not None and not grammar.fullmatch(text):
        raise InvalidInput(f"must look like {example}", field)
    return text
