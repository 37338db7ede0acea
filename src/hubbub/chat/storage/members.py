"""Members of rooms. Somebody who has left keeps a record, without a rank."""

from collections.abc import Sequence
from typing import Protocol

from hubbub.chat.records import MemberRecord, RoomRecord
from hubbub.chat.shapes import Rank


class MemberReads(Protocol):
    def get(self, room: int, user: int) -> MemberRecord | None: ...

    def page(self, room: int, after: int, limit: int) -> list[MemberRecord]:
        """The present members, by ascending user id above `after`."""

    def among(self, room: int, users: Sequence[int]) -> set[int]:
        """Which of the users are members; one query."""

    def longest(self, room: int, rank: Rank, but: int) -> MemberRecord | None:
        """The member of a rank who has been in the room for longest, other than the user `but`."""

    def of(self, user: int) -> list[MemberRecord]:
        """The user's memberships. In a transaction their rooms are locked, by ascending id."""

    def rooms_of(self, user: int) -> list[int]:
        """The ids of the user's rooms. Locks nothing."""

    def since(self, room: int, version: int, limit: int) -> list[MemberRecord]:
        """Records, of former members too, that changed after a version of the room, by ascending version."""

    def count_since(self, room: int, version: int, most: int) -> int:
        """How many records changed after a version of the room; counts up to `most`."""

    def joined_since(self, users: Sequence[int], at: int) -> list[MemberRecord]:
        """Present memberships of these users that began after a time (ms)."""

    def private_rooms_of(self, user: int) -> int:
        """How many private rooms the user has created and is a member of."""

    def unread(self, member: MemberRecord, room: RoomRecord) -> tuple[int, int]:
        """How many messages of the room the member has not read, and how many of them mention the member.

        Without those that are shown in their threads only.
        """

    def unread_of(self, user: int) -> dict[int, tuple[int, int]]:
        """For the user's rooms with either: how many messages after the read marker are not counted, being deleted or
        shown in their threads only, and how many of the others mention the user. Three queries, however many rooms."""


class Members(MemberReads, Protocol):
    def save(self, member: MemberRecord) -> None: ...

    def purge(self, room: int, limit: int) -> int:
        """Erase up to `limit` records; returns how many."""
