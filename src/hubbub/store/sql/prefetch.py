"""Locks what a batch of commands declares (`Touches`), and reads it in a few queries.

Servers that share a database lock rows in one order, so that they do not deadlock: rooms by ascending id, then accounts
by ascending id, then, after everything is written, inboxes by ascending user. Nothing else of a room needs a lock, as
whoever changes it reads the room first. What is not prefetched is read when it is needed.

SQLite has one writer and most of this in its identity map: there only idempotency keys are prefetched.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select, text

from hubbub.chat.requests import Who
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


def prefetch(tx: SqlTransaction, commands: Sequence[Command[Any]]) -> None:
    """Lock and read what the commands declare."""
    touched = [command.touches() for command in commands]
    direct = _direct_rooms(tx, [pair for each in touched for pair in each.direct])
    members = {member for each in touched for member in each.members}
    members.update((room, user) for pair, room in direct.items() for user in pair)
    rooms = {room for each in touched for room in each.rooms} | {room for room, _ in members}
    leaving = [user for each in touched for user in each.rooms_of]
    if leaving:
        rooms.update(row[0] for row in tx.executor.all(_ROOMS_OF, {"users": leaving}))
    locked = {user for each in touched for user in (*each.changed, *each.kept)}
    read = {user for each in touched for _, user in each.members} | {user for pair in direct for user in pair}
    if rooms:
        tx.rooms.prefetch(_ROOMS, sorted(rooms))
    if members:
        tx.members.prefetch(_MEMBERS, sorted(members))
    if locked:
        tx.accounts.prefetch_to_change(_ACCOUNTS_TO_LOCK, sorted(locked))
    if read - locked:
        tx.accounts.prefetch(_ACCOUNTS, sorted(read - locked))
    _prefetch_keys(tx, touched)


def _direct_rooms(tx: SqlTransaction, pairs: Sequence[tuple[int, Who]]) -> dict[Pair, int]:
    """The existing direct rooms of these pairs of users, by the ids of both, the lower first."""
    if not pairs:
        return {}
    names = {folded(to) for _, to in pairs if isinstance(to, str) and "\x00" not in to}
    named = tx.accounts.ids_named(sorted(names)) if names else {}
    wanted: set[Pair] = set()
    for one, to in pairs:
        other = named.get(folded(to)) if isinstance(to, str) else to
        if other is not None:
            wanted.add((min(one, other), max(one, other)))
    lows, highs = [low for low, _ in wanted], [high for _, high in wanted]
    return {(row[0], row[1]): row[2] for row in tx.executor.all(_DIRECT_ROOMS, {"lows": lows, "highs": highs})}


def prefetch_keys(tx: SqlTransaction, commands: Sequence[Command[Any]]) -> None:
    """Read which of the commands' idempotency keys exist."""
    _prefetch_keys(tx, [command.touches() for command in commands])


def _prefetch_keys(tx: SqlTransaction, touched: Sequence[Touches]) -> None:
    keys = [each.key for each in touched if each.key is not None]
    if keys:
        tx.messages.prefetch_keys(keys)
