"""What changed in a room since a version: the rule that every resume rests on (after IMAP's CONDSTORE, RFC 7162).

There is one such question, `changes_since`. Clients ask it (`ChangesSince`), feeds (`MessagesSince`), and servers that
share a database (`hubbub.chat.missed`).
"""

from msgspec import Struct

from hubbub.chat import notices, threads
from hubbub.chat.access import require_in
from hubbub.chat.limits import Limits
from hubbub.chat.permissions import Action
from hubbub.chat.reaction_counts import with_own
from hubbub.chat.records import MemberRecord, NoticeRecord, RoomRecord
from hubbub.chat.shapes import LARGEST_ID, ChangedMember, Changes, Message
from hubbub.chat.transaction import Snapshot
from hubbub.chat.views import seen_by


class Changed(Struct):
    """All that changed in a room after one version and up to another, as it is now.

    `messages`, `members` and `notices` are in `version` order, each once, and all end at `version`: nothing at or
    before it is left out. The room's own state (name, topic, kind, archived, deleted) has no version of its own, so
    a client applies the room's present state together with it. `has_more`: more changed after `version`.
    """

    messages: list[Message]
    members: list[MemberRecord]
    version: int
    has_more: bool
    notices: list[NoticeRecord]


def changes_since(
    snapshot: Snapshot, room: RoomRecord, since: int, limit: int, with_members: bool = True, with_notices: bool = True
) -> Changed:
    """What changed in the room after `since`: at most `limit` messages, members and notices.

    Where one of the lists is full the answer ends at the last version that all of them reach.
    """
    messages = snapshot.messages.since(room.id, since, limit)
    members = snapshot.members.since(room.id, since, limit) if with_members else []
    noted = (
        snapshot.notices.page(room.id, min(since + 1, LARGEST_ID), LARGEST_ID, limit, newest=False)
        if with_notices
        else []
    )
    version = max(since, room.version)
    if len(noted) == limit:
        version = min(version, noted[-1].version)
    if len(messages) == limit:
        version = min(version, messages[-1].version)
    if len(members) == limit:
        version = min(version, members[-1].version)
    return Changed(
        threads.with_counts(snapshot, room.id, [message for message in messages if message.version <= version]),
        [member for member in members if member.version <= version],
        version,
        has_more=version < room.version,
        notices=[notice for notice in noted if notice.version <= version],
    )


class ChangesSince(Struct, frozen=True):
    """The present state of what changed after `since`, in `version` order, `limit` messages and members at the most.

    `version` in the answer is where to go on from: the room's own when nothing is left.
    """

    actor: int
    room: int
    since: int
    limit: int
    limits: Limits

    def answer(self, snapshot: Snapshot) -> Changes:
        room, member = require_in(snapshot, self.room, self.actor, Action.READ)
        seen = seen_by(snapshot, room, member, self.actor)
        own = [member] if member is not None and member.version > self.since else []
        # In a large room only the changes of the user's own membership are sent.
        large = room.member_count > self.limits.large_room
        found = changes_since(snapshot, room, self.since, self.limit, with_members=not large)
        # A version from the future was never given by this room: the client's copy is of something else.
        if self.since > room.version or self._is_too_much(snapshot, found, large):
            return Changes(seen, [], _changed_members(snapshot, own), room.version, has_more=False, resync=True)
        members = [one for one in own if one.version <= found.version] if large else found.members
        noted = notices.shown(snapshot, found.notices)
        messages = with_own(snapshot, found.messages, self.actor)
        return Changes(
            seen, messages, _changed_members(snapshot, members), found.version, found.has_more, notices=noted
        )

    def _is_too_much(self, snapshot: Snapshot, found: Changed, large: bool) -> bool:
        most = self.limits.resync_after
        if not found.has_more and max(len(found.messages), len(found.members)) <= most:
            return False
        if snapshot.messages.count_since(self.room, self.since, most + 1) > most:
            return True
        return not large and snapshot.members.count_since(self.room, self.since, most + 1) > most


def _changed_members(snapshot: Snapshot, members: list[MemberRecord]) -> list[ChangedMember]:
    accounts = ((member, snapshot.accounts.get(member.user)) for member in members)
    return [ChangedMember(account.user(), member.version, member.rank) for member, account in accounts if account]


class MessagesSince(Struct, frozen=True):
    """The messages that changed after a version, as they are now, `limit` at the most; never a `resync`.

    Without a version, or with one from the future: none, and the present version to go on from.
    """

    actor: int
    room: int
    since: int | None
    limit: int

    def answer(self, snapshot: Snapshot) -> "Batch":
        room, member = require_in(snapshot, self.room, self.actor, Action.READ)
        joined = member is not None and member.rank is not None
        if self.since is None or self.since > room.version:
            return Batch([], room.version, False, joined, room.member_count)
        found = changes_since(snapshot, room, self.since, self.limit, with_members=False, with_notices=False)
        return Batch(found.messages, found.version, found.has_more, joined, room.member_count)


class Batch(Struct):
    """`version`: where to go on from; `member`: whether the actor is one."""

    messages: list[Message]
    version: int
    has_more: bool
    member: bool
    member_count: int
