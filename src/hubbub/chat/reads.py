"""Read markers. A marker never moves back, and `unread` is counted from it, not kept beside it."""

from msgspec import Struct

from hubbub.chat import user_stream
from hubbub.chat.access import require_in
from hubbub.chat.events import Event, ReadEvent
from hubbub.chat.permissions import Action
from hubbub.chat.transaction import Outcome, Touches, Transaction
from hubbub.errors import InvalidInput, NotAllowed


class Marked(Struct):
    """Where the marker is now, and what is left unread."""

    room: int
    seq: int
    unread: int
    mentions: int


class MarkRead(Struct, frozen=True):
    actor: int
    room: int
    seq: int

    def touches(self) -> Touches:
        return Touches(members=((self.room, self.actor),))

    def decide(self, tx: Transaction) -> Outcome[Marked]:
        room, member = require_in(tx, self.room, self.actor, Action.MARK)
        if member is None or member.rank is None:
            raise NotAllowed("Only members keep a read marker in a room. Join it first.", reason="not_member")
        if self.seq > room.seq:
            raise InvalidInput(f"the room's last message is {room.seq}", "seq", "too_large", max=room.seq)
        events: list[Event] = []
        if self.seq > member.read_seq or member.marked_unread or member.added_by is not None:
            member.read_seq = max(member.read_seq, self.seq)
            account = tx.accounts.get(self.actor)
            quiet = account is not None and account.chosen_status == "invisible"
            if not quiet:
                member.delivered_seq = max(member.delivered_seq, member.read_seq)
            member.marked_unread = False
            member.added_by = None
            tx.members.save(member)
            events.append(ReadEvent(room.id, self.actor, member.read_seq, quiet))
            events.append(user_stream.of_membership(tx, room, member))
        unread, mentions = tx.members.unread(member, room)
        return Outcome(Marked(room.id, member.read_seq, unread, mentions), events)
