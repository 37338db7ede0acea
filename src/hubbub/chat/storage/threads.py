"""Threads: replies to a message, counted, and how far those who follow a thread have read it."""

from collections.abc import Sequence
from typing import Protocol

from msgspec import Struct

from hubbub.chat.records import FollowRecord, ThreadRecord
from hubbub.chat.shapes import Thread

Activity = tuple[int, int, int]
"""A place in the list of threads: the time of the last reply (ms), the room, and that reply."""


class Followed(Struct, frozen=True):
    """A thread that a user follows, with the unread replies in it, and those of them that mention the user."""

    follow: FollowRecord
    activity: Activity
    unread: int
    mentions: int


class ThreadReads(Protocol):
    def get(self, room: int, root: int) -> ThreadRecord | None: ...

    def summaries(self, room: int, roots: Sequence[int]) -> dict[int, Thread]:
        """The counts of these messages' threads, by root, where there are replies; one query."""

    def counted(self, room: int, root: int, seq: int) -> int:
        """How many replies there are in a thread up to a `seq`, deleted ones too."""

    def counted_in_room(self, room: int, seq: int) -> int:
        """How many messages up to a `seq` are shown in their threads only."""

    def follow(self, room: int, root: int, user: int) -> FollowRecord | None: ...

    def follows(self, room: int, root: int, users: Sequence[int]) -> dict[int, FollowRecord]:
        """The records of these users, where there is one; one query."""

    def unread(self, follow: FollowRecord) -> tuple[int, int]:
        """How many replies the user has not read, and how many of them mention the user."""

    def followed(self, user: int, unread: bool, before: Activity | None, limit: int) -> list[Followed]:
        """The threads with replies that the user follows, the latest activity first, below a place in that order.

        `unread`: only those with unread replies. Without those of deleted rooms.
        """

    def count_unread(self, user: int, most: int) -> int:
        """How many threads `followed` has with unread replies; it stops counting at `most`."""


class Threads(ThreadReads, Protocol):
    def save(self, thread: ThreadRecord) -> None: ...

    def save_follow(self, follow: FollowRecord) -> None: ...

    def drop_follows(self, room: int, user: int) -> None:
        """Erase what a user follows in a room."""
