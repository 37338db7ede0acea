"""Changes of a user's own profile: names, avatar, status, time zone and language."""

import re
from hashlib import sha256
from typing import Literal

from msgspec import UNSET, Struct, UnsetType

from hubbub.chat import profiles
from hubbub.chat.access import alive_to_change
from hubbub.chat.accounts import checked_display_name, profile, require_display_name
from hubbub.chat.avatars import PICTURES, checked_avatar
from hubbub.chat.events import AccountChanged
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
        return Outcome(None)


def _optional(text: str | None, field: Literal["status_text", "time_zone", "locale"], longest: int) -> str | None:
    if text is None or not text.strip():
        return None
    grammar, example = _GRAMMARS.get(field, (None, ""))
    text = label(text, field, longest)
    if grammar is not None and not grammar.fullmatch(text):
        raise InvalidInput(f"must look like {example}", field)
    return text
