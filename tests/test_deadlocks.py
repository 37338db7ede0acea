"""Servers that share PostgreSQL never deadlock, whoever is written to, added or removed."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from random import Random

import pytest

from hubbub.chat import accounts, members, messages, profile_changes, reactions, rooms
from hubbub.chat.events import Event, RoomCommitted
from hubbub.chat.limits import Limits
from hubbub.chat.transaction import Store
from hubbub.errors import HubbubError
from hubbub.store.sql.database import Database
from tests.postgres import Postgres
from tests.server import sql

LIMITS = Limits()
SENDERS = 10
ROUNDS = 30


class Nodes:
    """Two stores on one database, as two servers have them; twelve users, the first two of them popular."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.told: list[RoomCommitted] = []

    async def start(self) -> "Nodes":
        database = Database(self.url)
        await asyncio.to_thread(database.migrate)
        self.stores: list[Store] = [await Database(self.url).open(self._hear) for _ in range(2)]
        self.people = [
            (await self.stores[0].write(accounts.AddAccount(f"writer{letter}", f"writer{letter}", "x"))).id
            for letter in "abcdefghijkm"
        ]
        self.popular, self.senders = self.people[:2], self.people[2:]
        return self

    def _hear(self, events: list[Event]) -> None:
        self.told += [event for event in events if isinstance(event, RoomCommitted)]

    async def deadlocks(self) -> int:
        """The number of deadlocks, after both stores have closed: PostgreSQL reports statistics late for open
        connections."""
        await self.stop()
        mine = "FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        while sql(self.url, f"SELECT count(*) {mine}")[0][0]:
            await asyncio.sleep(0.05)
        found: int = sql(self.url, "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")[0][0]
        return found

    async def stop(self) -> None:
        while self.stores:
            await self.stores.pop().close()


@pytest.fixture
async def nodes(postgres: Postgres) -> AsyncIterator[Nodes]:
    running = await Nodes(postgres.database()).start()
    yield running
    await running.stop()


async def at_once(nodes: Nodes, does: Callable[[Store, int, int], Awaitable[object]]) -> None:
    """Half of the senders at each server, to the popular users in opposite orders, repeatedly."""
    for _ in range(ROUNDS):
        first, second = nodes.popular
        half = SENDERS // 2
        await asyncio.gather(
            *(does(nodes.stores[0], sender, to) for to in (first, second) for sender in nodes.senders[:half]),
            *(does(nodes.stores[1], sender, to) for to in (second, first) for sender in nodes.senders[half:]),
        )


@pytest.mark.parametrize("by", ["room", "id", "name"])
async def test_letters_to_popular_people(nodes: Nodes, by: str) -> None:
    names = dict(zip(nodes.people, (f"writer{letter}" for letter in "abcdefghijkm"), strict=True))
    direct: dict[tuple[int, int], int] = {}
    for sender in nodes.senders:
        for to in nodes.popular:
            made = await nodes.stores[0].write(rooms.CreateRoom(sender, "direct", LIMITS, members=[to]))
            direct[sender, to] = made.room.id

    async def write(store: Store, sender: int, to: int) -> None:
        if by == "room":
            command = messages.compose(sender, "hello", LIMITS, room=direct[sender, to])
        else:
            command = messages.compose(sender, "hello", LIMITS, to=to if by == "id" else names[to])
        await store.write(command)

    await at_once(nodes, write)
    assert await nodes.deadlocks() == 0
    # Positions are unique and without gaps.
    for user in nodes.popular:
        positions = [told.arrival.position for told in nodes.told if told.arrival and told.arrival.user == user]
        assert sorted(positions) == list(range(1, ROUNDS * SENDERS + 1))


async def test_everything_at_once(nodes: Nodes) -> None:
    """Replies, edits, reactions, joins, leaves and statuses, in any order at either server."""
    random = Random("everything")
    hall = (await nodes.stores[0].write(rooms.CreateRoom(nodes.popular[0], "public", LIMITS, "hall"))).room.id
    yard = (await nodes.stores[0].write(rooms.CreateRoom(nodes.popular[1], "public", LIMITS, "yard"))).room.id

    async def do_something(store: Store, sender: int, to: int) -> None:
        to = random.choice([to, *nodes.people])
        if to == sender:
            return
        posted = await store.write(messages.compose(sender, "hello @writera @writerb", LIMITS, to=to))
        room, seq = posted.message.room, posted.message.seq
        back = random.choice(nodes.stores)
        await asyncio.gather(
            back.write(messages.compose(to, "hello yourself", LIMITS, to=sender)),
            store.write(messages.amend(sender, room, seq, f"hello {random.random()}", LIMITS)),
            back.write(reactions.React(to, room, seq, "👍", "add", LIMITS)),
            store.write(profile_changes.ChooseStatus(sender, random.choice(["busy", "online"]))),
            back.write(profile_changes.ChooseStatus(to, random.choice(["busy", "online"]))),
            store.write(accounts.SeenLast(dict.fromkeys(random.sample(nodes.people, 6), random.randint(1, 9999)))),
            *(
                random.choice(nodes.stores).write(members.AddMember(person, room, LIMITS))
                for room, person in ((hall, to), (yard, sender), (yard, to), (hall, sender))
            ),
        )

    async def and_complain_of_nothing_but_rules(store: Store, sender: int, to: int) -> None:
        try:
            await do_something(store, sender, to)
        except HubbubError as error:
            assert error.status < 500, error  # noqa: PT017

    await at_once(nodes, and_complain_of_nothing_but_rules)
    assert await nodes.deadlocks() == 0
