"""User streams: what changed for a user, numbered for each user."""

from collections.abc import Sequence
from typing import Protocol

from hubbub.chat.events import UserCommitted
from hubbub.chat.records import StreamEntry
from hubbub.chat.stream_shapes import ActivityKind, EntryKind


class UserStreamReads(Protocol):
    def head(self, user: int) -> int:
        """The position of the newest entry; 0 for an empty stream."""

    def heads(self, users: Sequence[int]) -> dict[int, int]:
        """The same for many users, 0 or nothing for those whose stream is empty; one query."""

    def page(self, user: int, after: int, limit: int, kind: EntryKind | None = None) -> list[StreamEntry]:
        """Entries above a position, ascending, those of one kind if it is given."""

    def latest(self, user: int, kind: ActivityKind, before: int | None, limit: int) -> list[StreamEntry]:
        """Entries of one kind, descending, below a position if it is given."""


class UserStreams(UserStreamReads, Protocol):
    def add(self, committed: UserCommitted, version: int = 0, is_new: bool = False) -> None:
        """Add an entry in place of the one of the same user, kind, room and seq. `is_new`: there is none.

        `committed.position` is 0 until the transaction is flushed. `version` is that of the message.
        """

    def purge(self, room: int, limit: int) -> int:
        """Remove entries that refer to the room, `limit` at most; returns how many.

        The newest entry of a user stays, so that its position is not given out again.
        """
