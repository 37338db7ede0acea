"""Pinned and saved messages and drafts over REST, `/ws` and the Python client, as people use them."""

from datetime import UTC, datetime, timedelta

import pytest

from hubbub.client import Client
from hubbub.errors import Conflict, InvalidInput, NotAllowed, NotFound
from tests.conftest import MakeServer, People, newcomer, user_id


def in_seconds(seconds: float) -> str:
    return (datetime.now(UTC) + timedelta(seconds=seconds)).isoformat(timespec="milliseconds").replace("+00:00", "Z")


async def room_of_two(people: People) -> tuple[Client, Client, int]:
    alice, bob = await people(2)
    room = await alice.create_room(kind="private", name="plans", members=[user_id(bob)])
    await alice.send("where we meet", room=room.id)
    return alice, bob, room.id


async def test_a_pin_reaches_everybody_in_the_room(people: People, sockets) -> None:
    alice, bob, room = await room_of_two(people)
    at_alice = await sockets(alice)
    pinned = await bob.pin(room, 1)
    assert pinned.pinned
    assert (await at_alice.expect("message", pinned=True))["seq"] == 1
    received = await at_alice.expect("notice", kind="pinned")
    assert (received["seq"], received["actor"]["id"]) == (1, user_id(bob))
    (pin,) = await alice.pins(room)
    assert (pin.message, pin.by.id) == (await alice.message(room, 1), user_id(bob))
    assert not (await alice.pin(room, 1, on=False)).pinned
    assert "pinned" not in await at_alice.expect("message", seq=1)
    await at_alice.expect("notice", kind="unpinned")
    assert await alice.pins(room) == []
    # Sent by a client that was away while it happened, too.
    version = (await alice.room(room)).version
    await alice.pin(room, 1)
    changes = await bob.changes(room, version)
    assert ([m.pinned for m in changes.messages], [n.kind for n in changes.notices]) == ([True], ["pinned"])


async def test_who_may_not_pin_is_told_why(people: People) -> None:
    alice, bob, room = await room_of_two(people)
    (carol,) = await people(1)
    hall = await alice.create_room(f"hall of {alice.user.username}")
    await bob.join(hall.id)
    sent = await bob.send("mine", room=hall.id)
    with pytest.raises(NotAllowed) as low:
        await bob.pin(hall.id, sent.seq)
    assert low.value.reason == "rank_too_low"
    for seq, reason in ((2, "no_message"), (1, "no_room")):
        with pytest.raises(NotFound) as refused:
            await (alice if seq == 2 else carol).pin(room, seq)
        assert refused.value.reason == reason
    with pytest.raises(NotFound):
        await carol.pins(room)


async def test_a_saved_message_and_its_reminder(people: People) -> None:
    _, bob, room = await room_of_two(people)
    begin = (await bob.stream()).position
    saved = await bob.save_message(room, 1)
    assert (saved.room, saved.seq, saved.remind_at, saved.message) == (room, 1, None, await bob.message(room, 1))
    assert [one.seq for one in (await bob.saved()).saved] == [1]
    await bob.forget_saved(room, 1)
    await bob.forget_saved(room, 1)
    assert (await bob.saved()).saved == []
    live = bob.live(stream=begin)
    async with live:
        await bob.save_message(room, 1, remind_at=in_seconds(1))
        async for event in live:
            if getattr(event, "kind", None) == "reminder":
                assert (event.room, event.seq) == (room, 1)
                break
    (kept,) = (await bob.saved()).saved
    assert (kept.remind_at, kept.reminded_at is None) == (None, False)
    # Seen: saved without another reminder.
    assert (await bob.save_message(room, 1)).reminded_at is None
    assert [one.reminded_at for one in (await bob.saved()).saved] == [None]
    (entry,) = (await bob.stream(begin, kind="reminder")).entries
    assert entry.message is not None
    assert entry.message.content == "where we meet"
    for wrong, code in (
        (in_seconds(-60), "not_possible"),
        ("tomorrow", "bad_format"),
        ("2026-02-31T00:00:00Z", "bad_format"),
        ("9999-12-31T23:59:59-23:59", "bad_format"),
        ("9999-12-31T23:59:59.9999Z", "bad_format"),
    ):
        with pytest.raises(InvalidInput) as refused:
            await bob.save_message(room, 1, remind_at=wrong)
        assert [(one.field, one.code) for one in refused.value.errors] == [("remind_at", code)]


async def test_a_reminder_comes_after_a_restart(make_server: MakeServer) -> None:
    server = make_server()
    alice = await newcomer(server.url)
    room = await alice.create_room(kind="private", name="notes")
    await alice.send("tea", room=room.id)
    begin = (await alice.stream()).position
    await alice.save_message(room.id, 1, remind_at=in_seconds(1))
    server.kill()
    server.start()
    async with alice.live(stream=begin) as live:
        async for event in live:
            if getattr(event, "kind", None) == "reminder":
                break
    await alice.__aexit__()


async def test_saved_messages_are_paged(people: People) -> None:
    alice, bob, room = await room_of_two(people)
    for number in range(4):
        await alice.send(f"{number}", room=room)
    for seq in range(1, 6):
        await bob.save_message(room, seq)
    seen, after = [], None
    while True:
        page = await bob.saved(after, limit=2)
        seen += [one.seq for one in page.saved]
        assert page.has_more == (page.next is not None)
        if page.next is None:
            break
        after = page.next
    assert seen == [5, 4, 3, 2, 1]
    for wrong in ("1-2", "x", "1-2-3-4"):
        with pytest.raises(InvalidInput) as refused:
            await bob.saved(wrong)
        assert refused.value.errors[0].field == "after"


async def test_a_draft_follows_from_device_to_device(people: People) -> None:
    alice, bob, room = await room_of_two(people)
    await bob.send("a thread", room=room, thread=1)
    begin = (await bob.stream()).position
    async with bob.live(stream=begin) as laptop:
        first = await bob.save_draft(room, "I was about to", reply_to=1)
        assert first is not None
        assert await bob.draft(room) == first
        assert (await bob.save_draft(room, "in the thread", thread=1)).thread == 1
        received = []
        async for event in laptop:
            if getattr(event, "kind", None) == "draft":
                received.append((event.room, event.seq))
                if len(received) == 2:
                    break
    assert received == [(room, None), (room, 1)]
    assert [one.content for one in await bob.drafts()] == ["in the thread", "I was about to"]
    with pytest.raises(Conflict) as late:
        await bob.save_draft(room, "older", at=in_seconds(-60))
    assert late.value.reason == "newer_draft"
    assert await bob.save_draft(room, "  \n ") is None
    await bob.remove_draft(room, thread=1)
    await bob.remove_draft(room, thread=1)
    assert await bob.drafts() == []
    with pytest.raises(NotFound) as gone:
        await bob.draft(room)
    assert gone.value.reason == "no_draft"
    assert await alice.drafts() == []
    with pytest.raises(InvalidInput) as refused:
        await bob.save_draft(room, "x" * 10_001)
    assert [(one.field, one.code) for one in refused.value.errors] == [("content", "too_long")]
    with pytest.raises(InvalidInput):
        await bob.save_draft(room, "nul \x00")
