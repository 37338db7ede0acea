"""Two users talk: accounts, a room, direct messages, live and in history."""

import asyncio

import pytest

from hubbub.chat.events import MessageEvent
from hubbub.errors import NotFound
from tests.conftest import user_id
from tests.raw import PATIENCE


async def test_two_people_talk_in_a_room_and_directly(people) -> None:
    alice, bob = await people(2)
    room = await alice.create_room(f"talk {alice.user.username}")
    await bob.join(room.id)
    async with alice.live() as at_alice, bob.live() as at_bob:
        await at_alice.ready()
        await at_bob.ready()
        sent = await at_alice.send("Hello in the room", room=room.id)
        answered = await at_bob.send("Hello to you alone", to=alice.user.username)

        async def messages(live, number):
            found = []
            async for event in live:
                if isinstance(event, MessageEvent):
                    found.append((event.room, event.seq, event.content))
                    if len(found) == number:
                        return found

        expected = [(room.id, sent.seq, "Hello in the room"), (answered.room, 1, "Hello to you alone")]
        assert await messages(at_alice, 2) == expected
        assert await messages(at_bob, 2) == expected
    assert [m.content for m in (await bob.history(room.id)).messages] == ["Hello in the room"]
    direct = await alice.room(answered.room)
    assert direct.kind == "direct"
    assert direct.peer.id == user_id(bob)
    assert direct.me.unread == 1
    assert (await bob.room(answered.room)).me.unread == 0


async def test_who_stops_in_the_middle_goes_on_from_there(people) -> None:
    alice, bob = await people(2)
    room = await alice.create_room(f"long talk {alice.user.username}", members=[bob.user.username])
    async with bob.live() as at_bob:
        await at_bob.ready()
        for number in range(3):
            await alice.send(f"number {number}", room=room.id)
        # All frames have arrived, some of which are unread when Bob leaves.
        await at_bob.frame("ping")
        async for event in at_bob:
            if isinstance(event, MessageEvent):
                break
    async with bob.live(at_bob.versions) as again, asyncio.timeout(PATIENCE):
        found = []
        async for event in again:
            if isinstance(event, MessageEvent):
                found.append(event.content)
                if len(found) == 2:
                    break
    assert found == ["number 1", "number 2"]


async def test_a_private_room_does_not_exist_for_others(people) -> None:
    alice, bob, carol = await people(3)
    room = await alice.create_room("ours", kind="private", members=[bob.user.username])
    await bob.send("psst", room=room.id)
    with pytest.raises(NotFound):
        await carol.history(room.id)
    with pytest.raises(NotFound):
        await carol.send("let me in", room=room.id)
    assert room.id not in [found.id for found in await carol.rooms()]


async def test_how_one_keeps_a_room_is_told_to_ones_other_devices(people, sockets) -> None:
    alice, bob = await people(2)
    room = await alice.create_room(f"kept by {alice.user.username}", members=[user_id(bob)])
    first, second, at_bob = await sockets(alice), await sockets(alice), await sockets(bob)
    for change in ({"muted": True}, {"archived": True}, {"marked_unread": True}, {"archived": False, "muted": False}):
        await alice.keep_own(room.id, **change)
        for socket in (first, second):
            received = await socket.expect("membership", room=room.id)
            assert {name: received[name] for name in change} == change
            assert received["user"] == user_id(alice)
    # What changes nothing is not published, and nobody else receives it.
    await alice.keep_own(room.id, muted=False)
    for socket in (first, second, at_bob):
        assert [event for event in await socket.until_quiet() if event["type"] == "membership"] == []
