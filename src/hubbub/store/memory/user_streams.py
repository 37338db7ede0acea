"""User streams in memory."""

from bisect import bisect_right
from collections.abc import Sequence

from hubbub.chat.events import UserCommitted
from hubbub.chat.records import StreamEntry
from hubbub.chat.stream_shapes import ActivityKind, EntryKind
from hubbub.store.memory.tables import Tables


class MemoryUserStreams:
    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    def head(self, user: int) -> int:
        stream = self._tables.user_streams[user]
        return stream[-1].position if stream else 0

    def heads(self, users: Sequence[int]) -> dict[int, int]:
        return {user: self.head(user) for user in users}

    def page(self, user: int, after: int, limit: int, kind: EntryKind | None = None) -> list[StreamEntry]:
        stream = self._tables.user_streams[user]
        begin = bisect_right(stream, after, key=lambda entry: entry.position)
        return [entry for entry in stream[begin:] if kind in (None, entry.kind)][:limit]

    def latest(self, user: int, kind: ActivityKind, before: int | None, limit: int) -> list[StreamEntry]:
        found = [one for one in reversed(self._tables.user_streams[user]) if one.kind == kind]
        return [one for one in found if before is None or one.position < before][:limit]

    def add(self, committed: UserCommitted, version: int = 0, is_new: bool = False) -> None:
        user, kind, room, seq = committed.user, committed.kind, committed.room, committed.seq
        committed.position = self.head(user) + 1
        stream = self._tables.user_streams[user]
        if not is_new:
            stream[:] = [one for one in stream if (one.kind, one.room, one.seq) != (kind, room, seq)]
        stream.append(StreamEntry(committed.position, kind, room, seq, version))

    def purge(self, room: int, limit: int) -> int:
        left = limit
        for stream in self._tables.user_streams.values():
            gone = {entry.position for entry in stream[:-1] if entry.room == room}
            gone = set(sorted(gone)[:left])
            stream[:] = [entry for entry in stream if entry.position not in gone]
            left -= len(gone)
        return limit - left
