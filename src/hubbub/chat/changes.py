"""What changed in a room since a version: the rule that every resume rests on (after IMAP's CONDSTORE, RFC 7162)."""

from msgspec import Struct

from hubbub.chat.access import require_in
from hubbub.chat.ledger import View
from hubbub.chat.limits import Limits
from hubbub.chat.permissions import Action
from hubbub.chat.records import MemberRecord
from hubbub.chat.shapes import ChangedMember, Changes, Message
from hubbub.chat.views import seen_by


class ChangesSince(Struct, frozen=True):
    """The present state of what changed after `since`, in `version` order, `limit` messages at the most.

    `version` in the answer is where to go on from: the room's own when nothing is left.
    """

    actor: int
    room: int
    since: int
    limit: int
    limits: Limits

    def answer(self, view: View) -> Changes:
        room, member = require_in(view, self.room, self.actor, Action.READ)
        seen = seen_by(view, room, member, self.actor)
        own = [member] if member is not None and member.version > self.since else []
        # A version from the future was never given by this room: the client's copy is of something else.
        changed = view.changed_messages(room.id, self.since, self.limits.resync_after + 1)
        if changed > self.limits.resync_after or self.since > room.version:
            return Changes(seen, [], _told(view, own), room.version, has_more=False, resync=True)
        messages = view.messages_since(room.id, self.since, self.limit)
        has_more = changed > len(messages)
        # In a large room one is told of oneself.
        large = room.member_count > self.limits.large_room
        others = own if large else view.members_since(room.id, self.since, self.limits.large_room)
        members = [one for one in others if not has_more or one.version <= messages[-1].version]
        version = messages[-1].version if has_more else room.version
        return Changes(seen, messages, _told(view, members), version, has_more)


def _told(view: View, members: list[MemberRecord]) -> list[ChangedMember]:
    accounts = ((member, view.account(member.user)) for member in members)
    return [ChangedMember(account.user(), member.version, member.rank) for member, account in accounts if account]


class MessagesSince(Struct, frozen=True):
    """The messages that changed after a version, as they are now, `limit` at the most; never a `resync`.

    Without a version, or with one from the future: none, and the present version to go on from.
    """

    actor: int
    room: int
    since: int | None
    limit: int

    def answer(self, view: View) -> "Batch":
        room, member = require_in(view, self.room, self.actor, Action.READ)
        joined = member is not None and member.rank is not None
        if self.since is None or self.since > room.version:
            return Batch([], room.version, False, joined, room.member_count)
        messages = view.messages_since(room.id, self.since, self.limit)
        has_more = len(messages) == self.limit
        version = messages[-1].version if has_more else room.version
        return Batch(messages, version, has_more, joined, room.member_count)


class Batch(Struct):
    """`version`: where to go on from; `member`: whether the actor is one."""

    messages: list[Message]
    version: int
    has_more: bool
    member: bool
    member_count: int
