"""Reactions: one standard emoji, once per user and message."""

from typing import Literal

import emoji as emoji_data
from msgspec import Struct

from hubbub.chat import inbox
from hubbub.chat.access import require_in
from hubbub.chat.events import MessageEvent, ReactionEvent, RoomCommitted
from hubbub.chat.limits import Limits
from hubbub.chat.messages import find
from hubbub.chat.permissions import Action
from hubbub.chat.shapes import Message, Reaction
from hubbub.chat.transaction import Outcome, Touches, Transaction
from hubbub.errors import InvalidInput, LimitExceeded


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
        users = next((reaction.users for reaction in message.reactions if reaction.emoji == emoji), [])
        if (self.actor in users) == (self.op == "add"):
            return Outcome(MessageEvent.of(message))
        if not users and len(message.reactions) >= self.limits.reactions_per_message:
            raise LimitExceeded(
                f"A message takes {self.limits.reactions_per_message} different reactions at the most.",
                reason="too_many_reactions",
            )
        room.version += 1
        message.version = room.version
        # New lists, as events of the same batch refer to the old ones.
        if self.op == "add":
            tx.reactions.add(message, self.actor, emoji)
            fresh = Reaction(emoji, [*users, self.actor])
            message.reactions = (
                [fresh if reaction.emoji == emoji else reaction for reaction in message.reactions]
                if users
                else [*message.reactions, fresh]
            )
        else:
            tx.reactions.drop(message, self.actor, emoji)
            rest = [user for user in users if user != self.actor]
            message.reactions = [
                Reaction(emoji, rest) if reaction.emoji == emoji else reaction
                for reaction in message.reactions
                if reaction.emoji != emoji or rest
            ]
        tx.messages.save(message)
        tx.rooms.save(room)
        event = ReactionEvent(room.id, self.seq, room.version, self.actor, emoji, self.op)
        arrival = inbox.note(tx, room, message)
        return Outcome(MessageEvent.of(message), [RoomCommitted(room.id, room.version, event, arrival=arrival)])


_QUALIFIED = {
    emoji.replace("\ufe0f", ""): emoji
    for emoji, facts in emoji_data.EMOJI_DATA.items()
    if facts["status"] <= emoji_data.STATUS["fully_qualified"]
}
"""Fully qualified emoji, by their form without U+FE0F (Unicode TR 51, ED-18a)."""


def real_emoji(text: str) -> str:
    """The fully qualified form of an emoji, in which it is stored: ❤ and ❤️ are one reaction, and so are 👍 and 👍️.

    Raises InvalidInput.
    """
    found = _QUALIFIED.get(text.replace("\ufe0f", ""))
    if found is None:
        raise InvalidInput("must be exactly one emoji", "emoji", "bad_format")
    return found
