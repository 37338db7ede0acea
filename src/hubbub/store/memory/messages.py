"""Messages in memory."""

from copy import copy

from hubbub.chat.records import MessageRecord
from hubbub.chat.shapes import Message
from hubbub.store.memory.tables import Tables


class MemoryMessages:
    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    def get(self, room: int, seq: int) -> Message | None:
        messages = self._tables.messages[room]
        return messages[seq - 1] if 0 < seq <= len(messages) else None

    def page(self, room: int, first: int, last: int, limit: int, newest: bool, in_room: bool = False) -> list[Message]:
        found = self._tables.messages[room][max(first - 1, 0) : max(last, 0)]
        if in_room:
            found = [message for message in found if not message.is_thread_only]
        return [self._copy(message) for message in (found[-limit:] if newest else found[:limit])]

    def in_thread(self, room: int, root: int, first: int, last: int, limit: int, newest: bool) -> list[Message]:
        within = self._tables.messages[room][max(first - 1, 0) : max(last, 0)]
        found = [message for message in within if message.root == root]
        return [self._copy(message) for message in (found[-limit:] if newest else found[:limit])]

    def replies(self, room: int, seq: int, after: int, limit: int) -> list[Message]:
        later = self._tables.messages[room][max(seq, after) :]
        return [self._copy(message) for message in later if message.reply_to == seq][:limit]

    def since(self, room: int, version: int, limit: int) -> list[Message]:
        found = [message for message in self._tables.messages[room] if message.version > version]
        return [self._copy(message) for message in sorted(found, key=lambda message: message.version)[:limit]]

    def count_since(self, room: int, version: int, most: int) -> int:
        return min(most, sum(message.version > version for message in self._tables.messages[room]))

    def keyed(self, room: int, sender: int, key: str) -> Message | None:
        seq = self._tables.keys.get((room, sender, key))
        return None if seq is None else self._tables.messages[room][seq - 1]

    def source(self, room: int, seq: int) -> tuple[int, int] | None:
        return self._tables.sources.get((room, seq))

    def add(self, record: MessageRecord) -> None:
        message = record.message
        self._tables.messages[message.room].append(message)
        if record.key is not None:
            self._tables.keys[message.room, message.sender.id, record.key] = message.seq
        if record.source is not None:
            self._tables.sources[message.room, message.seq] = record.source

    def save(self, message: Message) -> None:
        self._tables.messages[message.room][message.seq - 1] = message

    def save_root(self, message: Message) -> None:
        """Nothing: its counts are kept with it."""

    def purge(self, room: int, limit: int) -> int:
        gone = self._tables.messages.pop(room, [])
        for place in [place for place in self._tables.reactions if place[0] == room]:
            del self._tables.reactions[place]
        for source in [place for place in self._tables.sources if place[0] == room]:
            del self._tables.sources[source]
        for pin in [place for place in self._tables.pins if place[0] == room]:
            del self._tables.pins[pin]
        for thread in [place for place in self._tables.threads if place[0] == room]:
            del self._tables.threads[thread]
        for follow in [place for place in self._tables.follows if place[0] == room]:
            del self._tables.follows[follow]
        return len(gone)

    def _copy(self, message: Message) -> Message:
        """For reading: it does not change later, and bears its sender's present name."""
        fresh = copy(message)
        fresh.sender = self._tables.accounts[message.sender.id].sender()
        return fresh
