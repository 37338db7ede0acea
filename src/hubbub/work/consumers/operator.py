"""What an operator asks of the consumers and changes about them."""

from msgspec import Struct

from hubbub.chat.consumers import ConsumerRecord, CursorRecord
from hubbub.chat.transaction import NOTHING, Outcome, Snapshot, Touches, Transaction

_ALL = 1_000


class ListConsumers(Struct, frozen=True):
    """Every consumer there ever was, and the first thousand parked rooms."""

    def answer(self, snapshot: Snapshot) -> tuple[list[ConsumerRecord], list[CursorRecord]]:
        return snapshot.cursors.consumers(), snapshot.cursors.parked(("", 0), _ALL)


class Unpark(Struct, frozen=True):
    """Have a parked room tried again; whether it was parked."""

    consumer: str
    room: int

    def touches(self) -> Touches:
        return NOTHING

    def decide(self, tx: Transaction) -> Outcome[bool]:
        cursor = tx.cursors.cursor(self.consumer, self.room)
        if cursor is None or cursor.parked_at is None:
            return Outcome(False)
        cursor.parked_at = cursor.error = None
        tx.cursors.save(cursor)
        return Outcome(True)
