"""Erasing what is left of deleted rooms."""

from msgspec import Struct

from hubbub.chat.transaction import Outcome, Snapshot, Touches, Transaction

PURGE_ROOM = "purge-room"
"""The kind of job that erases a deleted room by `PurgeRoom`."""


class RoomPurge(Struct, frozen=True):
    """Its payload."""

    room: int


class PurgeRoom(Struct, frozen=True):
    """Erase some of a deleted room's messages, then of what refers to it, then of its members.

    Answers how many are gone, 0 when nothing is left.
    """

    room: int
    limit: int = 500

    def touches(self) -> Touches:
        return Touches(rooms=(self.room,))

    def decide(self, tx: Transaction) -> Outcome[int]:
        room = tx.rooms.get(self.room)
        if room is None or room.deleted_at is None:
            return Outcome(0)
        erased = tx.messages.purge(self.room, self.limit) or tx.user_streams.purge(self.room, self.limit)
        if not erased:
            tx.notices.purge(self.room)
            tx.saved.purge(self.room)
            tx.scheduled.purge(self.room)
            tx.drafts.purge(self.room)
            erased = tx.members.purge(self.room, self.limit)
        return Outcome(erased)


class RoomsToPurge(Struct, frozen=True):
    """Deleted rooms of which something is left."""

    def answer(self, snapshot: Snapshot) -> list[int]:
        return snapshot.rooms.to_purge()
