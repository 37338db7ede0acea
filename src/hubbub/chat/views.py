"""Presenters: records as the shapes that clients see."""

from hubbub.chat.clock import rfc3339
from hubbub.chat.records import Account, MemberRecord, RoomRecord
from hubbub.chat.shapes import Room
from hubbub.chat.transaction import Snapshot


def plain(room: RoomRecord) -> Room:
    """The room as everybody sees it."""
    return Room(
        id=room.id,
        kind=room.kind,
        seq=room.seq,
        version=room.version,
        member_count=room.member_count,
        created_at=rfc3339(room.created_at),
        name=room.name,
        topic=room.topic,
        created_by=room.created_by,
        archived_at=None if room.archived_at is None else rfc3339(room.archived_at),
        last_at=rfc3339(room.last_at) if room.last_at else None,
        joins_as=room.joins_as,
    )


def all_seen_by(snapshot: Snapshot, user: int) -> list[Room]:
    """The rooms of a user as `seen_by` shows each, by ascending id; a few queries, however many rooms."""
    members = snapshot.members.of(user)
    found = [(member, snapshot.rooms.get(member.room)) for member in members]
    rooms = [(member, room) for member, room in found if room is not None and room.deleted_at is None]
    peers = snapshot.accounts.many({room.peer_of(user) for _, room in rooms if room.pair is not None})
    unread = snapshot.members.unread_of(user)
    seen = []
    for member, room in rooms:
        peer = None if room.pair is None else peers.get(room.peer_of(user))
        uncounted, mentions = unread.get(room.id, (0, 0))
        seen.append(_seen(room, peer, member, max(0, room.seq - member.read_seq - uncounted), mentions))
    return seen


def seen_by(snapshot: Snapshot, room: RoomRecord, member: MemberRecord | None, user: int) -> Room:
    """The room as one user sees it, with the peer of a direct room and the user's membership."""
    peer = None if room.pair is None else snapshot.accounts.get(room.peer_of(user))
    if member is None or member.rank is None:
        return _seen(room, peer, None, 0, 0)
    return _seen(room, peer, member, *snapshot.members.unread(member, room))


def _seen(room: RoomRecord, peer: Account | None, member: MemberRecord | None, unread: int, mentions: int) -> Room:
    seen = plain(room)
    seen.peer = None if peer is None else peer.user()
    seen.me = None if member is None else member.membership(room, unread, mentions)
    return seen
