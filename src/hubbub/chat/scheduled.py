"""Scheduled messages: written now, sent by a job at their time.

Whoever changes or sends one holds its user's account, so that of two servers one is first: a message is sent as it was
last changed, once, as it leaves the list in the transaction that posts it.
"""

from msgspec import UNSET, Struct, UnsetType
from msgspec.structs import replace

from hubbub.chat import clock, messages, threads, user_stream
from hubbub.chat.access import alive, require_in
from hubbub.chat.jobs import NewJob
from hubbub.chat.kept_shapes import Scheduled
from hubbub.chat.limits import Limits
from hubbub.chat.permissions import Action
from hubbub.chat.records import ScheduledRecord
from hubbub.chat.transaction import Outcome, Snapshot, Touches, Transaction
from hubbub.errors import HubbubError, InvalidInput, LimitExceeded, NotFound

SEND_SCHEDULED = "send_scheduled"


class Due(Struct, frozen=True):
    """The payload of the job. `at`: the time for which it was made, in ms."""

    user: int
    room: int
    message: int
    at: int


class ScheduleMessage(Struct, frozen=True):
    """Have a message sent at a time (ms). What `messages.PostMessage` would refuse now is refused now.

    The same message for the same time is one, so that a client whose answer was lost can ask again.

    Raises InvalidInput, LimitExceeded, NotAllowed, NotFound.
    """

    actor: int
    room: int
    content: str
    at: int
    limits: Limits
    thread: int | None = None
    also_in_room: bool = False
    reply_to: int | None = None

    def touches(self) -> Touches:
        return Touches(members=((self.room, self.actor),), changed=(self.actor,))

    def decide(self, tx: Transaction) -> Outcome[Scheduled]:
        room, _ = require_in(tx, self.room, self.actor, Action.POST)
        record = ScheduledRecord(
            0, self.actor, room.id, self.at, self.content, self.thread, self.also_in_room, self.reply_to
        )
        _post(record, self.limits)
        if self.thread is not None:
            threads.root(tx, room, self.thread)
        if self.reply_to is not None and self.reply_to > room.seq:
            raise messages.no_such_reply(self.reply_to)
        _require_coming(self.at, tx.now())
        for known in tx.scheduled.at(self.actor, self.at):
            if replace(known, id=record.id) == record:
                return Outcome(_shown(known))
        most = self.limits.scheduled_per_user
        if tx.scheduled.count(self.actor) >= most:
            raise LimitExceeded(f"You can schedule {most} messages: remove some first.", reason="too_many_scheduled")
        return _kept(tx, tx.scheduled.add(record))


class ChangeScheduled(Struct, frozen=True):
    """Change the text or the time of a scheduled message. One that failed is tried again at its new time.

    Raises InvalidInput; NotFound: it has been sent or removed.
    """

    actor: int
    message: int
    limits: Limits
    content: str | UnsetType = UNSET
    at: int | UnsetType = UNSET

    def touches(self) -> Touches:
        return Touches(changed=(self.actor,))

    def decide(self, tx: Transaction) -> Outcome[Scheduled]:
        alive(tx, self.actor)
        known = _find(tx, self.actor, self.message)
        record = replace(
            known,
            content=known.content if self.content is UNSET else self.content,
            at=known.at if self.at is UNSET else self.at,
        )
        _post(record, self.limits)
        if record == known:
            return Outcome(_shown(known))
        if self.at is not UNSET:
            _require_coming(self.at, tx.now())
            record.failed = None
        if record.failed is None:
            _cancel(tx, known)
            tx.scheduled.save(record)
            return _kept(tx, record)
        tx.scheduled.save(record)
        return Outcome(_shown(record), [user_stream.of_scheduled(tx, record)])


class DropScheduled(Struct, frozen=True):
    """Remove a scheduled message before it is sent. Removing what is not there changes nothing."""

    actor: int
    message: int

    def touches(self) -> Touches:
        return Touches(changed=(self.actor,))

    def decide(self, tx: Transaction) -> Outcome[None]:
        record = tx.scheduled.get(self.message)
        if record is None or record.user != self.actor:
            return Outcome(None)
        _cancel(tx, record)
        tx.scheduled.drop(record)
        return Outcome(None, [user_stream.of_scheduled(tx, record)])


class DueNow(Struct, frozen=True):
    """The message that is posted for a job; None if it was changed or removed since, or has failed."""

    due: Due
    limits: Limits

    def answer(self, snapshot: Snapshot) -> messages.PostMessage | None:
        record = snapshot.scheduled.get(self.due.message)
        return None if record is None or not _is_due(record, self.due) else _post(record, self.limits)


