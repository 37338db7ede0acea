"""Threads: replies to a message, its root, shown beside it.

They are counted as rooms are. Each reply has its number in the thread, so what a follower has not read is a difference
of two numbers, less the deleted ones; each reply that is shown in the thread only has its number among these in the
room, so what a member has not read of the room remains such a difference. A reply is a message of the room like any
other, with a `seq` and a `version` there; what changes at its root has no version of its own and comes with the reply.
"""

from collections.abc import Sequence

from msgspec.structs import replace

from hubbub.chat import user_stream
from hubbub.chat.events import Event, MessageEvent, ThreadEvent
from hubbub.chat.records import FollowRecord, MessageRecord, RoomRecord, ThreadRecord
from hubbub.chat.shapes import Message, Thread
from hubbub.chat.transaction import Snapshot, Transaction
from hubbub.errors import InvalidInput, NotFound

MOST_PEOPLE = 5


def root(snapshot: Snapshot, room: RoomRecord, seq: int) -> Message:
    """The message whose thread takes a reply. A deleted one keeps its thread, but does not begin one.

    Raises InvalidInput: no such message, a deleted one without replies, or one that is itself a reply.
    """
    message = snapshot.messages.get(room.id, seq)
    if message is None or (message.deleted and message.thread is None):
        raise no_such_root(seq)
    if message.root is not None:
        raise InvalidInput(
            f"message {seq} is itself a reply in a thread: give its root, {message.root}",
            "thread",
            "not_possible",
            root=message.root,
        )
    return message


def find_root(snapshot: Snapshot, room: RoomRecord, seq: int) -> Message:
    """The same for who names the thread itself, rather than a field of a message. Raises NotFound."""
    message = snapshot.messages.get(room.id, seq)
    if message is None:
        raise NotFound(f"There is no message {seq} in this room.", reason="no_message")
    if message.root is not None:
        raise NotFound(f"Message {seq} is a reply in the thread of message {message.root}.", reason="is_reply")
    if message.deleted and message.thread is None:
        raise NotFound(f"Message {seq} has been deleted.", reason="message_deleted")
    return message


def no_such_root(seq: int) -> InvalidInput:
    return InvalidInput(f"there is no message {seq} in this room that can have a thread", "thread", "no_such")


def add(tx: Transaction, room: RoomRecord, root: Message, record: MessageRecord) -> tuple[MessageEvent, list[Event]]:
    """Store a reply: its event, which has the new counts of the thread, and those for who follows it from now on."""
    reply = record.message
    thread = tx.threads.get(room.id, root.seq)
    begins = thread is None
    if thread is None:
        thread = ThreadRecord(room.id, root.seq)
    before = thread.replies
    thread.replies += 1
    thread.last_seq, thread.last_at = reply.seq, record.at
    thread.people = [reply.sender.id, *(user for user in thread.people if user != reply.sender.id)][:MOST_PEOPLE]
    if reply.is_thread_only:
        room.thread_only_count += 1
    counted = replace(
        record,
        thread_count=thread.replies,
        thread_only_count=room.thread_only_count if reply.is_thread_only else None,
    )
    count = 0 if root.thread is None or root.thread.count is None else root.thread.count
    root.thread = Thread(count=count + 1, last=reply.seq, last_at=reply.at, people=thread.people)
    tx.messages.add(counted)
    tx.threads.save(thread)
    if begins:
        tx.messages.save_root(root)
    event = MessageEvent.of(reply)
    event.thread = _with_counts(reply, root.thread)
    return event, _followed_by_reply(tx, root, reply, before, begins)


