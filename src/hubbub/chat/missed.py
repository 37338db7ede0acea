"""Queries of servers that share a database, for events that were lost on the bus between them."""

from typing import Generic, TypeVar

from msgspec import Struct
from msgspec.structs import replace

from hubbub.chat import notices
from hubbub.chat.changes import changes_since
from hubbub.chat.events import MemberEvent, MessageEvent, NoticeEvent, RoomCommitted, RoomEvent, UserCommitted
from hubbub.chat.transaction import Snapshot
from hubbub.chat.user_stream import entries_since
from hubbub.chat.views import plain


class Heads(Struct, frozen=True):
    """The present `version` of rooms, by id. Rooms that do not exist are left out."""

    rooms: list[int]

    def answer(self, snapshot: Snapshot) -> dict[int, int]:
        return snapshot.rooms.versions(self.rooms)


class StreamHeads(Struct, frozen=True):
    """The last `position` of users' streams, by user."""

    users: list[int]

    def answer(self, snapshot: Snapshot) -> dict[int, int]:
        return snapshot.user_streams.heads(self.users)


class EndedSessions(Struct, frozen=True):
    """Which of these sessions have ended."""

    sessions: list[int]

    def answer(self, snapshot: Snapshot) -> list[int]:
        return snapshot.sessions.ended(self.sessions)


class Entered(Struct, frozen=True):
    """Which of these users joined rooms since a time (ms) and are still members, with the state of the rooms."""

    users: list[int]
    at: int

    def answer(self, snapshot: Snapshot) -> list[RoomCommitted]:
        found = []
        for member in snapshot.members.joined_since(self.users, self.at):
            room, account = snapshot.rooms.get(member.room), snapshot.accounts.get(member.user)
            if room is not None and room.deleted_at is None and account is not None:
                event = MemberEvent(room.id, member.version, account.user(), member.rank)
                state = RoomEvent.of(plain(room))
                found.append(RoomCommitted(room.id, member.version, event, state, entered=[member.user]))
        return found


Change = TypeVar("Change")


class Missed(Struct, Generic[Change]):
    """The changes from the requested number to `reached`; more may follow.

    `changes` are in order. `state` is the room's present state, to be applied after the changes, whether it changed or
    not; None for a user's stream.
    """

    changes: list[Change]
    state: Change | None
    reached: int
    has_more: bool


class MissedInStream(Struct, frozen=True):
    """The entries that were added to a user's stream after a position, in their present state."""

    user: int
    since: int
    limit: int = 500

    def answer(self, snapshot: Snapshot) -> Missed[UserCommitted]:
        found = entries_since(snapshot, self.user, self.since, self.limit)
        changes = [
            UserCommitted(
                user=self.user,
                kind=one.kind,
                room=one.room or 0,
                seq=one.seq or 0,
                marks=one.me,
                thread=one.thread,
                event=MessageEvent.of(one.message) if one.kind == "direct" and one.message is not None else None,
                position=one.position,
            )
            for one in found.entries
        ]
        return Missed(changes, None, found.position, found.has_more)


class MissedSince(Struct, frozen=True):
    """The changes of a room after a version, in their present state, as events for all subscribers.

    One of the lost changes may have closed the room to outsiders. While it is closed, each of the events therefore says
    so, so that outsiders are unsubscribed before anything is published.
    """

    room: int
    since: int
    limit: int = 500

    def answer(self, snapshot: Snapshot) -> Missed[RoomCommitted]:
        room = snapshot.rooms.get(self.room)
        if room is None or room.version <= self.since:
            return Missed([], None, self.since, has_more=False)
        found = changes_since(snapshot, room, self.since, self.limit)
        closed = room.kind != "public" or room.deleted_at is not None
        present = RoomEvent.of(plain(room), deleted=room.deleted_at is not None)
        changes = [
            RoomCommitted(room.id, message.version, MessageEvent.of(message), closed_to_outsiders=closed)
            for message in found.messages
        ]
        changes += [
            RoomCommitted(room.id, notice.version, NoticeEvent.of(notice), closed_to_outsiders=closed)
            for notice in notices.shown(snapshot, found.notices)
        ]
        for member in found.members:
            account = snapshot.accounts.get(member.user)
            if account is None:
                continue
            entered, left = ([member.user], []) if member.rank is not None else ([], [member.user])
            event = MemberEvent(room.id, member.version, account.user(), member.rank)
            changes.append(
                RoomCommitted(
                    room.id,
                    member.version,
                    event,
                    present,
                    entered=entered,
                    left=left,
                    closed_to_outsiders=closed,
                )
            )
        changes.sort(key=lambda change: change.version)
        everyone = (
            [member.user for member in snapshot.members.page(room.id, 0, room.member_count)] if present.deleted else []
        )
        # With the version that is reached, even if more follows, as that may arrive by the bus.
        now = replace(present, version=found.version)
        state = RoomCommitted(room.id, found.version, now, now, left=everyone, closed_to_outsiders=closed)
        return Missed(changes, state, found.version, found.has_more)
