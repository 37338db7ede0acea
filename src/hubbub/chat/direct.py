"""Direct rooms: exactly two members, found or made at the first message between them."""

from msgspec import Struct

from hubbub.chat import clock, members
from hubbub.chat.access import alive, find_user
from hubbub.chat.events import Event
from hubbub.chat.limits import Limits
from hubbub.chat.records import Account, RoomRecord
from hubbub.chat.requests import Who
from hubbub.chat.transaction import Snapshot, Transaction
from hubbub.errors import InvalidInput


class Pair(Struct):
    """Two people, and their direct room if there is one."""

    own: Account
    peer: Account
    room: int | None


class Between(Struct, frozen=True):
    """The actor, another, and what room they share alone. Raises NotFound when there is no such user."""

    actor: int
    who: Who

    def answer(self, snapshot: Snapshot) -> Pair:
        own, peer = alive(snapshot, self.actor), find_user(snapshot, self.who)
        room = snapshot.rooms.direct(own.id, peer.id) if own.id != peer.id else None
        return Pair(own, peer, None if room is None else room.id)


def open_between(tx: Transaction, actor: int, to: Who, limits: Limits) -> tuple[RoomRecord, list[Event]]:
    """The direct room of the two, and what to tell when it is new.

    Raises:
        NotFound: there is no such user.
        InvalidInput: `to` is the actor.
    """
    account = alive(tx, actor)
    peer = find_user(tx, to)
    if peer.id == actor:
        raise not_oneself()
    known = tx.rooms.direct(actor, peer.id)
    if known is not None:
        return known, []
    pair = (min(actor, peer.id), max(actor, peer.id))
    room = tx.rooms.add(RoomRecord(0, "direct", 0, 0, 0, clock.now(), created_by=actor, pair=pair))
    return room, [members.enter(tx, room, someone, "member") for someone in (account, peer)]


def not_oneself() -> InvalidInput:
    return InvalidInput("one cannot write to oneself", "to", "not_possible")
