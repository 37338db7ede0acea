"""Coming into rooms and going out of them at the very moment of connecting or resuming: a client knows its rooms."""

import asyncio
from random import Random

import pytest

from hubbub.chat.shapes import Kind
from hubbub.client import Client
from tests.conftest import newcomer, user_id
from tests.server import Server
from tests.watcher import Watcher

ROUNDS = 40


@pytest.mark.parametrize("kind", ["public", "private"])
@pytest.mark.parametrize("resuming", [False, True], ids=["anew", "resuming"])
async def test_rooms_are_right_whenever_one_came_or_went(server: Server, kind: Kind, resuming: bool) -> None:
    random = Random(f"{kind} {resuming}")
    alice, bob = await newcomer(server.url), await newcomer(server.url)
    room = (await alice.create_room(f"{kind} {resuming}", kind, members=[user_id(bob)])).id
    is_in, since = True, {}
    for _ in range(ROUNDS):
        watcher = Watcher(bob)
        watcher.live = bob.live(since)

        async def come_and_go(times: int, is_in: bool = is_in) -> bool:
            for _ in range(times):
                await (alice.remove_member(room, user_id(bob)) if is_in else alice.add_member(room, user_id(bob)))
                is_in = not is_in
            return is_in

        is_in, _ = await asyncio.gather(come_and_go(random.randint(1, 4)), watcher.start())
        await knows(watcher, {room} if is_in else set())
        await hears_as_it_should(alice, watcher, room, is_in)
        assert watcher.faults == []
        since = dict(watcher.live.versions) if resuming else {}
        await watcher.stop()


async def knows(watcher: Watcher, rooms: set[int]) -> None:
    await watcher.until(lambda: watcher.mine == rooms, f"that {rooms} are its rooms")


async def hears_as_it_should(alice: Client, watcher: Watcher, room: int, is_in: bool) -> None:
    text = f"is there anybody? {is_in}"
    sent = await alice.send(text, room=room)
    if is_in:
        await watcher.until(lambda: sent.seq in watcher.copies.get(room, {}), f"message {sent.seq}")
    else:
        # What comes after it on the same line shows that it did not come.
        other = await alice.create_room("another", "private", members=[watcher.client.user.id])
        await knows(watcher, {other.id})
        assert sent.seq not in watcher.copies.get(room, {})
        await alice.delete_room(other.id)
        await knows(watcher, set())
