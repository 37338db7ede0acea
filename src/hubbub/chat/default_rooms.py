"""Public rooms that new accounts join, by the setting `default_rooms`; the first account makes those missing."""

from msgspec import Struct

from hubbub.chat import members, notices, rooms
from hubbub.chat.confusables import bare, skeletons
from hubbub.chat.events import Event
from hubbub.chat.limits import Limits
from hubbub.chat.records import Account
from hubbub.chat.text import folded
from hubbub.chat.transaction import Snapshot, Transaction


class DefaultRooms(Struct, frozen=True):
    """The ids of the public rooms with these names; names without a room are left out."""

    names: list[str]

    def answer(self, snapshot: Snapshot) -> list[int]:
        found = [snapshot.rooms.public_like(folded(name), []) for name in self.names]
        return list(dict.fromkeys(ids[0] for ids in found if ids))


def make_missing(tx: Transaction, first: Account, names: list[str], limits: Limits) -> list[Event]:
    """Make the rooms that do not exist; the first account owns them."""
    events: list[Event] = []
    for name in names:
        # Nor is a name taken that looks like one that there is, of the setting itself: making it would be refused.
        if not tx.rooms.public_like(folded(name), skeletons(bare(name) or name)):
            events += rooms.CreateRoom(first.id, "public", limits, name).decide(tx).events
    return events


def join(tx: Transaction, account: Account, found: list[int], limits: Limits) -> list[Event]:
    """Make a new account a member of these rooms, as far as they are still open to all."""
    events: list[Event] = []
    for number in found:
        room = tx.rooms.get(number)
        if room is None or room.kind != "public" or room.deleted_at is not None or room.archived_at is not None:
            continue
        if tx.members.get(room.id, account.id) is not None:
            continue
        events.append(members.enter(tx, room, account, "member"))
        if notices.names_members(room, limits):
            events.append(notices.note(tx, room, "joined", account))
    return events
