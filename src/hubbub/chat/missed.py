"""What a server that shares its database asks it about what it was not told: the bus between servers may lose."""

from msgspec import Struct

from hubbub.chat.events import MemberEvent, MessageEvent, RoomCommitted, RoomEvent
from hubbub.chat.ledger import View
from hubbub.chat.views import plain


class Heads(Struct, frozen=True):
    """How far rooms have come: `version` by room id. A room that is not there is left out."""

    rooms: list[int]

    def answer(self, view: View) -> dict[int, int]:
        return view.heads(self.rooms)


class InboxHeads(Struct, frozen=True):
    """How far these people's inboxes have come: the last `position` by user."""

    users: list[int]

    def answer(self, view: View) -> dict[int, int]:
        return view.inbox_heads(self.users)


class EndedSessions(Struct, frozen=True):
    """Which of these sessions have ended."""

    sessions: list[int]

    def answer(self, view: View) -> list[int]:
        return view.ended_sessions(self.sessions)


class Entered(Struct, frozen=True):
    """Which of these people came into rooms since a time (ms) and are in them still; the rooms as they are now."""

    users: list[int]
    at: int

    def answer(self, view: View) -> list[RoomCommitted]:
        found = []
        for member in view.members_entered(self.users, self.at):
            room, account = view.room(member.room), view.account(member.user)
            if room is not None and room.deleted_at is None and account is not None:
                event = MemberEvent(room.id, member.version, account.user(), member.rank)
                snapshot = RoomEvent.of(plain(room))
                found.append(RoomCommitted(room.id, member.version, event, snapshot, entered=[member.user]))
        return found


class Missed(Struct):
    """`changes` in `version` order bring who stands at the version asked for to `version`; then there may be more."""

    changes: list[RoomCommitted]
    version: int
    has_more: bool


class MissedSince(Struct, frozen=True):
    """The present state of what changed in a room after a version, as it would be told, for nobody in particular.

    The room's own state comes last, unless the last change was a message's or a member's.
    """

    room: int
    since: int
    limit: int = 500

    def answer(self, view: View) -> Missed:
        room = view.room(self.room)
        if room is None or room.version <= self.since:
            return Missed([], self.since, has_more=False)
        messages = view.messages_since(room.id, self.since, self.limit)
        has_more = len(messages) == self.limit
        version = messages[-1].version if has_more else room.version
        changes = [RoomCommitted(room.id, message.version, MessageEvent.of(message)) for message in messages]
        snapshot = RoomEvent.of(plain(room), deleted=room.deleted_at is not None)
        for member in view.members_since(room.id, self.since, room.member_count + self.limit):
            account = view.account(member.user)
            if account is None or member.version > version:
                continue
            present, gone = ([member.user], []) if member.rank is not None else ([], [member.user])
            event = MemberEvent(room.id, member.version, account.user(), member.rank)
            changes.append(RoomCommitted(room.id, member.version, event, snapshot, entered=present, left=gone))
        changes.sort(key=lambda change: change.version)
        if not has_more and (not changes or changes[-1].version < version):
            everyone = (
                [member.user for member in view.members(room.id, 0, room.member_count)] if snapshot.deleted else []
            )
            changes.append(
                RoomCommitted(
                    room.id, version, snapshot, snapshot, left=everyone, closed_to_outsiders=room.kind != "public"
                )
            )
        return Missed(changes, version, has_more)
