"""Messages: post, edit, delete."""

from typing import TypeVar

from msgspec import Struct
from msgspec.structs import replace

from hubbub.chat import clock, direct, threads, user_stream
from hubbub.chat.access import require_in
from hubbub.chat.events import Event, MessageEvent, RoomCommitted
from hubbub.chat.forwarded import FORWARD
from hubbub.chat.history import find
from hubbub.chat.limits import Limits
from hubbub.chat.mentions import Candidates, called, candidates
from hubbub.chat.message_kinds import ONLY_TEXT, MessageKinds
from hubbub.chat.permissions import Action
from hubbub.chat.records import MessageRecord
from hubbub.chat.requests import Who
from hubbub.chat.shapes import TEXT, Edit, Extra, Message, Thread
from hubbub.chat.text import message_text, storable
from hubbub.chat.transaction import Outcome, Touches, Transaction
from hubbub.errors import InvalidInput, NotAllowed, NotFound


class Posted(Struct):
    """A message that is stored. `created` is False when its key was known and it is the one first stored."""

    message: Message
    created: bool


class PostMessage(Struct, frozen=True):
    """Post into `room`, or `to` a person. The content has been checked by `compose`."""

    actor: int
    content: str
    room: int | None
    to: Who | None
    key: str | None
    reply_to: int | None
    limits: Limits
    named: Candidates = ()
    """Whom the content may mention."""
    kind: str = TEXT
    extra: Extra | None = None
    thread: int | None = None
    """The `seq` of the message whose thread this is a reply in."""
    also_in_room: bool = False
    source: tuple[int, int] | None = None
    """Of a forwarded message: the room and `seq` it came from."""

    def touches(self) -> Touches:
        if self.room is not None:
            key = None if self.key is None else (self.room, self.actor, self.key)
            return Touches(members=((self.room, self.actor),), key=key)
        assert self.to is not None
        return Touches(direct=((self.actor, self.to),))

    def decide(self, tx: Transaction) -> Outcome[Posted]:
        events: list[Event] = []
        followed: list[Event] = []
        if self.room is not None:
            room, member = require_in(tx, self.room, self.actor, Action.POST)
        else:
            assert self.to is not None
            if self.reply_to is not None and direct.Between(self.actor, self.to).answer(tx).room is None:
                raise no_such_reply(self.reply_to)
            if self.thread is not None and direct.Between(self.actor, self.to).answer(tx).room is None:
                raise threads.no_such_root(self.thread)
            room, events = direct.open_between(tx, self.actor, self.to, self.limits)
            member = tx.members.get(room.id, self.actor)
        if self.key is not None:
            known = tx.messages.keyed(room.id, self.actor, self.key)
            if known is not None:
                return Outcome(Posted(MessageEvent.of(known), created=False), list(events))
        if self.reply_to is not None and self.reply_to > room.seq:
            raise no_such_reply(self.reply_to)
        root = None if self.thread is None else threads.root(tx, room, self.thread)
        author = tx.accounts.get(self.actor)
        assert author is not None
        # Within a room time does not go back: listings across rooms are merged by it.
        at = room.last_at = clock.next_at(room.last_at)
        room.seq += 1
        room.version += 1
        message = Message(
            room=room.id,
            seq=room.seq,
            version=room.version,
            sender=author.sender(),
            content=self.content,
            at=clock.rfc3339(at),
            deleted=False,
            mentions=called(tx, room, self.named),
            reactions=[],
            reply_to=self.reply_to,
            kind=self.kind,
            extra=self.extra,
            thread=None if root is None else Thread(root.seq, also_in_room=self.also_in_room),
        )
        record = MessageRecord(message, at, self.key, source=self.source)
        if root is None:
            tx.messages.add(record)
            event = MessageEvent.of(message)
        else:
            event, followed = threads.add(tx, room, root, record)
        tx.rooms.save(room)
        if member is not None and member.rank is not None and not message.is_thread_only:
            # Who writes in a room has read it: that keeps `unread` a difference of two numbers.
            member.read_seq = room.seq
            member.delivered_seq = room.seq
            member.archived_seq = None
            member.marked_unread = False
            member.added_by = None
            tx.members.save(member)
        events.append(RoomCommitted(room.id, room.version, event))
        # Entries of a user's stream are published in the order in which they were added.
        events += followed
        events += user_stream.of_message(tx, room, message, event, message.mentions, is_new=True)
        return Outcome(Posted(event, created=True), events)


class EditMessage(Struct, frozen=True):
    """Replace the content of the actor's message, checked by `amend`, and the `extra` if there is one: it is of `kind`.

    Up to `kept` former texts are stored.
    """

    actor: int
    room: int
    seq: int
    content: str
    kept: int
    named: Candidates = ()
    kind: str = TEXT
    extra: Extra | None = None
    reserved: frozenset[str] = frozenset()
    """Kinds whose messages the actor may not edit: their text says what the server made."""

    def touches(self) -> Touches:
        return Touches(members=((self.room, self.actor),))

    def decide(self, tx: Transaction) -> Outcome[Message]:
        room, _ = require_in(tx, self.room, self.actor, Action.EDIT_OWN)
        message = find(tx, room.id, self.seq)
        if message.sender.id != self.actor:
            raise NotAllowed("Only its author can edit a message.", reason="not_author")
        if message.kind in self.reserved:
            raise InvalidInput("messages of this kind are made by the server", "kind", "reserved")
        if self.extra is not None and message.kind != self.kind:
            raise InvalidInput(f"the message is of kind {message.kind}", "kind", "not_possible")
        extra = message.extra if self.extra is None else self.extra
        if (message.content, message.extra) == (self.content, extra):
            return Outcome(MessageEvent.of(message))
        at = clock.rfc3339(clock.now())
        room.version += 1
        if message.content != self.content:
            tx.edits.add(room.id, self.seq, room.version, Edit(message.content, at), self.kept)
        message.content = self.content
        message.extra = extra
        message.edited_at = at
        message.version = room.version
        mentioned = message.mentions
        message.mentions = called(tx, room, self.named)
        tx.messages.save(message)
        tx.rooms.save(room)
        event, followed = threads.changed(tx, message, mentioned)
        entries = user_stream.of_message(tx, room, message, event, [*mentioned, *message.mentions])
        return Outcome(event, [RoomCommitted(room.id, room.version, event), *followed, *entries])


