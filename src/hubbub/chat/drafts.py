"""Drafts: what a user has begun to write, on any of their devices.

The last writer wins, by the time at which the text was typed: what a device sends late, such as after a connection was
lost, does not replace what was typed later on another one. A removed draft leaves its time for the same reason; the
latest of these times are kept.
"""

from msgspec import Struct

from hubbub.chat import clock, threads, user_stream
from hubbub.chat.access import alive, may_read, require_in, unreadable
from hubbub.chat.kept_shapes import Draft
from hubbub.chat.limits import Limits
from hubbub.chat.permissions import Action
from hubbub.chat.records import DraftRecord
from hubbub.chat.text import storable
from hubbub.chat.transaction import Outcome, Snapshot, Touches, Transaction
from hubbub.errors import Conflict, InvalidInput, LimitExceeded, NotFound


class SaveDraft(Struct, frozen=True):
    """Keep a draft, or remove it (`content` empty).

    `root`: the thread in which it is written; 0 for the room itself. `at`: when it was typed (ms); None for now, and a
    time in the future counts as now.
    """

    actor: int
    room: int
    root: int
    content: str
    reply_to: int | None
    at: int | None
    limits: Limits

    def touches(self) -> Touches:
        return Touches(members=((self.room, self.actor),))

    def decide(self, tx: Transaction) -> Outcome[Draft | None]:
        alive(tx, self.actor)
        known = tx.drafts.get(self.actor, self.room, self.root)
        now = tx.now()
        at = now if self.at is None else min(self.at, now)
        if not self.content.strip():
            return self._remove(tx, known, at)
        room, _ = require_in(tx, self.room, self.actor, Action.READ)
        longest = self.limits.message_length
        if len(self.content) > longest:
            raise InvalidInput(f"is longer than {longest} characters", "content", "too_long", max=longest)
        storable(self.content, "content")
        if self.root:
            threads.find_root(tx, room, self.root)
        if known is not None and known.at > at:
            raise _newer()
        gives_way = None if known is not None and known.content else self._giving_way(tx)
        if gives_way is not None:
            tx.drafts.save(gives_way)
        record = DraftRecord(self.actor, self.room, self.root, self.content, self.reply_to, at)
        self._store(tx, known, record)
        if known is not None and (known.content, known.reply_to) == (record.content, record.reply_to):
            return Outcome(_shown(record))
        return Outcome(_shown(record), [user_stream.of_draft(tx, record)])

    def _remove(self, tx: Transaction, known: DraftRecord | None, at: int) -> Outcome[Draft | None]:
        """Also from a room that the actor cannot read any more. What comes late does not bring it back."""
        has_draft = known is not None and bool(known.content)
        if known is not None and known.at > at:
            if has_draft:
                raise _newer()
            return Outcome(None)
        if known is None:
            room = tx.rooms.get(self.room)
            if not may_read(room, tx.members.get(self.room, self.actor)):
                return Outcome(None)
            assert room is not None
            if self.root > room.seq:
                return Outcome(None)
        record = DraftRecord(self.actor, self.room, self.root, "", None, at)
        self._store(tx, known, record)
        return Outcome(None, [user_stream.of_draft(tx, record)] if has_draft else [])

    def _giving_way(self, tx: Transaction) -> DraftRecord | None:
        """None while there is space, or else the oldest draft that the actor may not read any more, as removed."""
        most = self.limits.drafts_per_user
        # The second number costs reading all their texts.
        if tx.drafts.count_all(self.actor) < most or tx.drafts.count(self.actor) < most:
            return None
        oldest = tx.drafts.of(self.actor, most)[::-1]
        lost = unreadable(tx, self.actor, (draft.room for draft in oldest))
        for draft in oldest:
            if draft.room in lost:
                return DraftRecord(draft.user, draft.room, draft.root, "", None, draft.at)
        raise LimitExceeded(f"You can keep {most} drafts: remove some first.", reason="too_many_drafts")

    def _store(self, tx: Transaction, known: DraftRecord | None, record: DraftRecord) -> None:
        tx.drafts.save(record)
        most = self.limits.drafts_per_user
        # The times of removed ones are for devices that are late by minutes or days: they are not kept for ever.
        if known is None and tx.drafts.count_all(self.actor) > 2 * most:
            tx.drafts.drop_removed(self.actor, most // 2)


def _newer() -> Conflict:
    return Conflict("A newer draft was saved on another device: read it.", reason="newer_draft")


class DraftIn(Struct, frozen=True):
    """The actor's draft in a room, or in one of its threads. Raises NotFound."""

    actor: int
    room: int
    root: int

    def answer(self, snapshot: Snapshot) -> Draft:
        require_in(snapshot, self.room, self.actor, Action.READ)
        record = snapshot.drafts.get(self.actor, self.room, self.root)
        shown = None if record is None else _shown(record)
        if shown is None:
            raise NotFound("There is no draft here.", reason="no_draft")
        return shown


class Drafts(Struct, frozen=True):
    """The actor's drafts in rooms that they may read, the latest first."""

    actor: int
    limits: Limits

    def answer(self, snapshot: Snapshot) -> list[Draft]:
        alive(snapshot, self.actor)
        found = []
        for record in snapshot.drafts.of(self.actor, self.limits.drafts_per_user):
            room, member = snapshot.rooms.get(record.room), snapshot.members.get(record.room, self.actor)
            shown = _shown(record)
            if shown is not None and may_read(room, member):
                found.append(shown)
        return found


def _shown(record: DraftRecord) -> Draft | None:
    if not record.content:
        return None
    return Draft(record.room, record.content, clock.rfc3339(record.at), record.root or None, record.reply_to)