def changed(tx: Transaction, message: Message, mentioned: Sequence[int]) -> tuple[MessageEvent, list[Event]]:
    """The event of an edited or deleted message, and those for who follows its thread from now on.

    These are the users whom it did not mention before (`mentioned`). What was said since is not unread to them.
    """
    event = MessageEvent.of(message)
    if message.root is None:
        return event, []
    root = tx.messages.get(message.room, message.root)
    assert root is not None
    assert root.thread is not None
    event.thread = _with_counts(message, root.thread)
    called = [user for user in _called(tx, message) if user not in mentioned]
    known = tx.threads.follows(message.room, root.seq, called)
    if all(user in known and known[user].following for user in called):
        return event, []
    thread = tx.threads.get(message.room, root.seq)
    assert thread is not None
    if message.seq < thread.last_seq:
        return event, _follow(tx, root, called, thread.last_seq, thread.replies)
    return event, _follow(tx, root, called, message.seq - 1, thread.replies - 1)


def discount(tx: Transaction, message: Message) -> None:
    """A reply has just been deleted. Its number in the thread stays, like its `seq` in the room."""
    if message.root is None:
        return
    root = tx.messages.get(message.room, message.root)
    assert root is not None
    assert root.thread is not None
    assert root.thread.count is not None
    root.thread = replace(root.thread, count=root.thread.count - 1)


def with_counts(snapshot: Snapshot, room: int, messages: Sequence[Message]) -> list[Message]:
    """The messages, replies with the present counts of their threads: as they are sent as changes."""
    roots = list({message.root: None for message in messages if message.root is not None})
    if not roots:
        return list(messages)
    counts = snapshot.threads.summaries(room, roots)
    return [
        message if message.root is None else replace(message, thread=_with_counts(message, counts[message.root]))
        for message in messages
    ]


def beginning(room: int, user: int, root: int) -> FollowRecord:
    """The place of somebody who has read the root and no reply, and does not follow the thread."""
    return FollowRecord(room, user, root, read_seq=root)


def follow_changed(tx: Transaction, follow: FollowRecord) -> list[Event]:
    """Store that a user follows a thread, or no longer, or has read on; the events for their own connections."""
    tx.threads.save_follow(follow)
    event = ThreadEvent(follow.room, follow.user, follow.root, follow.following, follow.read_seq)
    return [event, user_stream.of_thread(tx, follow)]


def _with_counts(reply: Message, counts: Thread) -> Thread:
    assert reply.thread is not None
    return replace(counts, root=reply.thread.root, also_in_room=reply.thread.also_in_room)


def _followed_by_reply(tx: Transaction, root: Message, reply: Message, before: int, begins: bool) -> list[Event]:
    """Who wrote follows the thread, and has read it; so do who was mentioned, and at first who wrote the root."""
    author = reply.sender.id
    called = _called(tx, reply)
    known = tx.threads.follows(reply.room, root.seq, [author, *called, root.sender.id])
    events: list[Event] = []
    if tx.members.among(reply.room, [author]):
        own = known.get(author) or beginning(reply.room, author, root.seq)
        was_following, own.following = own.following, True
        own.read_seq, own.read_count = reply.seq, before + 1
        if was_following:
            tx.threads.save_follow(own)  # the reply itself says how far its author has read
        else:
            events += follow_changed(tx, own)
    events += _follow(tx, root, called, reply.seq - 1, before)
    # Not who said before that they do not want to.
    if begins and root.sender.id not in known:
        present = tx.members.among(reply.room, [root.sender.id]) - {author, *called}
        events += _follow(tx, root, list(present), root.seq, 0)
    return events


def _called(tx: Transaction, reply: Message) -> list[int]:
    """The members whom a reply mentions, other than its author."""
    others = [user for user in reply.mentions if user != reply.sender.id]
    present = tx.members.among(reply.room, others) if others else set()
    return [user for user in others if user in present]


def _follow(tx: Transaction, root: Message, users: Sequence[int], seq: int, count: int) -> list[Event]:
    """Let these follow the thread from here on: what was said before is not unread to them."""
    known = tx.threads.follows(root.room, root.seq, users)
    events: list[Event] = []
    for user in users:
        follow = known.get(user) or beginning(root.room, user, root.seq)
        if follow.following:
            continue
        follow.following = True
        if count > follow.read_count:
            follow.read_seq, follow.read_count = seq, count
        events += follow_changed(tx, follow)
    return events
