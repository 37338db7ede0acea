"""Reactions to messages in SQL."""

from collections.abc import Sequence

from sqlalchemy import bindparam, delete, insert, select

from hubbub.chat.shapes import Message
from hubbub.store.sql.schema import reactions
from hubbub.store.sql.statement import Executor, Statement

REACTIONS = Statement(
    select(reactions.c.seq, reactions.c.emoji, reactions.c.user_id)
    .where(
        reactions.c.room_id == bindparam("room"),
        reactions.c.seq >= bindparam("first"),
        reactions.c.seq <= bindparam("last"),
    )
    .order_by(reactions.c.version)
)
ADD_REACTION = Statement(insert(reactions))
DROP_REACTION = Statement(
    delete(reactions).where(
        reactions.c.room_id == bindparam("room"),
        reactions.c.seq == bindparam("seq"),
        reactions.c.emoji == bindparam("emoji"),
        reactions.c.user_id == bindparam("user"),
    )
)


class SqlReactions:
    """Reactions within a transaction."""

    def __init__(self, tx: Executor) -> None:
        self._tx = tx

    def of(self, room: int, seqs: Sequence[int]) -> dict[int, dict[str, list[int]]]:
        """The users who reacted to these messages, by `seq` and emoji, in the order of their reactions; one query."""
        found: dict[int, dict[str, list[int]]] = {seq: {} for seq in seqs}
        if seqs:
            for seq, emoji, user in self._tx.all(REACTIONS, {"room": room, "first": min(seqs), "last": max(seqs)}):
                if seq in found:
                    found[seq].setdefault(emoji, []).append(user)
        return found

    def add(self, message: Message, user: int, emoji: str) -> None:
        self._tx.run(
            ADD_REACTION,
            {
                "room_id": message.room,
                "seq": message.seq,
                "emoji": emoji,
                "user_id": user,
                "version": message.version,
            },
        )

    def drop(self, message: Message, user: int, emoji: str) -> None:
        self._tx.run(DROP_REACTION, {"room": message.room, "seq": message.seq, "emoji": emoji, "user": user})
