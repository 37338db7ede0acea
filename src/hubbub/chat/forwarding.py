"""Forwarding a message, and where a forwarded one came from."""

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from hubbub.chat import direct, messages
from hubbub.chat.access import may_read, require_in
from hubbub.chat.forwarded import FORWARD, Forwarded, Source
from hubbub.chat.history import find
from hubbub.chat.limits import Limits
from hubbub.chat.messages import PostMessage
from hubbub.chat.permissions import Action
from hubbub.chat.requests import Who
from hubbub.chat.text import visible
from hubbub.chat.transaction import Snapshot
from hubbub.chat.views import seen_by
from hubbub.errors import NotFound

_NO_COMMENT = "-"
"""In place of a comment while the rest is checked."""


class Original(Struct, frozen=True):
    """What is forwarded, and the room and `seq` it came from."""

    forwarded: Forwarded
    source: tuple[int, int]


class OriginalOf(Struct, frozen=True):
    """What the actor forwards with a message that they may read: of a forwarded one what was forwarded first.

    It is read before the message is posted, so that plugins see the text. Who is removed from the room in between could
    have copied it.

    Raises NotFound: no such room or message, or a deleted one.
    """

    actor: int
    room: int
    seq: int

    def answer(self, snapshot: Snapshot) -> Original:
        room, _ = require_in(snapshot, self.room, self.actor, Action.READ)
        message = find(snapshot, room.id, self.seq)
        source = snapshot.messages.source(room.id, message.seq)
        if message.kind != FORWARD or source is None:
            return Original(Forwarded(message.content, message.sender, message.at), (room.id, message.seq))
        first = msgspec.convert(message.extra, Forwarded)
        return Original(replace(first, comment=None), source)


class ForwardedBefore(Struct, frozen=True):
    """What the actor has sent with this key, into `room` or `to` a person: sent again it is the same message, whatever
    has become of the original. None if there is nothing.
    """

    actor: int
    room: int | None
    to: Who | None
    key: str

    def answer(self, snapshot: Snapshot) -> Original | None:
        room = self.room
        if self.to is not None:
            room = direct.Between(self.actor, self.to).answer(snapshot).room
        known = None if room is None else snapshot.messages.keyed(room, self.actor, self.key)
        if known is None:
            return None
        # Storing it again changes nothing: what it holds is not looked at.
        return Original(Forwarded(known.content, known.sender, known.at), (known.room, known.seq))


class SourceOf(Struct, frozen=True):
    """The source of a forwarded message, for a reader of both.

    Raises NotFound with one reason, whether there is none, it was deleted, or the actor may not read it.
    """

    actor: int
    room: int
    seq: int

    def answer(self, snapshot: Snapshot) -> Source:
        require_in(snapshot, self.room, self.actor, Action.READ)
        message = find(snapshot, self.room, self.seq)
        source = snapshot.messages.source(self.room, self.seq) if message.kind == FORWARD else None
        if source is None:
            raise _no_source()
        room, member = snapshot.rooms.get(source[0]), snapshot.members.get(source[0], self.actor)
        original = snapshot.messages.get(*source) if may_read(room, member) else None
        if room is None or original is None or original.deleted:
            raise _no_source()
        return Source(seen_by(snapshot, room, member, self.actor), original.seq, original.root)


def compose(
    original: Original,
    actor: int,
    comment: str,
    limits: Limits,
    room: int | None = None,
    to: Who | None = None,
    key: str | None = None,
    reply_to: int | None = None,
    *,
    thread: int | None = None,
    also_in_room: bool = False,
) -> PostMessage:
    """Forward into `room`, or `to` a person. The comment may be blank. Nobody is mentioned by the text of the original.

    Raises InvalidInput as `messages.compose` does.
    """
    commented = comment if visible(comment) else _NO_COMMENT
    posting = messages.compose(
        actor, commented, limits, room, to, key, reply_to, thread=thread, also_in_room=also_in_room
    )
    forwarded = replace(original.forwarded, comment=comment if visible(comment) else None)
    return replace(
        posting,
        content=forwarded.content(),
        kind=FORWARD,
        extra=msgspec.to_builtins(forwarded),
        source=original.source,
    )


def _no_source() -> NotFound:
    return NotFound("There is no source of this message that you may read.", reason="no_source")
