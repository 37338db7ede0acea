"""Reactions to messages in SQL."""

from collections.abc import Sequence

import msgspec
from sqlalchemy import bindparam, delete, insert, select

from hubbub.chat.reaction_counts import USERS_SENT
from hubbub.chat.shapes import Message, Reaction
from hubbub.store.sql.schema import reactions
from hubbub.store.sql.statement import Executor, Statement, ids, one_of

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


_of_emoji = (
    reactions.c.room_id == bindparam("room"),
    reactions.c.seq == bindparam("seq"),
    reactions.c.emoji == bindparam("emoji"),
)
OWN = one_of(
    select(reactions.c.seq, reactions.c.emoji).where(
        reactions.c.room_id == bindparam("room"), reactions.c.user_id == bindparam("user")
    ),
    reactions.c.seq,
)
USERS = Statement(
    select(reactions.c.user_id)
    .where(*_of_emoji, reactions.c.user_id > bindparam("after"))
    .order_by(reactions.c.user_id)
    .limit(bindparam("most"))
)
FIRST_USERS = Statement(
    select(reactions.c.user_id).where(*_of_emoji).order_by(reactions.c.version).limit(bindparam("most"))
)
CLEAR = Statement(
    delete(reactions).where(reactions.c.room_id == bindparam("room"), reactions.c.seq == bindparam("seq"))
)


def counts_text(message: Message) -> str | None:
    """The reactions to a message as they are kept in its row, with its version: a server of a release without this
    column changes the version and not the column, and then the reactions are read and counted."""
    if not message.reactions:
        return None
    counts = [(reaction.emoji, reaction.users, reaction.count) for reaction in message.reactions]
    return msgspec.json.encode((message.version, counts)).decode()


def counted(text: str | None, version: int) -> list[Reaction] | None:
    """What `counts_text` wrote, if the message has not been changed since."""
    if text is None:
        return None
    known, counts = msgspec.json.decode(text, type=tuple[int, list[tuple[str, list[int], int]]])
    return [Reaction(*each) for each in counts] if known == version else None


class SqlReactions:
    """Reactions within a transaction."""

    def __init__(self, tx: Executor) -> None:
        self._tx = tx

    def of(self, room: int, seqs: Sequence[int]) -> dict[int, list[Reaction]]:
        """The reactions to these messages, by `seq`; one query. Reads all of them: see `counts_text`."""
        found: dict[int, dict[str, list[int]]] = {seq: {} for seq in seqs}
        if seqs:
            for seq, emoji, user in self._tx.all(REACTIONS, {"room": room, "first": min(seqs), "last": max(seqs)}):
                if seq in found:
                    found[seq].setdefault(emoji, []).append(user)
        return {
            seq: [Reaction(emoji, users[:USERS_SENT], len(users)) for emoji, users in of.items()]
            for seq, of in found.items()
        }

    def own(self, room: int, seqs: Sequence[int], user: int) -> set[tuple[int, str]]:
        return {tuple(row) for row in self._tx.all(OWN, {"room": room, "user": user, "ids": ids(seqs)})}

    def page(self, room: int, seq: int, emoji: str, after: int, limit: int) -> list[int]:
        place = {"room": room, "seq": seq, "emoji": emoji}
        return [row[0] for row in self._tx.all(USERS, {**place, "after": after, "most": limit})]

    def first(self, message: Message, emoji: str, limit: int) -> list[int]:
        place = {"room": message.room, "seq": message.seq, "emoji": emoji}
        return [row[0] for row in self._tx.all(FIRST_USERS, {**place, "most": limit})]

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

    def clear(self, message: Message) -> None:
        if message.reactions:
            self._tx.run(CLEAR, {"room": message.room, "seq": message.seq})
