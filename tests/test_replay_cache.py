"""The replay cache brings returning clients to the same state as the store."""

from dataclasses import dataclass, field

from hypothesis import given
from hypothesis import strategies as st

from hubbub.chat.events import MemberEvent, MessageEvent, ReactionEvent, RoomCommitted
from hubbub.chat.shapes import Sender, User
from hubbub.live.sync.replay_cache import ReplayCache
from hubbub.live.wire.frame import Frame, payload

SECRET = "what was deleted"


@dataclass
class Room:
    """A room as stored: each message's content, with the version of the change."""

    number: int
    version: int = 0
    messages: dict[int, tuple[int, str]] = field(default_factory=dict)


def change(room: Room, seq: int, kind: str) -> RoomCommitted:
    room.version += 1
    if kind == "member":
        event: MessageEvent | ReactionEvent | MemberEvent = MemberEvent(
            room.number, room.version, User(1, "ann", "Ann", "online"), "member"
        )
    elif kind == "reaction":
        event = ReactionEvent(room.number, seq, room.version, 1, "👍", "add")
    else:
        content = "" if kind == "delete" else f"{SECRET} {seq}"
        room.messages[seq] = (room.version, content)
        event = MessageEvent(
            room=room.number,
            seq=seq,
            version=room.version,
            sender=Sender(1, "ann", "Ann"),
            content=content,
            at="2026-01-01T00:00:00.000Z",
            deleted=kind == "delete",
            mentions=[],
            reactions=[],
        )
    return RoomCommitted(room.number, room.version, event)


CHANGES = st.lists(
    st.tuples(st.integers(1, 2), st.integers(1, 4), st.sampled_from(["post", "edit", "delete", "reaction", "member"])),
    max_size=60,
)


@given(CHANGES, st.integers(300, 5000), st.data())
def test_what_is_told_again_is_what_the_store_would_tell(
    changes: list[tuple[int, int, str]], most: int, data: st.DataObject
) -> None:
    replay_cache = ReplayCache(most)
    rooms = {number: Room(number) for number in (1, 2)}
    for number, seq, kind in changes:
        committed = change(rooms[number], seq, kind)
        replay_cache.add(committed, Frame.of(committed.event))
        since = data.draw(st.integers(0, rooms[number].version), label="since")
        frames = replay_cache.since(number, since, rooms[number].version, 50, 10_000)
        if frames is None:
            continue
        received = [frame.plain for frame in frames]
        versions = [int(payload(frame).split(b'"version":')[1].split(b",")[0].rstrip(b"}")) for frame in received]
        assert versions == sorted(versions)
        assert set(versions) <= set(range(since + 1, rooms[number].version + 1))
        for seq, (version, content) in rooms[number].messages.items():
            about = [frame for frame in received if b'"seq":%d,' % seq in frame and b'"type":"message"' in frame]
            assert len(about) == (1 if version > since else 0), "each changed message once, as it is now"
            assert all(content.encode() in frame for frame in about)
            assert content or not any(SECRET.encode() in frame for frame in about)


def test_a_gap_and_a_change_of_members_are_left_to_the_store() -> None:
    replay_cache, room = ReplayCache(100_000), Room(1)
    for seq in range(1, 4):
        committed = change(room, seq, "post")
        replay_cache.add(committed, Frame.of(committed.event))
    assert len(replay_cache.since(1, 1, 3, 2, 10_000) or ()) == 2
    assert replay_cache.since(1, 1, 3, 1, 10_000) is None, "more than one asks for"
    assert replay_cache.since(1, 1, 3, 2, 100) is None, "more than may wait for a client"
    assert replay_cache.since(1, 3, 4, 9, 10_000) is None, "the store knows of more than was told here"
    change(room, 4, "post")  # never published here
    committed = change(room, 5, "post")
    replay_cache.add(committed, Frame.of(committed.event))
    assert replay_cache.since(1, 3, 5, 9, 10_000) is None
    assert len(replay_cache.since(1, 4, 5, 9, 10_000) or ()) == 1
    committed = change(room, 5, "member")
    replay_cache.add(committed, Frame.of(committed.event))
    assert replay_cache.since(1, 5, 6, 9, 10_000) is None
    assert replay_cache.since(2, 0, 1, 9, 10_000) is None


def test_a_version_from_the_future_is_left_to_the_store() -> None:
    replay_cache, room = ReplayCache(100_000), Room(1)
    committed = change(room, 1, "post")
    replay_cache.add(committed, Frame.of(committed.event))
    assert replay_cache.since(1, 1, 1, 9, 10_000) == []
    assert replay_cache.since(1, 2, 1, 9, 10_000) is None


def test_it_holds_no_more_than_it_may() -> None:
    replay_cache, rooms = ReplayCache(2000), [Room(number) for number in range(1, 50)]
    for seq in range(1, 20):
        for room in rooms:
            committed = change(room, seq, "post")
            replay_cache.add(committed, Frame.of(committed.event))
    kept = [
        frames
        for room in rooms
        for frames in [replay_cache.since(room.number, room.version - 1, room.version, 9, 10_000)]
        if frames
    ]
    assert 0 < sum(len(frame.plain) for frames in kept for frame in frames) <= 2000
