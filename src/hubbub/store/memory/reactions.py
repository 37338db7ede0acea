"""Reactions to messages in memory."""

from collections.abc import Sequence

from hubbub.chat.shapes import Message
from hubbub.store.memory.tables import Tables


class MemoryReactions:
    def __init__(self, tables: Tables) -> None:
        self._users = tables.reactions

    def own(self, room: int, seqs: Sequence[int], user: int) -> set[tuple[int, str]]:
        of_messages = ((seq, self._users[room, seq]) for seq in seqs)
        return {(seq, emoji) for seq, users in of_messages for emoji in users if user in users[emoji]}

    def page(self, room: int, seq: int, emoji: str, after: int, limit: int) -> list[int]:
        return sorted(user for user in self._users[room, seq].get(emoji, []) if user > after)[:limit]

    def first(self, message: Message, emoji: str, limit: int) -> list[int]:
        return self._users[message.room, message.seq].get(emoji, [])[:limit]

    def add(self, message: Message, user: int, emoji: str) -> None:
        self._users[message.room, message.seq].setdefault(emoji, []).append(user)

    def drop(self, message: Message, user: int, emoji: str) -> None:
        self._users[message.room, message.seq][emoji].remove(user)

    def clear(self, message: Message) -> None:
        self._users.pop((message.room, message.seq), None)
