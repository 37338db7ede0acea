"""Notices: changes of a room and its members, such as joins, new names, archiving.

A notice is no message. It has no `seq` and is never unread. It has a `version` of its own, so that it is published,
resumed and paged like every other change of the room, and belongs after the message that was the last at the time.
"""

from collections.abc import Iterable, Sequence

from msgspec import Struct

from hubbub.chat import clock
from hubbub.chat.access import require_in
from hubbub.chat.events import NoticeEvent, RoomCommitted
from hubbub.chat.limits import Limits
from hubbub.chat.permissions import Action
from hubbub.chat.records import Account, NoticeRecord, RoomRecord
from hubbub.chat.shapes import LARGEST_ID, Kind, Notice, NoticeKind, Sender
from hubbub.chat.transaction import Snapshot, Transaction

MOST_KEPT = 1000
"""Notices kept per room. Older ones are deleted."""
MOST_USERS = 200
"""Users named in one notice."""
MOST_ON_PAGE = 200
"""Notices on one page of messages. If there are more, the latest."""


def names_members(room: RoomRecord, limits: Limits) -> bool:
    """Whether joins and leaves are recorded: not in direct rooms, and not in large ones."""
    return room.kind != "direct" and room.member_count <= limits.large_room


def note(
    tx: Transaction,
    room: RoomRecord,
    kind: NoticeKind,
    actor: Account,
    users: Sequence[Account] = (),
    old: str | None = None,
    new: str | None = None,
    seq: int | None = None,
) -> RoomCommitted:
    """Store a notice of a change that has just been made, and return its event. Users are stored by id, not by name."""
    room.version += 1
    tx.rooms.save(room)
    users = users[:MOST_USERS]
    record = NoticeRecord(
        room.id, room.version, room.seq, clock.now(), kind, actor.id, [user.id for user in users], old, new, seq
    )
    tx.notices.add(record, MOST_KEPT)
    senders = {account.id: account.sender() for account in (actor, *users)}
    return RoomCommitted(room.id, room.version, NoticeEvent.of(_shown(record, senders)))


def between(
    room: RoomRecord, kind: Kind, name: str | None, topic: str | None, archived_at: int | None
) -> list[tuple[NoticeKind, str | None, str | None]]:
    """The notices of a change of a room, each with the old and new name or topic. To be called before the change."""
    found: list[tuple[NoticeKind, str | None, str | None]] = []
    if name != room.name:
        found.append(("renamed", room.name, name))
    if topic != room.topic:
        found.append(("topic", room.topic, topic))
    if kind != room.kind:
        found.append(("made_public" if kind == "public" else "made_private", None, None))
    if archived_at != room.archived_at:
        found.append(("unarchived" if archived_at is None else "archived", None, None))
    return found


def shown(snapshot: Snapshot, records: Sequence[NoticeRecord]) -> list[Notice]:
    """The notices as clients see them, with the present names of users."""
    if not records:
        return []
    senders = snapshot.accounts.senders({user for record in records for user in (record.actor, *record.users)})
    return [_shown(record, senders) for record in records]


def beside(snapshot: Snapshot, room: RoomRecord, first: int, last: int) -> list[Notice]:
    """The notices between the messages of a page, from its first to its last one, and right after that."""
    return shown(snapshot, snapshot.notices.after(room.id, first if first > 1 else 0, last, MOST_ON_PAGE))


class Notices(Struct, frozen=True):
    """A room's notices between two versions, oldest first: the last ones, or with `after` the first."""

    actor: int
    room: int
    limit: int
    before: int | None = None
    after: int | None = None

    def answer(self, snapshot: Snapshot) -> list[Notice]:
        room, _ = require_in(snapshot, self.room, self.actor, Action.READ)
        first = 0 if self.after is None else min(self.after + 1, LARGEST_ID)
        last = LARGEST_ID if self.before is None else self.before - 1
        return shown(snapshot, snapshot.notices.page(room.id, first, last, self.limit, newest=self.after is None))


def _shown(record: NoticeRecord, senders: "dict[int, Sender]") -> Notice:
    return Notice(
        room=record.room,
        version=record.version,
        after_seq=record.after_seq,
        at=clock.rfc3339(record.at),
        kind=record.kind,
        actor=senders[record.actor],
        users=_named(record.users, senders),
        old=record.old,
        new=record.new,
        seq=record.seq,
    )


def _named(users: Iterable[int], senders: "dict[int, Sender]") -> list[Sender]:
    return [senders[user] for user in users]
