"""Reactions: one standard emoji, once per user and message."""

from typing import Literal

import emoji as emoji_data
from msgspec import Struct

from hubbub.chat import user_stream
from hubbub.chat.access import require_in
from hubbub.chat.events import MessageEvent, ReactionEvent, RoomCommitted
from hubbub.chat.history import find
from hubbub.chat.limits import Limits
from hubbub.chat.permissions import Action
from hubbub.chat.reaction_counts import USERS_SENT, is_partial, with_own
from hubbub.chat.shapes import Message, Reaction, User
from hubbub.chat.transaction import Outcome, Snapshot, Touches, Transaction
from hubbub.errors import InvalidInput, LimitExceeded

_NONE = Reaction("", [])


class React(Struct, frozen=True):
    """Add or remove a reaction. Idempotent."""

    actor: int
    room: int
    seq: int
    emoji: str
    op: Literal["add", "remove"]
    limits: Limits

    def touches(self) -> Touches:
        return Touches(members=((self.room, self.actor),))

    def decide(self, tx: Transaction) -> Outcome[Message]:
        emoji = real_emoji(self.emoji)
        room, _ = require_in(tx, self.room, self.actor, Action.REACT)
        message = find(tx, room.id, self.seq)
        known = next((reaction for reaction in message.reactions if reaction.emoji == emoji), _NONE)
        if self._is_in(tx, known) == (self.op == "add"):
            return Outcome(self._seen(tx, message))
        if not known.count and len(message.reactions) >= self.limits.reactions_per_message:
            raise LimitExceeded(
                f"A message takes {self.limits.reactions_per_message} different reactions at the most.",
                reason="too_many_reactions",
            )
        room.version += 1
        message.version = room.version
        # New lists, as events of the same batch refer to the old ones.
        if self.op == "add":
            tx.reactions.add(message, self.actor, emoji)
            users = known.users if len(known.users) >= USERS_SENT else [*known.users, self.actor]
            fresh = Reaction(emoji, users, known.count + 1)
        else:
            tx.reactions.drop(message, self.actor, emoji)
            users = [user for user in known.users if user != self.actor]
            if len(users) < min(USERS_SENT, known.count - 1):
                users = tx.reactions.first(message, emoji, USERS_SENT)
            fresh = Reaction(emoji, users, known.count - 1)
        replaced = [fresh if reaction is known else reaction for reaction in message.reactions]
        if known is _NONE:
            replaced.append(fresh)
        message.reactions = [reaction for reaction in replaced if reaction.count]
        tx.messages.save(message)
        tx.rooms.save(room)
        event = ReactionEvent(room.id, self.seq, room.version, self.actor, emoji, self.op)
        entries = user_stream.of_message(tx, room, message, event)
        if self.op == "add":
            entries += user_stream.of_reaction(tx, message, self.actor)
        return Outcome(self._seen(tx, message), [RoomCommitted(room.id, room.version, event), *entries])

    def _is_in(self, tx: Transaction, known: Reaction) -> bool:
        if self.actor in known.users or not is_partial(known):
            return self.actor in known.users
        return (self.seq, known.emoji) in tx.reactions.own(self.room, [self.seq], self.actor)

    def _seen(self, tx: Transaction, message: Message) -> Message:
        return with_own(tx, [MessageEvent.of(message)], self.actor)[0]


class Reactors(Struct, frozen=True):
    """Who reacted to a message with an emoji, by ascending user id, from `after` on."""

    actor: int
    room: int
    seq: int
    emoji: str
    after: int
    limit: int

    def answer(self, snapshot: Snapshot) -> list[User]:
        emoji = real_emoji(self.emoji)
        room, _ = require_in(snapshot, self.room, self.actor, Action.READ)
        find(snapshot, room.id, self.seq)
        users = snapshot.reactions.page(room.id, self.seq, emoji, self.after, self.limit)
        accounts = snapshot.accounts.many(users)
        return [accounts[user].user() for user in users if user in accounts]


_QUALIFIED = {
    emoji.replace("\ufe0f", ""): emoji
    for emoji, facts in emoji_data.EMOJI_DATA.items()
    if facts["status"] <= emoji_data.STATUS["fully_qualified"]
}
"""Fully qualified emoji, by their form without U+FE0F (Unicode TR 51, ED-18a)."""


def real_emoji(text: str, field: str = "emoji") -> str:
    """The fully qualified form of an emoji, in which it is stored: ❤ and ❤️ are one reaction, and so are 👍 and 👍️.

    Raises InvalidInput.
    """
    found = _QUALIFIED.get(text.replace("\ufe0f", ""))
    if found is None:
        raise InvalidInput("must be exactly one emoji", field, "bad_format")
    return found
