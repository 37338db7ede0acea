"""Receipts: how far a room's messages have been delivered to its members, and how far they have been read.

Delivery is tracked in rooms of at most `receipts_room` members, reading in those of at most `large_room`. Neither is
published for invisible users, until they are visible again.
"""

from typing import Literal

from msgspec import Struct

from hubbub.chat.access import require_in
from hubbub.chat.events import DeliveredEvent, Event
from hubbub.chat.limits import Limits
from hubbub.chat.permissions import Action
from hubbub.chat.shapes import Message, Receipt
from hubbub.chat.transaction import Outcome, Snapshot, Touches, Transaction
from hubbub.errors import LimitExceeded

Marks = dict[tuple[int, int], int]
"""By room and user: the `seq` up to which everything has been delivered."""


class MarkDelivered(Struct, frozen=True):
    """Store what has been delivered. Marks that are outdated or impossible are ignored."""

    marks: Marks
    limits: Limits

    def touches(self) -> Touches:
        return Touches(members=tuple(self.marks))

    def decide(self, tx: Transaction) -> Outcome[None]:
        events: list[Event] = []
        for (room_id, user), seq in self.marks.items():
            room, member = tx.rooms.get(room_id), tx.members.get(room_id, user)
            if room is None or member is None or member.rank is None:
                continue
            account = tx.accounts.get(user)
            if account is None or account.chosen_status == "invisible":
                continue
            up_to = min(seq, room.seq)
            if up_to > member.delivered_seq and room.member_count <= self.limits.receipts_room:
                member.delivered_seq = up_to
                tx.members.save(member)
                events.append(DeliveredEvent(room_id, user, up_to))
        return Outcome(None, events)


class Receipts(Struct, frozen=True):
    """The receipts of every member, by ascending user id. Raises LimitExceeded in a large room."""

    actor: int
    room: int
    limits: Limits

    def answer(self, snapshot: Snapshot) -> list[Receipt]:
        room, _ = require_in(snapshot, self.room, self.actor, Action.MARK)
        if room.member_count > self.limits.large_room:
            raise LimitExceeded(
                f"A room of more than {self.limits.large_room} members has no receipts.", reason="room_too_large"
            )
        return [
            # What was read while invisible is not marked as delivered, so it is not shown as read either.
            Receipt(member.user, member.joined_seq, member.delivered_seq, min(member.read_seq, member.delivered_seq))
            for member in snapshot.members.page(room.id, 0, room.member_count)
        ]


class Progress(Struct):
    """The delivery of one message. `of` is the number of its recipients; `status` is that of the slowest."""

    status: Literal["sent", "delivered", "read"]
    delivered_to: int
    read_by: int
    of: int


def progress(message: Message, receipts: list[Receipt]) -> Progress:
    """The delivery of a message, without its sender and members who joined later."""
    to = [mark for mark in receipts if mark.user != message.sender.id and mark.joined_seq < message.seq]
    read = sum(mark.read_seq >= message.seq for mark in to)
    delivered = sum(mark.delivered_seq >= message.seq for mark in to)
    status: Literal["sent", "delivered", "read"] = "sent"
    if to and delivered == len(to):
        status = "read" if read == len(to) else "delivered"
    return Progress(status, delivered, read, len(to))
