"""What of a message's reactions travels with it: the number, the first users, and the reader's own.

In a large room thousands react to one message. Its events are one object for all readers, so whether the reader is
among those beyond the first is added where a single user asks.
"""

from collections.abc import Iterable
from typing import TypeVar

import msgspec

from hubbub.chat.shapes import Message, Reaction
from hubbub.chat.transaction import Snapshot

USERS_SENT = 20
"""How many user ids of each emoji travel with a message."""

AnyMessage = TypeVar("AnyMessage", bound=Message)


def with_own(snapshot: Snapshot, messages: Iterable[AnyMessage], user: int) -> list[AnyMessage]:
    """The messages of one room, as this user sees them: their own reactions are among `users`. Leaves the given ones
    unchanged."""
    messages = list(messages)
    partial = [message for message in messages if any(is_partial(reaction) for reaction in message.reactions)]
    if not partial:
        return messages
    own = snapshot.reactions.own(partial[0].room, [message.seq for message in partial], user)
    return [_with(message, own, user) if message.reactions else message for message in messages]


def is_partial(reaction: Reaction) -> bool:
    """Whether more users reacted than are named."""
    return reaction.count > len(reaction.users)


def _with(message: AnyMessage, own: set[tuple[int, str]], user: int) -> AnyMessage:
    reactions = []
    for reaction in message.reactions:
        if is_partial(reaction):
            mine = (message.seq, reaction.emoji) in own
            users = [*reaction.users, user] if mine and user not in reaction.users else reaction.users
            reactions.append(Reaction(reaction.emoji, users, reaction.count, mine))
        else:
            reactions.append(reaction)
    return msgspec.structs.replace(message, reactions=reactions)
