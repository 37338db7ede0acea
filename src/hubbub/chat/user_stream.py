"""A user's stream: what changed for one user, across all rooms, numbered in one order.

A room's `version` orders what happens in a room. The stream's `position` orders what concerns one user: direct
messages, mentions, their own marks in rooms (read, muted, archived, marked unread) and their own settings. So each of
their devices resumes from a single number, without a gap or a duplicate.

The stream is state, as a room's log is: it has one entry for each kind and reference, at the position of its last
change. An entry refers to what changed; a reader gets the present state.
"""

from collections.abc import Iterable

from msgspec import Struct

from hubbub.chat.access import alive, may_read
from hubbub.chat.events import Event, MessageEvent, ReactionEvent, UserCommitted
from hubbub.chat.reaction_counts import with_own
from hubbub.chat.records import (
    DraftRecord,
    FollowRecord,
    MemberRecord,
    RoomRecord,
    SavedRecord,
    ScheduledRecord,
    StreamEntry,
)
from hubbub.chat.shapes import Message
from hubbub.chat.stream_shapes import Entries, Entry, EntryKind, Marks, ThreadMarks
from hubbub.chat.transaction import Snapshot, Transaction


class IsFarBehind(Struct, frozen=True):
    """Whether more than `most` entries of the actor's stream follow a position."""

    actor: int
    after: int
    most: int

    def answer(self, snapshot: Snapshot) -> bool:
        return len(snapshot.user_streams.page(self.actor, self.after, self.most + 1)) > self.most


class StreamSince(Struct, frozen=True):
    """What changed for the actor after a position: each kind and reference once, in its present state.

    Without a position, or with one from the future: nothing but the present position. `kind`: entries of this kind
    only. `with_messages`: with the messages that they refer to; those which the actor may not read any more are left
    out.
    """

    actor: int
    after: int | None
    limit: int
    kind: EntryKind | None = None
    with_messages: bool = True

    def answer(self, snapshot: Snapshot) -> Entries:
        alive(snapshot, self.actor)
        head = snapshot.user_streams.head(self.actor)
        if self.after is None or self.after > head:
            return Entries([], head, has_more=False)
        return entries_since(snapshot, self.actor, self.after, self.limit, self.kind, self.with_messages)


def entries_since(
    snapshot: Snapshot,
    user: int,
    after: int,
    limit: int,
    kind: EntryKind | None = None,
    with_messages: bool = True,
) -> Entries:
    """The user's entries after a position that the stream has reached; as `StreamSince`."""
    head = snapshot.user_streams.head(user)
    found = snapshot.user_streams.page(user, after, limit, kind)
    entries = [entry for one in found if (entry := _present(snapshot, user, one, with_messages)) is not None]
    position = found[-1].position if len(found) == limit else max(after, head)
    return Entries(entries, position, has_more=position < head)


def _present(snapshot: Snapshot, user: int, entry: StreamEntry, with_messages: bool) -> Entry | None:
    """The entry in its present state; None if there is nothing left that it refers to."""
    if entry.kind == "settings":
        return Entry(entry.position, "settings")
    if entry.kind in ("saved", "draft"):
        return Entry(entry.position, entry.kind, entry.room, entry.seq or None)
    if entry.kind == "scheduled":
        return Entry(entry.position, entry.kind, entry.room, scheduled=entry.seq)
    room, member = snapshot.rooms.get(entry.room), snapshot.members.get(entry.room, user)
    if entry.kind == "membership":
        if room is None or member is None or member.rank is None:
            return None
        return Entry(entry.position, "membership", entry.room, me=marks_of(room, member))
    if entry.kind == "thread":
        follow = snapshot.threads.follows(entry.room, entry.seq, [user]).get(user)
        if follow is None or not may_read(room, member):
            return None
        marks = ThreadMarks(follow.following, follow.read_seq)
        return Entry(entry.position, "thread", entry.room, entry.seq, thread=marks)
    if entry.kind in ("mention", "reaction", "reminder") and not may_read(room, member):
        return None
    if not with_messages:
        return Entry(entry.position, entry.kind, entry.room, entry.seq)
    message = snapshot.messages.get(entry.room, entry.seq)
    if message is None or (entry.kind == "direct" and message.version != entry.version):
        # A server of an older version adds a second entry when a message changes: the last one counts.
        return None
    return Entry(entry.position, entry.kind, entry.room, entry.seq, message=with_own(snapshot, [message], user)[0])


