"""Reading ahead: what a batch of commands will ask for, in a few questions.

On a database at the other end of a line all of it; on SQLite, where most of it is known, the keys.

Commands name what they are about in the same words: `actor`, `room`, `key`. What is not foreseen here is asked for when
it is needed. Rooms are locked in ascending order, so that servers that share a database do not wait for each other in a
circle; nothing else of a room needs a lock, as who changes it asks for the room first.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import text

from hubbub.chat.ledger import Command
from hubbub.chat.messages import PostMessage
from hubbub.chat.receipts import MarkDelivered
from hubbub.store.sql.account_rows import account_columns
from hubbub.store.sql.ledger import SqlLedger
from hubbub.store.sql.room_rows import member_columns, room_columns
from hubbub.store.sql.transaction import Statement

_ROOMS = Statement(
    room_columns.where(text("rooms.id = ANY(CAST(:rooms AS bigint[]))")).order_by(text("rooms.id")).with_for_update()
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


def read_ahead(ledger: SqlLedger, commands: Sequence[Command[Any]]) -> None:
    """Fill the ledger with what the commands will most likely ask for."""
    seats: set[tuple[int, int]] = set()
    themselves: set[int] = set()
    for command in commands:
        if isinstance(command, MarkDelivered):
            seats.update(command.marks)
            continue
        actor, room = getattr(command, "actor", None), getattr(command, "room", None)
        if not isinstance(actor, int):
            continue
        if not isinstance(room, int):
            # It may be about the account itself, which then has to be locked when it is read.
            themselves.add(actor)
            continue
        seats.add((room, actor))
    if seats:
        ledger.foresee_rooms(_ROOMS, sorted({room for room, _ in seats}))
        ledger.foresee_members(_MEMBERS, sorted(seats))
        ledger.foresee_accounts(_ACCOUNTS, sorted({actor for _, actor in seats} - themselves))
    read_keys_ahead(ledger, commands)


def read_keys_ahead(ledger: SqlLedger, commands: Sequence[Command[Any]]) -> None:
    """See which of the keys that messages come with are known."""
    posts = [command for command in commands if isinstance(command, PostMessage)]
    keys = [(post.room, post.actor, post.key) for post in posts if post.room is not None and post.key is not None]
    if keys:
        ledger.foresee_keys(keys)
