"""One's inbox: every message that was written directly to one, and every change of it, numbered in one line.

A room's `version` orders what happens in a room; the inbox's `position` orders what happens across one's direct rooms,
so that who follows "messages to me" can resume from a single number without a gap or a double.
"""

from msgspec import Struct

from hubbub.chat.access import alive
from hubbub.chat.events import Arrival
from hubbub.chat.records import RoomRecord
from hubbub.chat.shapes import Message
from hubbub.chat.transaction import Snapshot, Transaction


class Arrived(Struct, frozen=True):
    """A message in its present state, and its position in the inbox."""

    position: int
    message: Message


class ArrivedSince(Struct):
    """`position`: where to go on from; `has_more`: there is more to be had right away."""

    arrived: list[Arrived]
    position: int
    has_more: bool


class InboxSince(Struct, frozen=True):
    """What came to the actor's inbox, or changed in it, after a position: each message once, as it is now.

    Without a position, or with one from the future: nothing but the present position.
    """

    actor: int
    after: int | None
    limit: int

    def answer(self, snapshot: Snapshot) -> ArrivedSince:
        alive(snapshot, self.actor)
        head = snapshot.inboxes.head(self.actor)
        if self.after is None or self.after > head:
            return ArrivedSince([], head, has_more=False)
        return arrived_since(snapshot, self.actor, self.after, self.limit)


def arrived_since(snapshot: Snapshot, user: int, after: int, limit: int) -> ArrivedSince:
    """What came to the user's inbox, or changed in it, after a position that it has reached."""
    head = snapshot.inboxes.head(user)
    entries = snapshot.inboxes.page(user, after, limit)
    found = []
    for entry in entries:
        message = snapshot.messages.get(entry.room, entry.seq)
        # A message that changed since comes at the position of its last change.
        if message is not None and message.version == entry.version:
            found.append(Arrived(entry.position, message))
    position = entries[-1].position if entries else max(after, head)
    return ArrivedSince(found, position, has_more=position < head)


def note(tx: Transaction, room: RoomRecord, message: Message) -> Arrival | None:
    """Enter a new or changed message into the inbox of the one it was written to, if it was written to one."""
    if room.pair is None:
        return None
    arrival = Arrival(room.peer_of(message.sender.id))
    tx.inboxes.add(arrival, room.id, message.seq, message.version)
    return arrival
