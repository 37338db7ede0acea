"""Pinned messages: those that a room wants everybody to find."""

from msgspec import Struct
from msgspec.structs import replace

from hubbub.chat import clock, notices, threads, user_stream
from hubbub.chat.access import alive, require_in
from hubbub.chat.events import MessageEvent, RoomCommitted
from hubbub.chat.history import find
from hubbub.chat.kept_shapes import Pin
from hubbub.chat.limits import Limits
from hubbub.chat.permissions import Action
from hubbub.chat.reaction_counts import with_own
from hubbub.chat.records import PinRecord, RoomRecord
from hubbub.chat.shapes import Message, NoticeKind
from hubbub.chat.transaction import Outcome, Snapshot, Touches, Transaction
from hubbub.errors import LimitExceeded


class PinMessage(Struct, frozen=True):
    """Pin a message (`on`), or no longer. Doing it again changes nothing."""

    actor: int
    room: int
    seq: int
    on: bool
    limits: Limits

    def touches(self) -> Touches:
        return Touches(members=((self.room, self.actor),))

    def decide(self, tx: Transaction) -> Outcome[Message]:
        room, _ = require_in(tx, self.room, self.actor, Action.PIN)
        message = find(tx, room.id, self.seq)
        if message.pinned == self.on:
            return Outcome(MessageEvent.of(message))
        most = self.limits.pins_per_room
        if self.on and tx.pins.count(room.id) >= most:
            raise LimitExceeded(f"A room has at most {most} pinned messages: unpin one.", reason="too_many_pins")
        room.version += 1
        message.version = room.version
        message.pinned = self.on
        tx.messages.save(message)
        if self.on:
            newest = max((pin.at for pin in tx.pins.of(room.id, 1)), default=0)
            # Later than the one before, so that their order is that of pinning.
            tx.pins.add(PinRecord(room.id, message.seq, self.actor, max(clock.now(), newest + 1)))
        else:
            tx.pins.drop(room.id, message.seq)
        tx.rooms.save(room)
        (shown,) = threads.with_counts(tx, room.id, [message])
        event = MessageEvent.of(shown)
        committed = RoomCommitted(room.id, room.version, event)
        entries = user_stream.of_message(tx, room, message, event)
        kind: NoticeKind = "pinned" if self.on else "unpinned"
        notice = notices.note(tx, room, kind, alive(tx, self.actor), seq=message.seq)
        return Outcome(event, [committed, notice, *entries])


class Pins(Struct, frozen=True):
    """The pinned messages of a room, the one pinned last first."""

    actor: int
    room: int
    limits: Limits

    def answer(self, snapshot: Snapshot) -> list[Pin]:
        room, _ = require_in(snapshot, self.room, self.actor, Action.READ)
        pins = _shown(snapshot, room, self.limits.pins_per_room)
        seen = with_own(snapshot, [pin.message for pin in pins], self.actor)
        return [replace(pin, message=message) for pin, message in zip(pins, seen, strict=True)]


def _shown(snapshot: Snapshot, room: RoomRecord, limit: int) -> list[Pin]:
    records = snapshot.pins.of(room.id, limit)
    people = snapshot.accounts.senders({record.by for record in records})
    messages = {message.seq: message for message in snapshot.pins.messages(room.id)}
    return [
        Pin(messages[record.seq], people[record.by], clock.rfc3339(record.at))
        for record in records
        if record.seq in messages
    ]
