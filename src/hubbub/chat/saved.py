"""What a user keeps for later: messages they saved, perhaps with a reminder."""

from msgspec import Struct

from hubbub.chat import clock, user_stream
from hubbub.chat.access import may_read, require_in, unreadable
from hubbub.chat.history import find
from hubbub.chat.jobs import NewJob
from hubbub.chat.kept_shapes import Saved
from hubbub.chat.limits import Limits
from hubbub.chat.permissions import Action
from hubbub.chat.reaction_counts import with_own
from hubbub.chat.records import SavedRecord
from hubbub.chat.shapes import Message
from hubbub.chat.transaction import Outcome, Snapshot, Touches, Transaction
from hubbub.errors import InvalidInput, LimitExceeded

REMIND = "remind"


class Reminder(Struct, frozen=True):
    """The payload of the job. `at`: the time for which it was made, in ms."""

    user: int
    room: int
    seq: int
    at: int


class SaveMessage(Struct, frozen=True):
    """Save a message, with a reminder at a time (ms) or without one.

    Doing it again sets the reminder anew, and ends one that has come.
    """

    actor: int
    room: int
    seq: int
    remind_at: int | None
    limits: Limits

    def touches(self) -> Touches:
        return Touches(members=((self.room, self.actor),))

    def decide(self, tx: Transaction) -> Outcome[Saved]:
        room, _ = require_in(tx, self.room, self.actor, Action.READ)
        message = find(tx, room.id, self.seq)
        known = tx.saved.get(self.actor, room.id, self.seq)
        most = self.limits.saved_per_user
        gives_way = None
        if known is None and tx.saved.count(self.actor) >= most:
            gives_way = _unreadable(tx, self.actor, most)
            if gives_way is None:
                raise LimitExceeded(f"You can save {most} messages: remove some first.", reason="too_many_saved")
        now = tx.now()
        if self.remind_at is not None and self.remind_at <= now:
            raise InvalidInput("must be in the future", "remind_at", "not_possible")
        saved_at = now if known is None else known.saved_at
        record = SavedRecord(self.actor, room.id, self.seq, saved_at, self.remind_at)
        shown = _shown(record, message)
        if record == known:
            return Outcome(shown)
        if known is not None:
            _cancel(tx, known)
        if gives_way is not None:
            _cancel(tx, gives_way)
            tx.saved.drop(gives_way)
        tx.saved.save(record)
        jobs = []
        if self.remind_at is not None:
            reminder = Reminder(self.actor, room.id, self.seq, self.remind_at)
            jobs.append(NewJob(REMIND, reminder, key=_key(record), due_at=self.remind_at))
        return Outcome(shown, [user_stream.of_saved(tx, record)], jobs)


class ForgetSaved(Struct, frozen=True):
    """Remove a message from what the actor saved. What is not saved, or may not be read any more, is no error."""

    actor: int
    room: int
    seq: int

    def touches(self) -> Touches:
        # Locked like when saving and reminding, so that two servers change it one after the other.
        return Touches(members=((self.room, self.actor),))

    def decide(self, tx: Transaction) -> Outcome[None]:
        record = tx.saved.get(self.actor, self.room, self.seq)
        if record is None:
            return Outcome(None)
        _cancel(tx, record)
        tx.saved.drop(record)
        return Outcome(None, [user_stream.of_saved(tx, record)])


class Remind(Struct, frozen=True):
    """The time of a reminder has come: it enters the user's stream, unless it was changed or removed since."""

    reminder: Reminder

    def touches(self) -> Touches:
        return Touches(members=((self.reminder.room, self.reminder.user),))

    def decide(self, tx: Transaction) -> Outcome[None]:
        reminder = self.reminder
        record = tx.saved.get(reminder.user, reminder.room, reminder.seq)
        if record is None or record.remind_at != reminder.at:
            return Outcome(None)
        room, member = tx.rooms.get(reminder.room), tx.members.get(reminder.room, reminder.user)
        record.remind_at, record.reminded_at = None, reminder.at
        tx.saved.save(record)
        if not may_read(room, member):
            return Outcome(None)  # the list shows it as due when they may read the room again
        return Outcome(None, [user_stream.of_reminder(tx, record), user_stream.of_saved(tx, record)])


class SavedBefore(Struct):
    """A page of saved messages. `next`: the place of the last one, when there are more."""

    saved: list[Saved]
    next: tuple[int, int, int] | None


class ListSaved(Struct, frozen=True):
    """What the actor saved, the latest first, below a place (time in ms, room, seq).

    Messages that they may not read any more are left out; deleted ones are shown as such.
    """

    actor: int
    limit: int
    before: tuple[int, int, int] | None = None

    def answer(self, snapshot: Snapshot) -> SavedBefore:
        records = snapshot.saved.page(self.actor, self.before, self.limit + 1)
        shown = []
        for record in records[: self.limit]:
            room, member = snapshot.rooms.get(record.room), snapshot.members.get(record.room, self.actor)
            message = snapshot.messages.get(record.room, record.seq)
            if message is None or not may_read(room, member):
                continue
            shown.append(_shown(record, with_own(snapshot, [message], self.actor)[0]))
        last = records[self.limit - 1] if len(records) > self.limit else None
        return SavedBefore(shown, None if last is None else (last.saved_at, last.room, last.seq))


def _unreadable(tx: Transaction, user: int, most: int) -> SavedRecord | None:
    """The one that was saved first of those that the user may not read any more, and so cannot remove."""
    oldest = tx.saved.page(user, None, most)[::-1]
    lost = unreadable(tx, user, (record.room for record in oldest))
    return next((record for record in oldest if record.room in lost), None)


def _key(record: SavedRecord) -> str:
    """Of the job. With the time, as one that is running for another time cannot be replaced."""
    return f"{record.user}-{record.room}-{record.seq}-{record.remind_at}"


def _cancel(tx: Transaction, record: SavedRecord) -> None:
    if record.remind_at is not None:
        tx.jobs.cancel(REMIND, _key(record))


def _shown(record: SavedRecord, message: Message) -> Saved:
    times = _shown_time(record.remind_at), _shown_time(record.reminded_at)
    return Saved(record.room, record.seq, clock.rfc3339(record.saved_at), *times, message)


def _shown_time(at: int | None) -> str | None:
    return None if at is None else clock.rfc3339(at)
