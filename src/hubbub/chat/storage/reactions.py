"""Reactions to messages. They are read as part of the message."""

from typing import Protocol

from hubbub.chat.shapes import Message


class Reactions(Protocol):
    def add(self, message: Message, user: int, emoji: str) -> None: ...

    def drop(self, message: Message, user: int, emoji: str) -> None: ...
