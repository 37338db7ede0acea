"""Messages: post, edit, delete, read history."""

from bisect import bisect_left

from msgspec import Struct

from hubbub.chat import clock, direct, inbox, notices
from hubbub.chat.access import require_in
from hubbub.chat.events import Event, MessageEvent, RoomCommitted
from hubbub.chat.limits import Limits
from hubbub.chat.mentions import Candidates, called, candidates
from hubbub.chat.permissions import Action
from hubbub.chat.records import MessageRecord, RoomRecord
from hubbub.chat.requests import Who
from hubbub.chat.shapes import Edit, Message, Page
from hubbub.chat.text import message_text, storable
from hubbub.chat.transaction import Outcome, Snapshot, Touches, Transaction
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

    def touches(self) -> Touches:
        if self.room is not None:
            key = None if self.key is None else (self.room, self.actor, self.key)
            return Touches(members=((self.room, self.actor),), key=key)
        assert self.to is not None
        return Touches(direct=((self.actor, self.to),))

    def decide(self, tx: Transaction) -> Outcome[Posted]:
        events: list[Event] = []
        if self.room is not None:
            room, member = require_in(tx, self.room, self.actor, Action.POST)
        else:
            assert self.to is not None
            if self.reply_to is not None and direct.Between(self.actor, self.to).answer(tx).room is None:
                raise _no_such_reply(self.reply_to)
            room, events = direct.open_between(tx, self.actor, self.to, self.limits)
            member = tx.members.get(room.id, self.actor)
        if self.key is not None:
            known = tx.messages.keyed(room.id, self.actor, self.key)
            if known is not None:
                return Outcome(Posted(MessageEvent.of(known), created=False), list(events))
        if self.reply_to is not None and self.reply_to > room.seq:
            raise _no_such_reply(self.reply_to)
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
        )
        tx.messages.add(MessageRecord(message, at, self.key))
        tx.rooms.save(room)
        if member is not None and member.rank is not None:
            # Who writes in a room has read it: that keeps `unread` a difference of two numbers.
            member.read_seq = room.seq
            member.delivered_seq = room.seq
            member.archived_seq = None
            member.marked_unread = False
            member.added_by = None
            tx.members.save(member)
        event = MessageEvent.of(message)
        arrival = inbox.note(tx, room, message)
        committed = RoomCommitted(room.id, room.version, event, arrival=arrival)
        return Outcome(Posted(event, created=True), [*events, committed])


class EditMessage(Struct, frozen=True):
    """Replace the content of the actor's message, checked by `amend`. Up to `kept` former texts are stored."""

    actor: int
    room: int
    seq: int
    content: str
    kept: int
    named: Candidates = ()

    def touches(self) -> Touches:
        return Touches(members=((self.room, self.actor),))

    def decide(self, tx: Transaction) -> Outcome[Message]:
        room, _ = require_in(tx, self.room, self.actor, Action.EDIT_OWN)
        message = find(tx, room.id, self.seq)
        if message.sender.id != self.actor:
            raise NotAllowed("Only its author can edit a message.", reason="not_author")
        if message.content == self.content:
            return Outcome(MessageEvent.of(message))
        at = clock.rfc3339(clock.now())
        room.version += 1
        tx.edits.add(room.id, self.seq, room.version, Edit(message.content, at), self.kept)
        message.content = self.content
        message.edited_at = at
        message.version = room.version
        message.mentions = called(tx, room, self.named)
        tx.messages.save(message)
        tx.rooms.save(room)
        event = MessageEvent.of(message)
        arrival = inbox.note(tx, room, message)
        return Outcome(event, [RoomCommitted(room.id, room.version, event, arrival=arrival)])


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
        for reaction in message.reactions:
            for user in reaction.users:
                tx.reactions.drop(message, user, reaction.emoji)
        tx.edits.drop(room.id, self.seq)
        message.content = ""
        message.deleted = True
        message.edited_at = None
        message.version = room.version
        message.mentions = []
        message.reactions = []
        tx.messages.save(message)
        tx.rooms.save(room)
        event = MessageEvent.of(message)
        arrival = inbox.note(tx, room, message)
        return Outcome(event, [RoomCommitted(room.id, room.version, event, arrival=arrival)])


def compose(
    actor: int,
    content: str,
    limits: Limits,
    room: int | None = None,
    to: Who | None = None,
    key: str | None = None,
    reply_to: int | None = None,
) -> PostMessage:
    """Check what can be checked without the store.

    Raises:
        InvalidInput: blank or too long content; a key that cannot be kept; both or neither of `room` and `to`.
    """
    if (room is None) == (to is None):
        raise InvalidInput(
            "give either a room, or a person to write to", "room" if room is None else "to", "not_possible"
        )
    if key is not None:
        storable(key, "key")
    content = message_text(content, limits.message_length)
    return PostMessage(actor, content, room, to, key, reply_to, limits, candidates(content))


def amend(actor: int, room: int, seq: int, content: str, limits: Limits) -> EditMessage:
    """The same for an edit. Raises InvalidInput: blank or too long content."""
    content = message_text(content, limits.message_length)
    return EditMessage(actor, room, seq, content, limits.edits_per_message, candidates(content))


def _no_such_reply(seq: int) -> InvalidInput:
    return InvalidInput(f"there is no message {seq} in this room", "reply_to", "no_such")


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

    def answer(self, snapshot: Snapshot) -> Page:
        room, _ = require_in(snapshot, self.room, self.actor, Action.READ)
        lowest = 1 if self.after is None else min(self.after, room.seq) + 1
        highest = room.seq if self.before is None else min(self.before - 1, room.seq)
        first, newest = lowest, self.after is None
        around = self.around if self.since is None else self._first_since(snapshot, room, clock.rfc3339(self.since))
        if around is not None:
            # The half before the message and the half from it on; at either end the other half grows.
            first, newest = max(lowest, min(around - self.limit // 2, highest - self.limit + 1)), False
        found = snapshot.messages.page(room.id, first, highest, self.limit, newest)
        more_before, more_after = bool(found) and found[0].seq > lowest, bool(found) and found[-1].seq < highest
        wanted = more_before if newest else more_after
        has_more = more_before or more_after if around is not None else wanted
        beside = notices.beside(snapshot, room, [message.seq for message in found]) if self.with_notices else []
        return Page(found, has_more, beside)

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
        return Page(found[: self.limit], has_more=len(found) > self.limit)


class OneMessage(Struct, frozen=True):
    actor: int
    room: int
    seq: int

    def answer(self, snapshot: Snapshot) -> Message:
        room, _ = require_in(snapshot, self.room, self.actor, Action.READ)
        message = snapshot.messages.get(room.id, self.seq)
        if message is None:
            raise NotFound(f"There is no message {self.seq} in this room.", reason="no_message")
        return message


class Edits(Struct, frozen=True):
    """What a message said before, oldest first."""

    actor: int
    room: int
    seq: int

    def answer(self, snapshot: Snapshot) -> list[Edit]:
        room, _ = require_in(snapshot, self.room, self.actor, Action.READ)
        find(snapshot, room.id, self.seq)
        return snapshot.edits.of(room.id, self.seq)