class Composed(Struct, frozen=True):
    """What plugins made of the `content` of a scheduled message: what is posted, or why they refuse it."""

    content: str
    post: messages.PostMessage | HubbubError


class SendScheduled(Struct, frozen=True):
    """The time of a scheduled message has come: it is posted, unless it was changed or removed since. If it is refused
    it stays in the list with the reason, and an entry of the stream reports it to its user.

    `composed`: None where no plugin looks at messages.
    """

    due: Due
    limits: Limits
    composed: Composed | None = None

    def touches(self) -> Touches:
        return Touches(members=((self.due.room, self.due.user),), changed=(self.due.user,))

    def decide(self, tx: Transaction) -> Outcome[None]:
        record = tx.scheduled.get(self.due.message)
        if record is None or not _is_due(record, self.due):
            return Outcome(None)
        if self.composed is not None and self.composed.content != record.content:
            # Changed while the plugins looked at it: they look again.
            return Outcome(None, jobs=[_job(record)])
        try:
            posted = self._post(record).decide(tx)
        except HubbubError as error:
            record.failed = _failure(error)
            tx.scheduled.save(record)
            return Outcome(None, [user_stream.of_scheduled(tx, record)])
        tx.scheduled.drop(record)
        return Outcome(None, [*posted.events, user_stream.of_scheduled(tx, record)], posted.jobs)

    def _post(self, record: ScheduledRecord) -> messages.PostMessage:
        if self.composed is None:
            return _post(record, self.limits)
        if isinstance(self.composed.post, HubbubError):
            raise self.composed.post
        return self.composed.post


class SendScheduledNow(Struct, frozen=True):
    """The time of a scheduled message, or of one that failed, is now: its job sends it at once, by way of the plugins.

    Raises NotFound: it has been sent or removed.
    """

    actor: int
    message: int

    def touches(self) -> Touches:
        return Touches(changed=(self.actor,))

    def decide(self, tx: Transaction) -> Outcome[Scheduled]:
        alive(tx, self.actor)
        known = _find(tx, self.actor, self.message)
        record = replace(known, at=tx.now(), failed=None)
        _cancel(tx, known)
        tx.scheduled.save(record)
        return _kept(tx, record)


class ListScheduled(Struct, frozen=True):
    """What the actor has scheduled, the next first."""

    actor: int
    limit: int

    def answer(self, snapshot: Snapshot) -> list[Scheduled]:
        alive(snapshot, self.actor)
        return [_shown(record) for record in snapshot.scheduled.of(self.actor, self.limit)]


def _find(snapshot: Snapshot, user: int, message: int) -> ScheduledRecord:
    record = snapshot.scheduled.get(message)
    if record is None or record.user != user:
        raise NotFound("There is no such scheduled message: it may have been sent.", reason="no_scheduled")
    return record


def _require_coming(at: int, now: int) -> None:
    if at <= now:
        raise InvalidInput("must be in the future", "at", "not_possible")


def _is_due(record: ScheduledRecord, due: Due) -> bool:
    return record.at == due.at and record.failed is None


def _failure(error: HubbubError) -> str:
    """What is kept of an error: a word for programs."""
    if isinstance(error, InvalidInput) and any(field.code == "refused" for field in error.errors):
        return "refused"
    return error.reason or error.code


def _post(record: ScheduledRecord, limits: Limits) -> messages.PostMessage:
    return messages.compose(
        record.user,
        record.content,
        limits,
        record.room,
        reply_to=record.reply_to,
        thread=record.thread,
        also_in_room=record.also_in_room,
    )


def _kept(tx: Transaction, record: ScheduledRecord) -> Outcome[Scheduled]:
    return Outcome(_shown(record), [user_stream.of_scheduled(tx, record)], [_job(record)])


def _job(record: ScheduledRecord) -> NewJob:
    due = Due(record.user, record.room, record.id, record.at)
    return NewJob(SEND_SCHEDULED, due, key=_key(record), due_at=record.at)


def _key(record: ScheduledRecord) -> str:
    """Of the job. With the time, as one that is running for another time cannot be replaced."""
    return f"{record.id}-{record.at}"


def _cancel(tx: Transaction, record: ScheduledRecord) -> None:
    if record.failed is None:
        tx.jobs.cancel(SEND_SCHEDULED, _key(record))


def _shown(record: ScheduledRecord) -> Scheduled:
    return Scheduled(
        record.id,
        record.room,
        record.content,
        clock.rfc3339(record.at),
        record.thread,
        record.also_in_room,
        record.reply_to,
        record.failed,
    )
