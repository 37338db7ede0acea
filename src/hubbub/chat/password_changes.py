"""Changing a password."""

from msgspec import Struct

from hubbub.chat import clock, sessions
from hubbub.chat.access import alive_to_change
from hubbub.chat.events import SessionsEnded
from hubbub.chat.records import SessionRecord
from hubbub.chat.transaction import Outcome, Touches, Transaction
from hubbub.errors import Conflict


class SetPassword(Struct, frozen=True):
    """Store a new password hash. `replacing` must be the present one, so of two changes at once only one succeeds."""

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
    """Change the password. Every session ends; the caller's is replaced by a new one, which is returned.

    So a stolen token becomes useless (OWASP ASVS 5.0, 7.2.4).
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
