"""Changes of a user's own profile: names, avatar, status, pronouns, title, time zone and language."""

import re
from hashlib import sha256
from typing import Literal

from msgspec import UNSET, Struct, UnsetType

from hubbub.chat import profiles, status_end, user_stream
from hubbub.chat.access import alive_to_change
from hubbub.chat.accounts import checked_display_name, profile, require_display_name
from hubbub.chat.avatars import PICTURES, checked_avatar
from hubbub.chat.events import AccountChanged
from hubbub.chat.reactions import real_emoji
from hubbub.chat.records import Picture
from hubbub.chat.shapes import ChosenStatus, Profile
from hubbub.chat.text import label
from hubbub.chat.transaction import Outcome, Snapshot, Touches, Transaction
from hubbub.errors import InvalidInput, NotFound, checking

_GRAMMARS = {
    # Names of the IANA time zone database, and language tags (RFC 5646, section 2.1; with "_" as systems write it).
    "time_zone": (re.compile(r"[A-Za-z][A-Za-z0-9_+-]*(/[A-Za-z0-9_+-]+){0,2}"), "Europe/Berlin"),
    "locale": (re.compile(r"[A-Za-z]{2,8}([-_][A-Za-z0-9]{1,8})*"), "de-DE"),
}
LONGEST_STATUS_TEXT = 100
LONGEST_PRONOUNS = 40
LONGEST_TITLE = 80
LONGEST_TIME_ZONE = 64
LONGEST_LOCALE = 35


class ChangeProfile(Struct, frozen=True):
    """Change the actor's profile. UNSET leaves a field unchanged, None clears it."""

    actor: int
    display_name: str | UnsetType = UNSET
    avatar: str | None | UnsetType = UNSET
    status_text: str | None | UnsetType = UNSET
    time_zone: str | None | UnsetType = UNSET
    locale: str | None | UnsetType = UNSET
    status_emoji: str | None | UnsetType = UNSET
    status_until: int | None | UnsetType = UNSET
    """When the status ends, in ms."""
    pronouns: str | None | UnsetType = UNSET
    title: str | None | UnsetType = UNSET

    def touches(self) -> Touches:
        return Touches(changed=(self.actor,))

    def decide(self, tx: Transaction) -> Outcome[Profile]:
        account = alive_to_change(tx, self.actor)
        changes: dict[str, str | int | None] = {}
        now = tx.now()
        if account.status_until is not None and account.status_until <= now:
            # It is over, and will be cleared soon: what is left out of this change is nothing, not what it was.
            changes |= dict.fromkeys(("status_text", "status_emoji", "status_until"))
        with checking() as check:
            if self.display_name is not UNSET:
                changes["display_name"] = check(checked_display_name, self.display_name)
            if self.avatar is not UNSET and self.avatar != account.avatar:
                changes["avatar"] = check(checked_avatar, self.avatar)
            if self.status_text is not UNSET:
                changes["status_text"] = check(_optional, self.status_text, "status_text", LONGEST_STATUS_TEXT)
            if self.status_emoji is not UNSET:
                changes["status_emoji"] = check(_emoji, self.status_emoji)
            if self.pronouns is not UNSET:
                changes["pronouns"] = check(_optional, self.pronouns, "pronouns", LONGEST_PRONOUNS)
            if self.title is not UNSET:
                changes["title"] = check(_optional, self.title, "title", LONGEST_TITLE)
            if self.status_until is not UNSET:
                changes["status_until"] = check(_in_the_future, self.status_until, now)
            if self.time_zone is not UNSET:
                changes["time_zone"] = check(_optional, self.time_zone, "time_zone", LONGEST_TIME_ZONE)
            if self.locale is not UNSET:
                changes["locale"] = check(_optional, self.locale, "locale", LONGEST_LOCALE)
        ends = status_end.checked(account, changes)
        name = self.display_name if self.display_name is UNSET else changes["display_name"]
        # A name that was good when it was chosen can be sent back with the rest of the profile.
        if isinstance(name, str) and name not in (account.display_name, account.username):
            require_display_name(tx, name, account.id, account.admin)
        # All of it is good: only now.
        if "avatar" in changes:
            tx.pictures.drop(account.id)
        before, profile_before = account.user(), profile(account)
        status_end.cancel(tx, account)
        for field, value in changes.items():
            setattr(account, field, value)
        account.status_until = ends
        jobs = status_end.jobs(account)
        changed = profile(account)
        if changed == profile_before:
            return Outcome(changed, jobs=jobs)
        entry = user_stream.of_settings(tx, account.id)
        if account.user() == before:
            tx.accounts.save(account)
            return Outcome(changed, [AccountChanged(account.id), entry], jobs)
        return Outcome(changed, [profiles.save(tx, account, tx.members.rooms_of(account.id)), entry], jobs)


class SetPicture(Struct, frozen=True):
    """Store an uploaded picture as the actor's avatar. `hubbub.surfaces.images` has checked and resized it."""

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
        event = profiles.save(tx, account, tx.members.rooms_of(account.id))
        return Outcome(profile(account), [event, user_stream.of_settings(tx, account.id)])


class PictureOf(Struct, frozen=True):
    """An uploaded avatar."""

    digest: str

    def answer(self, snapshot: Snapshot) -> Picture:
        picture = snapshot.pictures.get(self.digest)
        if picture is None:
            raise NotFound("There is no such picture.", reason="no_picture")
        return picture


class ChooseStatus(Struct, frozen=True):
    """Choose the status that others see. `away` belongs to one connection, so `online` is stored for it."""

    actor: int
    status: ChosenStatus

    def touches(self) -> Touches:
        return Touches(changed=(self.actor,))

    def decide(self, tx: Transaction) -> Outcome[None]:
        account = alive_to_change(tx, self.actor)
        if account.chosen_status != self.status:
            account.chosen_status = self.status
            tx.accounts.save(account)
            return Outcome(None, [user_stream.of_settings(tx, account.id)])
        return Outcome(None)


def _emoji(text: str | None) -> str | None:
    return None if text is None or not text.strip() else real_emoji(text, "status_emoji")


def _in_the_future(at: int | None, now: int) -> int | None:
    if at is not None and at <= now:
        raise InvalidInput("must be in the future", "status_until", "not_possible")
    return at


def _optional(
    text: str | None,
    field: Literal["status_text", "pronouns", "title", "time_zone", "locale"],
    longest: int,
) -> str | None:
    if text is None or not text.strip():
        return None
    grammar, example = _GRAMMARS.get(field, (None, ""))
    text = label(text, field, longest)
    if grammar is not None and not grammar.fullmatch(text):
        raise InvalidInput(f"must look like {example}", field)
    return text
