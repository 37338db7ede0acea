"""What an operator asks of the consumers and changes about them."""

from msgspec import Struct

from hubbub.chat.consumers import ConsumerRecord, CursorRecord
from hubbub.chat.transaction import NOTHING, Outcome, Snapshot, Touches, Transaction
from hubbub.errors import Unavailable

_ALL = 1_000
_ROOMS_AT_ONCE = 2_000


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


class DropConsumer(Struct, frozen=True):
    """Forget a consumer that no server runs; its cursors follow (`DropCursors`). Whether there was one.

    Raises Unavailable: a server runs with it, and would begin anew with every room.
    """

    consumer: str

    def touches(self) -> Touches:
        return NOTHING

    def decide(self, tx: Transaction) -> Outcome[bool]:
        leases = tx.leases.all(self.consumer)
        if leases is None:
            raise Unavailable("A server is just working on this. Try again.", reason="busy")
        now = tx.now()
        if any(lease.until >= now for lease in leases):
            raise Unavailable(
                f"A server runs with the consumer {self.consumer}. Stop it, or remove its plugin, and try again.",
                reason="busy",
            )
        return Outcome(tx.cursors.drop_consumer(self.consumer))


class DropCursors(Struct, frozen=True):
    """Remove a consumer's cursors in some rooms, with ids from `first` on; from where to go on, None at the end."""

    consumer: str
    first: int

    def touches(self) -> Touches:
        return NOTHING

    def decide(self, tx: Transaction) -> Outcome[int | None]:
        beyond = self.first + _ROOMS_AT_ONCE
        tx.cursors.drop(self.consumer, self.first, beyond - 1)
        return Outcome(beyond if beyond <= tx.cursors.last_room() else None)
