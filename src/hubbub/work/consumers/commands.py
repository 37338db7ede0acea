"""How far consumers have come: read, moved on, parked."""

from msgspec import Struct
from msgspec.structs import replace

from hubbub.chat.changes import Changed, changes_since
from hubbub.chat.consumers import ConsumerRecord, CursorRecord
from hubbub.chat.records import RoomRecord
from hubbub.chat.transaction import NOTHING, Outcome, Snapshot, Touches, Transaction
from hubbub.work.jobs.kinds import Effect
from hubbub.work.last_error import last_error

_ROOMS_AT_ONCE = 200


class Slice(Struct):
    """What changed in a room after the consumer's cursor, `since`."""

    room: RoomRecord
    since: int
    changed: Changed


class NextSlice(Struct, frozen=True):
    """The next changes of a room for a consumer, at most `limit` of each kind; None if there are none or it is
    parked."""

    consumer: str
    room: int
    limit: int

    def answer(self, snapshot: Snapshot) -> Slice | None:
        room = snapshot.rooms.get(self.room)
        cursor = snapshot.cursors.cursor(self.consumer, self.room)
        since = 0 if cursor is None else cursor.version
        if room is None or room.version <= since or (cursor is not None and cursor.parked_at is not None):
            return None
        return Slice(replace(room), since, changes_since(snapshot, room, since, self.limit))


class RoomsBehind(Struct, frozen=True):
    """Rooms with ids from `first` on of which the consumer has not handled everything, and from where to go on;
    None at the end."""

    consumer: str
    first: int
    span: int = 2_000

    def answer(self, snapshot: Snapshot) -> tuple[list[int], int | None]:
        beyond = self.first + self.span
        more = beyond <= snapshot.cursors.last_room()
        return snapshot.cursors.behind(self.consumer, self.first, beyond - 1), beyond if more else None


class StartConsumer(Struct, frozen=True):
    """Make a consumer known. `skip`: it starts from now, so the cursors of some hundred rooms more are set to their
    present versions. True once it may be given changes."""

    consumer: str
    skip: bool

    def touches(self) -> Touches:
        return NOTHING

    def decide(self, tx: Transaction) -> Outcome[bool]:
        known = tx.cursors.consumer(self.consumer) or ConsumerRecord(self.consumer)
        if known.ready:
            return Outcome(True)
        if self.skip:
            last = tx.cursors.last_room()
            first, known.skipped_to = known.skipped_to + 1, min(known.skipped_to + _ROOMS_AT_ONCE, last)
            tx.cursors.skip(self.consumer, first, known.skipped_to)
            known.ready = known.skipped_to == last
        else:
            known.ready = True
        tx.cursors.save_consumer(known)
        return Outcome(known.ready)


class Advance(Struct, frozen=True):
    """The changes of a room from `since` to `version` are handled: the cursor moves, and the effect is stored, in one
    transaction. False: the cursor is not at `since` any more, and nothing was stored."""

    consumer: str
    room: int
    since: int
    version: int
    effect: Effect = None

    def touches(self) -> Touches:
        return NOTHING if self.effect is None else self.effect.touches()

    def decide(self, tx: Transaction) -> Outcome[bool]:
        cursor = tx.cursors.cursor(self.consumer, self.room) or CursorRecord(self.consumer, self.room, 0)
        if cursor.version != self.since:
            return Outcome(False)
        # First the effect: when it is refused, nothing has changed.
        outcome = None if self.effect is None else self.effect.decide(tx)
        tx.cursors.save(CursorRecord(self.consumer, self.room, self.version))
        return Outcome(True) if outcome is None else Outcome(True, outcome.events, outcome.jobs)


class Park(Struct, frozen=True):
    """Give a room up for a consumer until an operator has it tried again."""

    consumer: str
    room: int
    error: str

    def touches(self) -> Touches:
        return NOTHING

    def decide(self, tx: Transaction) -> Outcome[None]:
        cursor = tx.cursors.cursor(self.consumer, self.room) or CursorRecord(self.consumer, self.room, 0)
        cursor.parked_at, cursor.error = tx.now(), last_error(self.error)
        tx.cursors.save(cursor)
        return Outcome(None)
