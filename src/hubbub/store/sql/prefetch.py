"""Prefetch: reads in a few queries what a batch of commands will need.

On PostgreSQL everything; on SQLite, where most is in the identity map, only idempotency keys. Commands name what they
concern by the same fields: `actor`, `room`, `to`, `key`. What is not prefetched is read when needed.

Servers that share a database lock rows in one order, so there is no deadlock: rooms by ascending id, then accounts to
be changed by ascending id, then, after everything is written, inboxes by ascending user. Nothing else of a room needs a
lock, as whoever changes it reads the room first.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select, text

from hubbub.chat.accounts import (
    ChangePassword,
    ChangeProfile,
    ChooseStatus,
    CloseAccount,
    SeenLast,
    SetPassword,
    SetPicture,
)
from hubbub.chat.messages import PostMessage
from hubbub.chat.receipts import MarkDelivered
from hubbub.chat.text import folded
from hubbub.chat.transaction import Command
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
_ACCOUNTS_TO_CHANGE = Statement(
    account_columns.where(text("users.id = ANY(CAST(:users AS bigint[]))")).order_by(text("users.id")).with_for_update()
)
_CHANGE_THEMSELVES = (ChangePassword, ChangeProfile, ChooseStatus, CloseAccount, SetPassword, SetPicture)

Pair = tuple[int, int]


def read_ahead(tx: SqlTransaction, commands: Sequence[Command[Any]]) -> None:
    """Read what the commands will most likely need, and lock what they will change."""
    seats: set[tuple[int, int]] = set()
    rooms: set[int] = set()
    changed: set[int] = set()
    themselves: set[int] = set()
    letters: list[PostMessage] = []
    leaving: list[int] = []
    for command in commands:
        if isinstance(command, MarkDelivered):
            seats.update(command.marks)
            continue
        if isinstance(command, SeenLast):
            changed.update(command.at)
            continue
        actor, room = getattr(command, "actor", None), getattr(command, "room", None)
        if not isinstance(actor, int):
            continue
        if isinstance(command, _CHANGE_THEMSELVES):
            changed.add(actor)
            if isinstance(command, CloseAccount):
                leaving.append(actor)
        elif isinstance(room, int):
            seats.add((room, actor))
        elif isinstance(command, PostMessage):
            letters.append(command)
        else:
            # What they ask of the account must hold until the end: it is locked when it is read.
            themselves.add(actor)
    if letters:
        known = _direct_rooms(tx, letters)
        rooms.update(known.values())
        seats.update((room, user) for pair, room in known.items() for user in pair)
    if leaving:
        rooms.update(row[0] for row in tx.executor.all(_ROOMS_OF, {"users": leaving}))
    rooms.update(room for room, _ in seats)
    if rooms:
        tx.rooms.prefetch(_ROOMS, sorted(rooms))
    if seats:
        tx.members.prefetch(_MEMBERS, sorted(seats))
    if changed:
        tx.accounts.prefetch_to_change(_ACCOUNTS_TO_CHANGE, sorted(changed))
    seen = {actor for _, actor in seats} - themselves - changed
    if seen:
        tx.accounts.prefetch(_ACCOUNTS, sorted(seen))
    read_keys_ahead(tx, commands)


def _direct_rooms(tx: SqlTransaction, letters: Sequence[PostMessage]) -> dict[Pair, int]:
    """The existing direct rooms of those who write to a user, by the pair, ascending."""
    names = {folded(letter.to) for letter in letters if isinstance(letter.to, str) and "\x00" not in letter.to}
    named = tx.accounts.ids_named(sorted(names)) if names else {}
    pairs: set[Pair] = set()
    for letter in letters:
        to = named.get(folded(letter.to)) if isinstance(letter.to, str) else letter.to
        if to is not None:
            pairs.add((min(letter.actor, to), max(letter.actor, to)))
    lows, highs = [low for low, _ in pairs], [high for _, high in pairs]
    return {(row[0], row[1]): row[2] for row in tx.executor.all(_DIRECT_ROOMS, {"lows": lows, "highs": highs})}


def read_keys_ahead(tx: SqlTransaction, commands: Sequence[Command[Any]]) -> None:
    """Read which of the messages' idempotency keys exist."""
    posts = [command for command in commands if isinstance(command, PostMessage)]
    keys = [(post.room, post.actor, post.key) for post in posts if post.room is not None and post.key is not None]
    if keys:
        tx.messages.prefetch_keys(keys)
