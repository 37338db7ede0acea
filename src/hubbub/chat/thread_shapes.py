"""Shapes of threads."""

from msgspec import Struct

from hubbub.chat.shapes import Message


class ThreadReader(Struct):
    """The caller's place in a thread. Only followed threads have unread replies and mentions."""

    following: bool
    read_seq: int
    unread: int
    mentions: int


class ThreadPage(Struct, omit_defaults=True):
    """A page of a thread: the message it is about, and replies, oldest first. `me`: for members of the room.

    `has_more`: there are more in the direction asked for.
    """

    root: Message
    messages: list[Message]
    has_more: bool
    me: ThreadReader | None = None


class FollowedThread(Struct):
    """A followed thread: the message that it is about, with the counts of its replies, and the caller's place in it."""

    room: int
    root: Message
    me: ThreadReader
