"""Following a thread, and the read marker in it. Markers never move back."""

from msgspec import Struct

from hubbub.chat import threads
from hubbub.chat.access import require_in
from hubbub.chat.events import Event
from hubbub.chat.permissions import Action
from hubbub.chat.records import FollowRecord, RoomRecord
from hubbub.chat.shapes import Message
from hubbub.chat.thread_shapes import ThreadReader
from hubbub.chat.transaction import Outcome, Snapshot, Touches, Transaction
from hubbub.errors import InvalidInput, NotAllowed


class FollowThread(Struct, frozen=True):
    """Follow the thread of a message, from here on, or do so no longer. It may have no replies yet. Idempotent."""

    actor: int
    room: int
    root: int
    on: bool

    def touches(self) -> Touches:
        return Touches(members=((self.room, self.actor),))

    def decide(self, tx: Transaction) -> Outcome[ThreadReader]:
        root = _as_member(tx, self.room, self.actor, self.root)[1]
        known = tx.threads.follow(self.room, root.seq, self.actor)
        follow = known or threads.beginning(self.room, self.actor, root.seq)
        events: list[Event] = []
        # What is not followed is noted too, so that the author of a message does not follow its thread by itself.
        if known is None or follow.following != self.on:
            follow.following = self.on
            thread = tx.threads.get(self.room, root.seq)
            if self.on and thread is not None:
                follow.read_seq, follow.read_count = thread.last_seq, thread.replies
            events += threads.follow_changed(tx, follow)
        return Outcome(reader(tx, follow), events)


class MarkThreadRead(Struct, frozen=True):
    """Move the actor's marker in a thread up to a `seq`."""

    actor: int
    room: int
    root: int
    seq: int

    def touches(self) -> Touches:
        return Touches(members=((self.room, self.actor),))

    def decide(self, tx: Transaction) -> Outcome[ThreadReader]:
        _, root = _as_member(tx, self.room, self.actor, self.root)
        thread = tx.threads.get(self.room, root.seq)
        last = root.seq if thread is None else thread.last_seq
        if self.seq > last:
            raise InvalidInput(f"the thread's last message is {last}", "seq", "too_large", max=last)
        follow = tx.threads.follow(self.room, root.seq, self.actor) or threads.beginning(
            self.room, self.actor, root.seq
        )
        count = tx.threads.counted(self.room, root.seq, self.seq)
        events: list[Event] = []
        if count > follow.read_count:
            follow.read_seq, follow.read_count = self.seq, count
            events += threads.follow_changed(tx, follow)
        return Outcome(reader(tx, follow), events)


def reader(snapshot: Snapshot, follow: FollowRecord) -> ThreadReader:
    """The user's place in a thread."""
    unread, mentions = snapshot.threads.unread(follow) if follow.following else (0, 0)
    return ThreadReader(follow.following, follow.read_seq, unread, mentions)


def _as_member(tx: Transaction, room_id: int, actor: int, root: int) -> tuple[RoomRecord, Message]:
    """The room and the root of the thread. Raises as `require_in` and `threads.find_root` do; NotAllowed for guests."""
    room, member = require_in(tx, room_id, actor, Action.MARK)
    if member is None or member.rank is None:
        raise NotAllowed("Only members keep their place in a thread. Join the room first.", reason="not_member")
    return room, threads.find_root(tx, room, root)
