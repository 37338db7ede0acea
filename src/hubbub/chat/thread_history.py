"""What was said in threads: pages of one, and the list of those that one follows."""

from msgspec import Struct

from hubbub.chat import following, threads
from hubbub.chat.access import alive, require_in
from hubbub.chat.permissions import Action
from hubbub.chat.reaction_counts import with_own
from hubbub.chat.shapes import LARGEST_ID
from hubbub.chat.storage.threads import Activity
from hubbub.chat.thread_shapes import FollowedThread, ThreadPage, ThreadReader
from hubbub.chat.transaction import Snapshot


class ThreadHistory(Struct, frozen=True):
    """A page of a thread: its last replies, or those `before` or `after` a `seq` or between two; with its root."""

    actor: int
    room: int
    root: int
    limit: int
    before: int | None = None
    after: int | None = None

    def answer(self, snapshot: Snapshot) -> ThreadPage:
        room, member = require_in(snapshot, self.room, self.actor, Action.READ)
        root = threads.find_root(snapshot, room, self.root)
        first = 1 if self.after is None else min(self.after, LARGEST_ID - 1) + 1
        last = room.seq if self.before is None else self.before - 1
        newest = self.after is None
        found = snapshot.messages.in_thread(room.id, root.seq, first, last, self.limit + 1, newest)
        has_more = len(found) > self.limit
        page = (found[1:] if newest else found[:-1]) if has_more else found
        me = None
        if member is not None and member.rank is not None:
            follow = snapshot.threads.follow(room.id, root.seq, self.actor)
            me = following.reader(snapshot, follow or threads.beginning(room.id, self.actor, root.seq))
        seen_root, *seen = with_own(snapshot, [root, *page], self.actor)
        return ThreadPage(seen_root, seen, has_more, me)


MOST_UNREAD = 1000
"""Unread threads are counted up to here."""


class FollowedThreads(Struct):
    """`next`: where to go on from; None at the end. `unread`: how many of all threads have unread replies."""

    threads: list[FollowedThread]
    next: Activity | None
    unread: int


class ListFollowed(Struct, frozen=True):
    """The threads with replies that the actor follows in all rooms, the latest activity first."""

    actor: int
    limit: int
    unread: bool = False
    before: Activity | None = None

    def answer(self, snapshot: Snapshot) -> FollowedThreads:
        alive(snapshot, self.actor)
        found = snapshot.threads.followed(self.actor, self.unread, self.before, self.limit + 1)
        shown = []
        for one in found[: self.limit]:
            follow = one.follow
            root = snapshot.messages.get(follow.room, follow.root)
            if root is not None:
                root = with_own(snapshot, [root], self.actor)[0]
                me = ThreadReader(follow.following, follow.read_seq, one.unread, one.mentions)
                shown.append(FollowedThread(follow.room, root, me))
        following = found[self.limit - 1].activity if len(found) > self.limit else None
        return FollowedThreads(shown, following, snapshot.threads.count_unread(self.actor, MOST_UNREAD))
