"""Members of rooms in memory."""

from collections.abc import Sequence

from hubbub.chat.records import MemberRecord, RoomRecord
from hubbub.chat.shapes import Rank
from hubbub.store.memory.tables import Tables


class MemoryMembers:
    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    def get(self, room: int, user: int) -> MemberRecord | None:
        return self._tables.members[room].get(user)

    def page(self, room: int, after: int, limit: int) -> list[MemberRecord]:
        present = (member for member in self._tables.members[room].values() if member.rank is not None)
        found = [member for member in present if member.user > after]
        return sorted(found, key=lambda member: member.user)[:limit]

    def among(self, room: int, users: Sequence[int]) -> set[int]:
        seats = self._tables.members[room]
        return {user for user in users if user in seats and seats[user].rank is not None}

    def longest(self, room: int, rank: Rank, but: int) -> MemberRecord | None:
        found = [member for member in self._tables.members[room].values() if member.rank == rank and member.user != but]
        return min(found, key=lambda member: (member.joined_at, member.user), default=None)

    def of(self, user: int) -> list[MemberRecord]:
        return [member for member in self._tables.rooms_of[user].values() if member.rank is not None]

    def rooms_of(self, user: int) -> list[int]:
        return [member.room for member in self.of(user)]

    def since(self, room: int, version: int, limit: int) -> list[MemberRecord]:
        found = [member for member in self._tables.members[room].values() if member.version > version]
        return sorted(found, key=lambda member: member.version)[:limit]

    def joined_since(self, users: Sequence[int], at: int) -> list[MemberRecord]:
        members = (member for user in users for member in self._tables.rooms_of[user].values())
        return [member for member in members if member.rank is not None and member.joined_at > at]

    def private_rooms_of(self, user: int) -> int:
        rooms = (self._tables.rooms[member.room] for member in self.of(user))
        return sum(room.kind == "private" and room.created_by == user and room.deleted_at is None for room in rooms)

    def save(self, member: MemberRecord) -> None:
        self._tables.members[member.room][member.user] = member
        self._tables.rooms_of[member.user][member.room] = member

    def unread_of(self, user: int) -> dict[int, tuple[int, int]]:
        found = {}
        for member in self.of(user):
            after = self._tables.messages[member.room][member.read_seq :]
            counted = [message for message in after if not message.deleted and not message.is_thread_only]
            found[member.room] = (len(after) - len(counted), sum(user in message.mentions for message in counted))
        return found

    def unread(self, member: MemberRecord, room: RoomRecord) -> tuple[int, int]:
        after = self._tables.messages[member.room][member.read_seq : room.seq]
        counted = [message for message in after if not message.deleted and not message.is_thread_only]
        return len(counted), sum(member.user in message.mentions for message in counted)

    def count_since(self, room: int, version: int, most: int) -> int:
        return min(most, sum(member.version > version for member in self._tables.members[room].values()))

    def purge(self, room: int, limit: int) -> int:
        gone = self._tables.members.pop(room, {})
        for user in gone:
            self._tables.rooms_of[user].pop(room, None)
        return len(gone)
