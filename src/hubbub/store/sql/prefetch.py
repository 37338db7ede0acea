"""Locks what a batch of commands declares (`Touches`), and reads it in a few queries.

Servers that share a database lock rows in one order, so that they do not deadlock: rooms by ascending id, then accounts
by ascending id, then, after everything is written, user streams by ascending user. Nothing else of a room needs a lock,
as every change of it reads the room first. What is not prefetched is read when it is needed.

SQLite has one writer and most of this in its identity map: there only idempotency keys are prefetched.
"""

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import select, text

from hubbub.chat.requests import Who
from hubbub.chat.shapes import LARGEST_ID
from hubbub.chat.text import folded
from hubbub.chat.transaction import Command, Touches
from hubbub.store.sql.accounts import account_columns
from hubbub.store.sql.members import member_columns
from hubbub.store.sql.rooms import room_columns
from hubbub.store.sql.schema import members, rooms
from hubbub.store.sql.statement import Statement
from hubbub.store.sql.transaction import SqlTransaction

_ROOMS = Statement(
    room_columns.where(text("rooms.id = ANY(CAST(:rooms AS bigint[]))")).order_by(text("rooms.id")).with_for_update()
)
_DIRECT_ROOMS = Statement(
    select(rooms.c.pair_low, rooms.c.pair_high, rooms.c.id).where(
        text(
            "(rooms.pair_low, rooms.pair_high) IN "
            "(SELECT * FROM unnest(CAST(:lows AS bigint[]), CAST(:highs AS bigint[])))"
        )
    )
)
_ROOMS_OF = Statement(
    select(members.c.room_id).where(
        text("members.user_id = ANY(CAST(:users AS bigint[]))"), members.c.rank.is_not(None)
    )
)
_MEMBERS = Statement(
    member_columns.where(
        text(
            "(members.room_id, members.user_id) IN "
            "(SELECT * FROM unnest(CAST(:rooms AS bigint[]), CAST(:users AS bigint[])))"
        )
    )
)
_ACCOUNTS = Statement(account_columns.where(text("users.id = ANY(CAST(:users AS bigint[]))")))
_ACCOUNTS_TO_LOCK = Statement(
    account_columns.where(text("users.id = ANY(CAST(:users AS bigint[]))")).order_by(text("users.id")).with_for_update()
)

Pair = tuple[int, int]


class RacedError(Exception):
    """Another server made a direct room that these commands would have made: begin the transaction again.

    To lock the room now, with accounts and perhaps rooms of greater ids already locked, could deadlock.
    """


def prefetch(tx: SqlTransaction, commands: Sequence[Command[Any]]) -> None:
    """Lock and read what the commands declare. Raises RacedError."""
    touched = [command.touches() for command in commands]
    asked = [pair for each in touched for pair in each.direct]
    kept = [user for each in touched for user in each.kept]
    named = _named(tx, [*kept, *(to for _, to in asked)])
    pairs = _pairs(named, asked)
    direct = _direct_rooms(tx, pairs)
    members = {member for each in touched for member in each.members}
    members.update((room, user) for pair, room in direct.items() for user in pair)
    rooms = {room for each in touched for room in each.rooms} | {room for room, _ in members}
    leaving = [user for each in touched for user in each.rooms_of]
    if leaving:
        rooms.update(row[0] for row in tx.executor.all(_ROOMS_OF, {"users": leaving}))
    locked = {user for each in touched for user in each.changed} | _ids(named, kept)
    # Who gets a direct room is locked while it is made, and would be so in any order if not here.
    locked |= {user for pair in pairs - direct.keys() for user in pair}
    read = {user for each in touched for _, user in each.members} | {user for pair in direct for user in pair}
    if rooms:
        tx.rooms.prefetch(_ROOMS, sorted(rooms))
    if members:
        tx.members.prefetch(_MEMBERS, sorted(members))
    if locked:
        tx.accounts.prefetch_to_change(_ACCOUNTS_TO_LOCK, sorted(locked))
    if _direct_rooms(tx, pairs - direct.keys()):
        raise RacedError
    if read - locked:
        tx.accounts.prefetch(_ACCOUNTS, sorted(read - locked))
    _prefetch_keys(tx, touched)


def _named(tx: SqlTransaction, users: Sequence[Who]) -> dict[str, int]:
    """The ids of those that are given by name, where there is such an account."""
    names = {folded(user) for user in users if isinstance(user, str) and "\x00" not in user}
    return tx.accounts.ids_named(sorted(names)) if names else {}


def _ids(named: dict[str, int], users: Sequence[Who]) -> set[int]:
    found = (named.get(folded(user)) if isinstance(user, str) else user for user in users)
    return {user for user in found if user is not None and 0 < user <= LARGEST_ID}


def _pairs(named: dict[str, int], pairs: Sequence[tuple[int, Who]]) -> set[Pair]:
    """These pairs of users, by the ids of both, the lower first."""
    return {(min(one, other), max(one, other)) for one, to in pairs for other in _ids(named, [to])}


def _direct_rooms(tx: SqlTransaction, pairs: Collection[Pair]) -> dict[Pair, int]:
    """The direct rooms that exist, by their pair of users."""
    if not pairs:
        return {}
    lows, highs = [low for low, _ in pairs], [high for _, high in pairs]
    return {(row[0], row[1]): row[2] for row in tx.executor.all(_DIRECT_ROOMS, {"lows": lows, "highs": highs})}


def prefetch_keys(tx: SqlTransaction, commands: Sequence[Command[Any]]) -> None:
    """Read which of the commands' idempotency keys exist."""
    _prefetch_keys(tx, [command.touches() for command in commands])


def _prefetch_keys(tx: SqlTransaction, touched: Sequence[Touches]) -> None:
    keys = [each.key for each in touched if each.key is not None]
    if keys:
        tx.messages.prefetch_keys(keys)