Composed = TypeVar("Composed", PostMessage, EditMessage)


class DeleteMessage(Struct, frozen=True):
    """Delete the actor's message, or another one if the rank allows it. A tombstone with the `seq` stays.

    Deleting what is deleted changes nothing.
    """

    actor: int
    room: int
    seq: int

    def touches(self) -> Touches:
        return Touches(members=((self.room, self.actor),))

    def decide(self, tx: Transaction) -> Outcome[Message]:
        room, _ = require_in(tx, self.room, self.actor, Action.READ)
        message = tx.messages.get(room.id, self.seq)
        if message is None:
            raise NotFound(f"There is no message {self.seq} in this room.", reason="no_message")
        own = message.sender.id == self.actor
        require_in(tx, self.room, self.actor, Action.DELETE_OWN if own else Action.DELETE_ANY)
        if message.deleted:
            return Outcome(MessageEvent.of(message))
        room.version += 1
        tx.reactions.clear(message)
        tx.edits.drop(room.id, self.seq)
        message.content = ""
        message.kind = TEXT
        message.extra = None
        message.deleted = True
        message.edited_at = None
        message.version = room.version
        mentioned, message.mentions = message.mentions, []
        message.reactions = []
        if message.pinned:
            message.pinned = False
            tx.pins.drop(room.id, message.seq)
        tx.messages.save(message)
        tx.rooms.save(room)
        threads.discount(tx, message)
        event, _ = threads.changed(tx, message, mentioned)
        entries = user_stream.of_message(tx, room, message, event, mentioned)
        return Outcome(event, [RoomCommitted(room.id, room.version, event), *entries])


def compose(
    actor: int,
    content: str,
    limits: Limits,
    room: int | None = None,
    to: Who | None = None,
    key: str | None = None,
    reply_to: int | None = None,
    *,
    thread: int | None = None,
    also_in_room: bool = False,
    kind: str = TEXT,
    extra: Extra | None = None,
    kinds: MessageKinds = ONLY_TEXT,
    from_client: bool = True,
) -> PostMessage:
    """Check what can be checked without the store. `kinds` are those of the server.

    Raises:
        InvalidInput: blank or too long content; a key that cannot be kept; both or neither of `room` and `to`; a kind
            that is not known, or not for clients; an `extra` that does not fit it; `also_in_room` without a `thread`.
    """
    if (room is None) == (to is None):
        raise InvalidInput(
            "give either a room, or a person to write to", "room" if room is None else "to", "not_possible"
        )
    if key is not None:
        storable(key, "key")
    if also_in_room and thread is None:
        raise InvalidInput("only a reply in a thread can be sent to the room as well", "also_in_room", "not_possible")
    if kind != TEXT or extra is not None:
        content, extra = kinds.posted(kind, extra, content, from_client)
    content = message_text(content, limits.message_length)
    # msgspec omits a default by identity, which a string from JSON does not have.
    kind = TEXT if kind == TEXT else kind
    named = candidates(content)
    return PostMessage(
        actor, content, room, to, key, reply_to, limits, named, kind, extra, thread, also_in_room=also_in_room
    )


def amend(
    actor: int,
    room: int,
    seq: int,
    content: str,
    limits: Limits,
    *,
    kind: str = TEXT,
    extra: Extra | None = None,
    kinds: MessageKinds = ONLY_TEXT,
) -> EditMessage:
    """The same for an edit.

    Raises InvalidInput: blank or too long content; an `extra` that does not fit the kind, or cannot be edited.
    """
    if kind != TEXT or extra is not None:
        content, extra = kinds.edited(kind, extra, content)
    content = message_text(content, limits.message_length)
    kept, named = limits.edits_per_message, candidates(content)
    return EditMessage(actor, room, seq, content, kept, named, kind, extra, kinds.reserved)


def with_content(command: Composed, content: str, limits: Limits) -> Composed:
    """The same command with another content. Raises InvalidInput: blank or too long content.

    A forwarded message becomes a text: it would show what the author wrote in place of the new content.
    """
    if command.kind == FORWARD and isinstance(command, PostMessage):
        content = message_text(content, len(command.content) + limits.message_length)
        return replace(command, content=content, kind=TEXT, extra=None, source=None)
    content = message_text(content, limits.message_length)
    return replace(command, content=content, named=candidates(content))


def no_such_reply(seq: int) -> InvalidInput:
    return InvalidInput(f"there is no message {seq} in this room", "reply_to", "no_such")