# Adding entries


def of_message(
    tx: Transaction,
    room: RoomRecord,
    message: Message,
    event: MessageEvent | ReactionEvent,
    mentioned: Iterable[int] = (),
    is_new: bool = False,
) -> list[Event]:
    """Add a new or changed message to the streams of those whom it concerns: the one to whom it was written directly,
    and the users `mentioned`, before or after the change."""
    found: list[Event] = []
    sender = message.sender.id
    if room.pair is not None:
        committed = UserCommitted(room.peer_of(sender), "direct", room.id, message.seq, event=event)
        tx.user_streams.add(committed, message.version, is_new)
        found.append(committed)
    for user in _concerned(tx, room, mentioned, is_new):
        if user != sender:
            committed = UserCommitted(user, "mention", room.id, message.seq)
            tx.user_streams.add(committed, message.version, is_new)
            found.append(committed)
    return found


def of_reaction(tx: Transaction, message: Message, actor: int) -> list[Event]:
    """Add to the stream of a message's author that somebody else reacted to it; many reactions are one entry."""
    if message.sender.id == actor:
        return []
    return [_added(tx, UserCommitted(message.sender.id, "reaction", message.room, message.seq))]


def _concerned(tx: Transaction, room: RoomRecord, mentioned: Iterable[int], is_new: bool) -> Iterable[int]:
    """Those of the mentioned who may read the room. A new message mentions nobody else."""
    users = dict.fromkeys(mentioned)
    if is_new or not users or room.kind == "public":
        return users
    present = tx.members.among(room.id, list(users))
    return [user for user in users if user in present]


def of_membership(tx: Transaction, room: RoomRecord, member: MemberRecord) -> UserCommitted:
    """Add the user's own marks in a room, as they are now, to their stream."""
    return _added(tx, UserCommitted(member.user, "membership", room.id, marks=marks_of(room, member)))


def of_thread(tx: Transaction, follow: FollowRecord) -> UserCommitted:
    """Add the user's own marks in a thread, as they are now, to their stream."""
    marks = ThreadMarks(follow.following, follow.read_seq)
    return _added(tx, UserCommitted(follow.user, "thread", follow.room, follow.root, thread=marks))


def of_saved(tx: Transaction, record: SavedRecord) -> UserCommitted:
    """Add to the user's stream that they saved a message, or no longer, or changed its reminder."""
    return _added(tx, UserCommitted(record.user, "saved", record.room, record.seq))


def of_reminder(tx: Transaction, record: SavedRecord) -> UserCommitted:
    """Add to the user's stream that the time has come at which they wanted to be reminded of a message."""
    return _added(tx, UserCommitted(record.user, "reminder", record.room, record.seq))


def of_draft(tx: Transaction, record: DraftRecord) -> UserCommitted:
    """Add to the user's stream that a draft of theirs changed, or is gone."""
    return _added(tx, UserCommitted(record.user, "draft", record.room, record.root))


def of_scheduled(tx: Transaction, record: ScheduledRecord) -> UserCommitted:
    """Add to the user's stream that a scheduled message of theirs changed, failed, or is gone."""
    return _added(tx, UserCommitted(record.user, "scheduled", record.room, record.id))


def of_settings(tx: Transaction, user: int) -> UserCommitted:
    """Add a change of the user's own profile or chosen status to their stream."""
    return _added(tx, UserCommitted(user, "settings"))


def _added(tx: Transaction, committed: UserCommitted) -> UserCommitted:
    tx.user_streams.add(committed)
    return committed


def marks_of(room: RoomRecord, member: MemberRecord) -> Marks:
    return Marks(member.read_seq, member.muted, member.archived(room), member.marked_unread)
