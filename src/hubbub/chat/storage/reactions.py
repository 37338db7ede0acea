"""Reactions to messages. They are read as part of the message."""

from collections.abc import Sequence
from typing import Protocol

from hubbub.chat.shapes import Message


class ReactionReads(Protocol):
    def own(self, room: int, seqs: Sequence[int], user: int) -> set[tuple[int, str]]:
        """The reactions (seq, emoji) of a user to these messages; one query."""

    def page(self, room: int, seq: int, emoji: str, after: int, limit: int) -> list[int]:
        """Users who reacted, by ascending id, above `after`."""


class Reactions(ReactionReads, Protocol):
    def first(self, message: Message, emoji: str, limit: int) -> list[int]:
        """The first users who reacted, in the order of their reactions."""

    def add(self, message: Message, user: int, emoji: str) -> None: ...

    def drop(self, message: Message, user: int, emoji: str) -> None: ...

    def clear(self, message: Message) -> None:
        """Drop all reactions to a message."""
