"""Reactions to messages in memory."""

from hubbub.chat.shapes import Message


class MemoryReactions:
    def add(self, message: Message, user: int, emoji: str) -> None:
        """Nothing beside the message itself."""

    def drop(self, message: Message, user: int, emoji: str) -> None:
        """Nothing beside the message itself."""
