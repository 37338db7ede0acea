"""Direct rooms: exactly two members, found or made at the first message between them."""

from msgspec import Struct

from hubbub.chat import clock
from hubbub.chat.access import find_user
from hubbub.chat.events import Event, RoomCommitted, RoomEvent
from hubbub.chat.ledger import Ledger, Outcome
from hubbub.chat.records import MemberRecord, RoomRecord
from hubbub.chat.requests import Who
from hubbub.chat.views import plain
from hubbub.errors import InvalidInput, NotAuthenticated


class Opened(Struct):
    """A direct room and whether it was made just now."""

    room: int
    created: bool


class OpenDirect(Struct, frozen=True):
    """Find or make the direct room of two people."""

    actor: int
    to: Who

    def decide(self, ledger: Ledger) -> Outcome[Opened]:
        room, events = open_between(ledger, self.actor, self.to)
        return Outcome(Opened(room.id, created=bool(events)), events)


def open_between(ledger: Ledger, actor: int, to: Who) -> tuple[RoomRecord, list[Event]]:
    """The direct room of the two, and what to tell when it is new.

    Raises:
        NotFound: there is no such user.
        InvalidInput: it is oneself.
    """
    account = ledger.account(actor)
    if account is None or account.deleted_at is not None:
        raise NotAuthenticated("This account has been deleted.")
    peer = find_user(ledger, to)
    if peer.id == actor:
        raise InvalidInput("one cannot write to oneself", "to")
    known = ledger.direct_room(actor, peer.id)
    if known is not None:
        return known, []
    at = clock.now()
    pair = (min(actor, peer.id), max(actor, peer.id))
    room = ledger.add_room(RoomRecord(0, "direct", 0, 1, 2, at, created_by=actor, pair=pair))
    for user in pair:
        ledger.save_member(MemberRecord(room.id, user, 1, 0, at, "member"))
    snapshot = RoomEvent.of(plain(room))
    return room, [RoomCommitted(room.id, 1, snapshot, snapshot, entered=list(pair))]
