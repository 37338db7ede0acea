"""Reading rooms and accounts from the store, with the permission table applied."""

from collections.abc import Iterable

from hubbub.chat.permissions import Action, allowed, require, standing
from hubbub.chat.records import Account, MemberRecord, RoomRecord
from hubbub.chat.requests import Who
from hubbub.chat.shapes import LARGEST_ID
from hubbub.chat.text import folded
from hubbub.chat.transaction import Snapshot, Transaction
from hubbub.errors import NotAuthenticated, NotFound

_LONGEST_NAME = 100


def require_in(snapshot: Snapshot, room_id: int, actor: int, action: Action) -> tuple[RoomRecord, MemberRecord | None]:
    """The room and the actor's place in it, when the action is allowed.

    Raises:
        NotFound: no such room, or none that the actor may see.
        NotAllowed: the room may be seen but this may not be done in it.
        NotAuthenticated: the actor's account is gone.
    """
    account = alive(snapshot, actor)
    room = snapshot.rooms.get(room_id)
    if room is None or room.deleted_at is not None:
        raise NotFound("There is no such room.", reason="no_room")
    member = snapshot.members.get(room_id, actor)
    require(
        action, room.kind, None if member is None else member.rank, account.admin, archived=room.archived_at is not None
    )
    return room, member


def may_read(room: RoomRecord | None, member: MemberRecord | None) -> bool:
    """Whether a user with this place in a room may read it, so that lists can leave out what they may not."""
    if room is None or room.deleted_at is not None:
        return False
    who = standing(room.kind, None if member is None else member.rank, admin=False)
    return allowed(Action.READ, room.kind, who)


def unreadable(snapshot: Snapshot, user: int, rooms: Iterable[int]) -> set[int]:
    """Those of the rooms that a user may not read. In a transaction it locks no room."""
    left = []
    for room in dict.fromkeys(rooms):
        member = snapshot.members.get(room, user)
        if member is None or member.rank is None:
            left.append(room)
    return set(left) - snapshot.rooms.public_among(left)


def alive(snapshot: Snapshot, user: int) -> Account:
    """The account of a user. Raises NotAuthenticated if it has been closed."""
    return _alive(snapshot.accounts.get(user))


def alive_to_change(tx: Transaction, user: int) -> Account:
    """The same, for a caller that will save it."""
    return _alive(tx.accounts.to_change(user))


def _alive(account: Account | None) -> Account:
    if account is None or account.deleted_at is not None:
        raise NotAuthenticated("This account has been deleted.", reason="session_ended")
    return account


def find_user(snapshot: Snapshot, who: Who) -> Account:
    """The open account with this id or user name. Raises NotFound."""
    if isinstance(who, int):
        account = snapshot.accounts.get(who) if 0 < who <= LARGEST_ID else None
    else:
        account = snapshot.accounts.named(folded(who)) if len(who) <= _LONGEST_NAME and "\x00" not in who else None
    if account is None or account.deleted_at is not None:
        raise NotFound("There is no such user.", reason="no_user")
    return account
