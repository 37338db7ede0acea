"""Sessions: the places where one is signed in. A token names one, so ending it ends the token at once."""

from hashlib import sha256
from secrets import token_urlsafe

from msgspec import Struct

from hubbub.chat import clock
from hubbub.chat.access import alive
from hubbub.chat.clock import rfc3339
from hubbub.chat.events import Event, SessionsEnded
from hubbub.chat.records import SessionRecord, TicketRecord
from hubbub.chat.shapes import Session
from hubbub.chat.tokens import Claim
from hubbub.chat.transaction import NOTHING, Outcome, Snapshot, Touches, Transaction
from hubbub.errors import NotAuthenticated, NotFound

TICKET_SECONDS = 30
RENEWED = 4402
"""What sockets close with when their session goes on under a new token."""
_LONGEST_DEVICE = 100


class Identity(Struct, frozen=True):
    """Who is asking: a live session and its user."""

    user: int
    session: int
    expires_at: int


class StartSession(Struct, frozen=True):
    """Sign in: the password has been checked against `password_hash`."""

    user: int
    password_hash: str | None
    device: str
    address: str
    days: int
    most: int = 100
    """Sessions of one account: those that were used longest ago end before there are more."""
    replacing: Claim | None = None
    """The session that the same browser had until now: its cookie goes, so it does, too."""

    def touches(self) -> Touches:
        return Touches(kept=(self.user,))

    def decide(self, tx: Transaction) -> Outcome[SessionRecord]:
        account = tx.accounts.get(self.user)
        if account is None or account.deleted_at is not None or account.password_hash != self.password_hash:
            raise NotAuthenticated("The user name or the password is wrong.", reason="wrong_credentials")
        at = clock.now()
        device = "".join(character for character in self.device if character.isprintable())[:_LONGEST_DEVICE]
        events: list[Event] = []
        if self.replacing is not None:
            before = tx.sessions.get(self.replacing.session)
            if before is not None and before.user == self.replacing.user and before.ended_at is None:
                events += _end(tx, [before], "signed in anew")
        known = sorted(live(tx, self.user), key=lambda record: record.last_used_at)
        events += _end(tx, known[: max(0, len(known) + 1 - self.most)], "signed in at too many places")
        record = SessionRecord(0, self.user, device, self.address, at, at, at + self.days * 86_400_000)
        return Outcome(tx.sessions.add(record), events)


class EndSession(Struct, frozen=True):
    """End a session of the actor, the present one or another."""

    actor: int
    session: int
    reason: str = "signed out"

    def touches(self) -> Touches:
        return NOTHING

    def decide(self, tx: Transaction) -> Outcome[None]:
        record = tx.sessions.get(self.session)
        if record is None or record.user != self.actor or record.ended_at is not None:
            raise NotFound("There is no such session.", reason="no_session")
        tx.sessions.end(record, clock.now())
        return Outcome(None, [SessionsEnded([self.session], reason=self.reason)])


class TouchSessions(Struct, frozen=True):
    """Note when sessions were last used (ms by session id)."""

    used: dict[int, int]

    def touches(self) -> Touches:
        return NOTHING

    def decide(self, tx: Transaction) -> Outcome[None]:
        for session, at in self.used.items():
            tx.sessions.note_used(session, at)
        return Outcome(None)


class IdleSessions(Struct, frozen=True):
    """Some of the open sessions that were last used before a time (ms)."""

    before: int
    limit: int

    def answer(self, snapshot: Snapshot) -> list[int]:
        return snapshot.sessions.idle(self.before, self.limit)


class EndIdleSessions(Struct, frozen=True):
    """End those that still have not been used since; how many did."""

    sessions: list[int]
    before: int

    def touches(self) -> Touches:
        return NOTHING

    def decide(self, tx: Transaction) -> Outcome[int]:
        found = [tx.sessions.get(session) for session in self.sessions]
        idle = [r for r in found if r is not None and r.ended_at is None and r.last_used_at < self.before]
        return Outcome(len(idle), _end(tx, idle, "not used for long"))


class StaleSessions(Struct, frozen=True):
    """Some of the sessions that ended, or expired, before a time (ms)."""

    before: int
    limit: int

    def answer(self, snapshot: Snapshot) -> list[int]:
        return snapshot.sessions.stale(self.before, self.limit)


class ForgetSessions(Struct, frozen=True):
    """Delete sessions that are over, with what they say of devices and addresses."""

    sessions: list[int]

    def touches(self) -> Touches:
        return NOTHING

    def decide(self, tx: Transaction) -> Outcome[None]:
        tx.sessions.drop(self.sessions)
        return Outcome(None)


class IssueTicket(Struct, frozen=True):
    """A one-time way in for a place that can carry no header; answers the ticket itself, of which a digest is kept."""

    session: int
    use: str

    def touches(self) -> Touches:
        return NOTHING

    def decide(self, tx: Transaction) -> Outcome[str]:
        ticket = token_urlsafe(24)
        tx.tickets.add(TicketRecord(digest(ticket), self.session, self.use, clock.now() + TICKET_SECONDS * 1000))
        return Outcome(ticket)


class RedeemTicket(Struct, frozen=True):
    """Trade a ticket for the session it stands for. It works once, for its use, for 30 seconds."""

    ticket: str
    use: str

    def touches(self) -> Touches:
        return NOTHING

    def decide(self, tx: Transaction) -> Outcome[Identity]:
        record = tx.tickets.take(digest(self.ticket))
        if record is None or record.use != self.use or record.expires_at <= clock.now():
            raise NotAuthenticated("The ticket is not valid or was used before. Ask for a new one.")
        return Outcome(identify(tx, record.session))


class Identify(Struct, frozen=True):
    """Whose session this is. Raises NotAuthenticated when it has ended."""

    session: int

    def answer(self, snapshot: Snapshot) -> Identity:
        return identify(snapshot, self.session)


class MySessions(Struct, frozen=True):
    """One's live sessions, the last used first."""

    actor: int
    current: int

    def answer(self, snapshot: Snapshot) -> list[Session]:
        return [
            Session(
                id=record.id,
                device=record.device,
                address=record.address,
                created_at=rfc3339(record.created_at),
                last_used_at=rfc3339(record.last_used_at),
                expires_at=rfc3339(record.expires_at),
                current=record.id == self.current,
            )
            for record in sorted(live(snapshot, self.actor), key=lambda record: -record.last_used_at)
        ]


def identify(snapshot: Snapshot, session: int) -> Identity:
    record = snapshot.sessions.get(session)
    if record is None or record.ended_at is not None or record.expires_at <= clock.now():
        raise session_ended()
    account = alive(snapshot, record.user)
    return Identity(account.id, record.id, record.expires_at)


def session_ended() -> NotAuthenticated:
    return NotAuthenticated("This session has ended. Sign in again.", reason="session_ended")


def live(snapshot: Snapshot, user: int) -> list[SessionRecord]:
    return [
        record for record in snapshot.sessions.of(user) if record.ended_at is None and record.expires_at > clock.now()
    ]


def end_all(tx: Transaction, user: int, reason: str, keep: int | None = None) -> list[Event]:
    """End every session of a user but one."""
    return _end(tx, [record for record in live(tx, user) if record.id != keep], reason)


def _end(tx: Transaction, ended: list[SessionRecord], reason: str) -> list[Event]:
    for record in ended:
        tx.sessions.end(record, clock.now())
    return [SessionsEnded([record.id for record in ended], reason=reason)] if ended else []


def digest(ticket: str) -> str:
    return sha256(ticket.encode("utf-8", "surrogatepass")).hexdigest()
