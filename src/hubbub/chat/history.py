"""What was said: pages of a room, replies, former contents."""

from bisect import bisect_left

from msgspec import Struct

from hubbub.chat import clock, notices
from hubbub.chat.access import require_in
from hubbub.chat.permissions import Action
from hubbub.chat.reaction_counts import with_own
from hubbub.chat.records import RoomRecord
from hubbub.chat.shapes import Edit, Message, Notice, Page
from hubbub.chat.transaction import Snapshot
from hubbub.errors import NotFound


def find(snapshot: Snapshot, room: int, seq: int) -> Message:
    """A message that still says something. Raises NotFound otherwise."""
    message = snapshot.messages.get(room, seq)
    if message is None:
        raise NotFound(f"There is no message {seq} in this room.", reason="no_message")
    if message.deleted:
        raise NotFound(f"Message {seq} has been deleted.", reason="message_deleted")
    return message


class History(Struct, frozen=True):
    """A page of a room: the last messages, those `before` or `after` a `seq` or between two, or those `around` one."""

    actor: int
    room: int
    limit: int
    before: int | None = None
    after: int | None = None
    around: int | None = None
    since: int | None = None
    """Milliseconds since 1970: the messages around the first one sent then or later, or the last ones."""
    with_notices: bool = False
    in_room: bool = False
    """Without the replies that are shown in their threads only."""

    def answer(self, snapshot: Snapshot) -> Page:
        room, _ = require_in(snapshot, self.room, self.actor, Action.READ)
        lowest = 1 if self.after is None else min(self.after, room.seq) + 1
        highest = room.seq if self.before is None else min(self.before - 1, room.seq)
        first, newest = lowest, self.after is None
        around = self.around if self.since is None else self._first_since(snapshot, room, clock.rfc3339(self.since))
        if around is not None and self.in_room:
            found = self._around(snapshot, room.id, lowest, around, highest)
        else:
            if around is not None:
                # The half before the message and the half from it on; at either end the other half grows.
                first, newest = max(lowest, min(around - self.limit // 2, highest - self.limit + 1)), False
            found = snapshot.messages.page(room.id, first, highest, self.limit, newest, self.in_room)
        more_before = bool(found) and self._is_any(snapshot, room.id, lowest, found[0].seq - 1)
        more_after = bool(found) and self._is_any(snapshot, room.id, found[-1].seq + 1, highest)
        wanted = more_before if newest else more_after
        has_more = more_before or more_after if around is not None else wanted
        return Page(with_own(snapshot, found, self.actor), has_more, self._beside(snapshot, room, found))

    def _beside(self, snapshot: Snapshot, room: RoomRecord, found: list[Message]) -> list[Notice]:
        if not self.with_notices or (room.seq and not found):
            return []
        first, last = (found[0].seq, found[-1].seq) if found else (0, 0)
        if self.in_room and found:
            # Those beside replies that are left out come after the message before these.
            apart = snapshot.threads.counted_in_room(room.id, last)

            def messages_up_to(seq: int) -> int:
                return seq - last - (snapshot.threads.counted_in_room(room.id, seq) - apart)

            last += bisect_left(range(last + 1, room.seq + 1), 1, key=messages_up_to)
        return notices.beside(snapshot, room, first, last)

    def _around(self, snapshot: Snapshot, room: int, lowest: int, around: int, highest: int) -> list[Message]:
        """The same where the room's own messages have no numbers of their own to calculate with."""
        middle = max(lowest, min(around, highest + 1))
        before = snapshot.messages.page(room, lowest, middle - 1, self.limit, newest=True, in_room=True)
        after = snapshot.messages.page(room, middle, highest, self.limit, newest=False, in_room=True)
        first = max(self.limit // 2, self.limit - len(after))
        return [*before[max(0, len(before) - first) :], *after][: self.limit]

    def _is_any(self, snapshot: Snapshot, room: int, first: int, last: int) -> bool:
        """Whether there is a message to show in between."""
        if first > last or not self.in_room:
            return first <= last
        apart = snapshot.threads.counted_in_room(room, last) - snapshot.threads.counted_in_room(room, first - 1)
        return apart <= last - first

    def _first_since(self, snapshot: Snapshot, room: RoomRecord, at: str) -> int:
        """By halves: within a room time never goes back."""

        def is_later(seq: int) -> bool:
            message = snapshot.messages.get(room.id, seq)
            return message is not None and message.at >= at

        return bisect_left(range(1, room.seq + 1), True, key=is_later) + 1


class Replies(Struct, frozen=True):
    """The answers to a message, oldest first, from a position on."""

    actor: int
    room: int
    seq: int
    after: int
    limit: int

    def answer(self, snapshot: Snapshot) -> Page:
        room, _ = require_in(snapshot, self.room, self.actor, Action.READ)
        find(snapshot, room.id, self.seq)
        found = snapshot.messages.replies(room.id, self.seq, self.after, self.limit + 1)
        return Page(with_own(snapshot, found[: self.limit], self.actor), has_more=len(found) > self.limit)


class OneMessage(Struct, frozen=True):
    actor: int
    room: int
    seq: int

    def answer(self, snapshot: Snapshot) -> Message:
        room, _ = require_in(snapshot, self.room, self.actor, Action.READ)
        message = snapshot.messages.get(room.id, self.seq)
        if message is None:
            raise NotFound(f"There is no message {self.seq} in this room.", reason="no_message")
        return with_own(snapshot, [message], self.actor)[0]


class Edits(Struct, frozen=True):
    """What a message said before, oldest first."""

    actor: int
    room: int
    seq: int

    def answer(self, snapshot: Snapshot) -> list[Edit]:
        room, _ = require_in(snapshot, self.room, self.actor, Action.READ)
        find(snapshot, room.id, self.seq)
        return snapshot.edits.of(room.id, self.seq)
