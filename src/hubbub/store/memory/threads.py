"""Threads in memory."""

from collections.abc import Sequence

from hubbub.chat.records import FollowRecord, ThreadRecord
from hubbub.chat.shapes import Message, Thread
from hubbub.chat.storage.threads import Activity, Followed
from hubbub.store.memory.tables import Tables


class MemoryThreads:
    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    def get(self, room: int, root: int) -> ThreadRecord | None:
        return self._tables.threads.get((room, root))

    def summaries(self, room: int, roots: Sequence[int]) -> dict[int, Thread]:
        messages = self._tables.messages[room]
        found = ((root, messages[root - 1].thread) for root in roots if (room, root) in self._tables.threads)
        return {root: thread for root, thread in found if thread is not None}

    def counted(self, room: int, root: int, seq: int) -> int:
        return sum(message.root == root for message in self._tables.messages[room][:seq])

    def counted_in_room(self, room: int, seq: int) -> int:
        return sum(message.is_thread_only for message in self._tables.messages[room][:seq])

    def follow(self, room: int, root: int, user: int) -> FollowRecord | None:
        return self._tables.follows.get((room, root, user))

    def follows(self, room: int, root: int, users: Sequence[int]) -> dict[int, FollowRecord]:
        found = ((user, self.follow(room, root, user)) for user in users)
        return {user: follow for user, follow in found if follow is not None}

    def unread(self, follow: FollowRecord) -> tuple[int, int]:
        unread = [message for message in self._replies(follow) if not message.deleted]
        return len(unread), sum(follow.user in message.mentions for message in unread)

    def followed(self, user: int, unread: bool, before: Activity | None, limit: int) -> list[Followed]:
        found = []
        for (room, root, who), follow in self._tables.follows.items():
            thread = self._tables.threads.get((room, root))
            if who != user or not follow.following or thread is None or self._tables.rooms[room].deleted_at is not None:
                continue
            place, counts = (thread.last_at, room, thread.last_seq), self.unread(follow)
            if (before is None or place < before) and (counts[0] or not unread):
                found.append(Followed(follow, place, *counts))
        return sorted(found, key=lambda one: one.activity, reverse=True)[:limit]

    def count_unread(self, user: int, most: int) -> int:
        return len(self.followed(user, True, None, most))

    def save(self, thread: ThreadRecord) -> None:
        self._tables.threads[thread.room, thread.root] = thread

    def save_follow(self, follow: FollowRecord) -> None:
        self._tables.follows[follow.room, follow.root, follow.user] = follow

    def drop_follows(self, room: int, user: int) -> None:
        for place in [place for place in self._tables.follows if place[0] == room and place[2] == user]:
            del self._tables.follows[place]

    def _replies(self, follow: FollowRecord) -> list[Message]:
        after = self._tables.messages[follow.room][follow.read_seq :]
        return [message for message in after if message.root == follow.root]
