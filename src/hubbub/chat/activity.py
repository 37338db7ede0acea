"""What others did that concerns a user: messages that mention them, reactions to what they wrote."""

from msgspec import Struct

from hubbub.chat.access import alive, may_read
from hubbub.chat.activity_shapes import Activity
from hubbub.chat.reaction_counts import with_own
from hubbub.chat.shapes import Message
from hubbub.chat.stream_shapes import ActivityKind
from hubbub.chat.transaction import Snapshot


class LatestActivity(Struct):
    """`next`: where to go on from; None at the end."""

    activity: list[Activity]
    next: int | None


class ListActivity(Struct, frozen=True):
    """What others did that concerns the actor, the latest first, below a position of their stream.

    Messages that they may not read any more, deleted ones, and what was taken back are left out: a page may have fewer.
    """

    actor: int
    kind: ActivityKind
    limit: int
    before: int | None = None

    def answer(self, snapshot: Snapshot) -> LatestActivity:
        alive(snapshot, self.actor)
        entries = snapshot.user_streams.latest(self.actor, self.kind, self.before, self.limit + 1)
        shown = []
        for entry in entries[: self.limit]:
            room, member = snapshot.rooms.get(entry.room), snapshot.members.get(entry.room, self.actor)
            message = snapshot.messages.get(entry.room, entry.seq) if may_read(room, member) else None
            if message is not None and not message.deleted and self._is_still_so(message):
                shown.append(Activity(entry.position, entry.room, with_own(snapshot, [message], self.actor)[0]))
        return LatestActivity(shown, entries[self.limit - 1].position if len(entries) > self.limit else None)

    def _is_still_so(self, message: Message) -> bool:
        if self.kind == "mention":
            return self.actor in message.mentions
        return any(reaction.count > reaction.users.count(self.actor) for reaction in message.reactions)
