"""Every connection ends with what the store has, is sent each change once and in order, and nothing that is not for it.

Random joins, leaves, removals, changes, reconnects and slow reads, on several servers whose network loses, doubles,
delays and reorders what they say to each other, on the real store.
"""

import asyncio
from pathlib import Path
from random import Random

import pytest

from hubbub.chat import members, messages, reactions, rooms
from hubbub.chat.limits import Limits
from hubbub.live.sync import room_sync
from tests.http import PATIENCE
from tests.postgres import Postgres
from tests.sync_world import Watcher, World

STEPS = 150
USERS = 5


def some_step(world: World) -> None:
    random = world.random
    user, other = random.choice(world.users), random.choice(world.users)
    room = random.choice(world.rooms) if world.rooms else 0
    limits, seq = world.limits, random.randint(1, 12)
    watchers = [watcher for watcher in world.watchers if not watcher.closing]
    watcher = random.choice(watchers) if watchers else None
    step = random.random()
    if not world.rooms or step < 0.03:
        kind = random.choice(["public", "private"])
        command = rooms.CreateRoom(user, kind, limits, f"room {random.random()}", members=[other])
        world.submit(command, lambda made: world.rooms.append(made.room.id))
    elif step < 0.15:
        world.submit(messages.compose(user, f"word {random.random()}", limits, room=room))
    elif step < 0.25:
        root, also = random.randint(1, 4), random.random() < 0.3
        text = f"reply {random.random()}"
        world.submit(messages.compose(user, text, limits, room=room, thread=root, also_in_room=also))
    elif step < 0.32:
        world.submit(messages.amend(user, room, seq, f"better {random.random()}", limits))
    elif step < 0.35:
        world.submit(messages.DeleteMessage(user, room, seq))
    elif step < 0.38:
        world.submit(reactions.React(user, room, seq, "👍", random.choice(["add", "remove"]), limits))
    elif step < 0.44:
        world.submit(members.AddMember(user, room, limits))
    elif step < 0.50:
        world.submit(members.AddMember(user, room, limits, other))
    elif step < 0.55:
        world.submit(members.RemoveMember(user, room, user, limits))
    elif step < 0.58:
        world.submit(members.RemoveMember(user, room, other, limits))
    elif step < 0.60:
        world.submit(rooms.ChangeRoom(user, room, topic=f"about {random.random()}"))
    elif step < 0.62:
        world.submit(rooms.ChangeRoom(user, room, kind=random.choice(["public", "private"])))
    elif step < 0.625:
        world.submit(rooms.DeleteRoom(user, room))
    elif step < 0.70 or watcher is None:
        if len(watchers) < 8:
            world.connect(user)
    elif step < 0.75:
        reconnect(world, watcher)
    elif step < 0.78:
        watcher.run(watcher.greet({room: copy.version for room, copy in watcher.copies.items()}))
    elif step < 0.83:
        copy = watcher.copies.get(room)
        since = None if copy is None or random.random() < 0.5 else copy.version
        watcher.run(watcher.subscribe(room, since))
    elif step < 0.85:
        watcher.unfollow(room)
    elif step < 0.90:
        watcher.gate.set() if random.random() < 0.5 else watcher.gate.clear()
    elif step < 0.97:
        world.network.deliver(random.randint(1, 10))
    else:
        random.choice(world.nodes).anti_entropy.sweep()


def reconnect(world: World, watcher: Watcher) -> None:
    """The line breaks; the client comes back, perhaps to another server."""
    watcher.close(1006)
    world.connect(watcher.user, dict(watcher.copies))


@pytest.fixture
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that a few changes take several reads."""
    monkeypatch.setattr(room_sync, "_CHANGES_AT_ONCE", 4)


async def one_world(url: str, seed: int) -> None:
    random = Random(seed)
    limits = Limits(resync_after=random.choice([10, 500]), large_room=random.choice([3, 500, 500]))
    world = World(random, limits, random.choice([1, 2, 3]))
    await world.start(url, USERS)
    try:
        for _ in range(STEPS):
            some_step(world)
            for _ in range(random.choice([0, 1, 1, 3, 20])):
                await asyncio.sleep(0)
            if random.random() < 0.2:
                await world.commands_done()
        await world.settle()
        differences = ["never compared"]
        for _ in range(5):
            differences = await world.compare()
            if not differences:
                break
        assert not differences, differences[0]
        failures = [watcher.failure for watcher in world.watchers if watcher.failure]
        assert not failures, failures[0]
        assert not (leaks := list(world.leaks())), leaks[0]
    finally:
        for store in world.stores:
            await store.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'hubbub.db'}"
    postgres: Postgres = request.getfixturevalue("postgres")
    return postgres.database()


@pytest.mark.parametrize("seed", range(10))
async def test_everybody_has_what_the_store_has(url: str, small_pages: None, seed: int) -> None:
    async with asyncio.timeout(PATIENCE):
        await one_world(url, seed)


async def test_a_guest_of_very_many_rooms_is_subscribed_or_refused(url: str) -> None:
    """Only so many rooms that one is no member of are resumed: of the others nothing is held for ever."""
    rooms_made = room_sync._MOST_UNKNOWN + 10
    world = World(Random(0), Limits(groups_per_user=1000), 1)
    await world.start(url, 2)
    for number in range(rooms_made):
        command = rooms.CreateRoom(world.users[0], "public", world.limits, f"room {number}")
        world.submit(command, lambda made: world.rooms.append(made.room.id))
    await world.commands_done()
    guest = world.connect(world.users[1])
    for room in world.rooms:
        guest.run(guest.subscribe(room, None))
    await guest.idle()
    guest.run(guest.greet(dict.fromkeys(world.rooms, 1)))
    await guest.idle()
    topics = world.nodes[0].hub.topics
    assert sum(topics.is_subscribed(guest, room) for room in world.rooms) == room_sync._MOST_UNKNOWN
    assert not any(topic.syncing[guest].is_unread for topic in topics.rooms.values() if guest in topic.syncing)
    assert guest.unread is None
    for store in world.stores:
        await store.close()


@pytest.mark.long
@pytest.mark.parametrize("seed", range(100, 250))
async def test_everybody_has_what_the_store_has_in_many_worlds(url: str, small_pages: None, seed: int) -> None:
    async with asyncio.timeout(PATIENCE):
        await one_world(url, seed)
