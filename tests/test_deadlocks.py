"""Servers that share PostgreSQL never deadlock, whoever is written to, added or removed."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from random import Random

import pytest

from hubbub.chat import accounts, following, members, messages, profile_changes, reactions, rooms
from hubbub.chat.changes import Changed
from hubbub.chat.events import Event, RoomsChanged, UserCommitted
from hubbub.chat.jobs import NewJob
from hubbub.chat.limits import Limits
from hubbub.chat.records import RoomRecord
from hubbub.chat.transaction import Store
from hubbub.errors import HubbubError
from hubbub.live.rooms.bus import LocalBus
from hubbub.store.sql.database import Database
from hubbub.work.consumers.consumer import Consumer
from hubbub.work.jobs.commands import AddJobs
from hubbub.work.jobs.kinds import Job, JobKind
from hubbub.work.work import Work
from tests.postgres import Postgres
from tests.server import sql

LIMITS = Limits()
SENDERS = 10
ROUNDS = 30


class Nodes:
    """Two stores on one database, as two servers have them; twelve users, the first two of them popular."""

    def __init__(self, postgres: Postgres) -> None:
        self.postgres, self.url = postgres, postgres.database()
        self.published: list[UserCommitted] = []

    async def start(self) -> "Nodes":
        database = Database(self.url)
        await asyncio.to_thread(database.migrate)
        self.stores: list[Store] = [await Database(self.url).open(self._hear) for _ in range(2)]
        await self.add_people("writer")
        return self

    async def add_people(self, named: str) -> None:
        """From now on these write."""
        self.people = [
            (await self.stores[0].write(accounts.AddAccount(f"{named}{letter}", f"{named}{letter}", "x"))).id
            for letter in "abcdefghijkm"
        ]
        self.popular, self.senders = self.people[:2], self.people[2:]

    def _hear(self, events: list[Event]) -> None:
        self.published += [event for event in events if isinstance(event, UserCommitted)]

    async def require_no_deadlock(self) -> None:
        """Closes both stores first: PostgreSQL reports statistics late for open connections."""
        await self.stop()
        mine = "FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        while sql(self.url, f"SELECT count(*) {mine}")[0][0]:
            await asyncio.sleep(0.05)
        found = sql(self.url, "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")[0][0]
        assert not found, self.postgres.log("deadlock detected")

    async def stop(self) -> None:
        while self.stores:
            await self.stores.pop().close()


@pytest.fixture
async def nodes(postgres: Postgres) -> AsyncIterator[Nodes]:
    running = await Nodes(postgres).start()
    yield running
    await running.stop()


async def at_once(nodes: Nodes, does: Callable[[Store, int, int], Awaitable[object]], new_people: bool = False) -> None:
    """Half of the senders at each server, to the popular users in opposite orders, repeatedly; `new_people`: in each
    round those of a new community, who have no direct rooms yet."""
    for number in range(ROUNDS):
        if new_people:
            await nodes.add_people(f"new{number}")
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
    await nodes.require_no_deadlock()
    # Positions are unique and without gaps.
    for user in nodes.popular:
        positions = [one.position for one in nodes.published if one.user == user]
        assert sorted(positions) == list(range(1, ROUNDS * SENDERS + 1))


@pytest.mark.parametrize("new_people", [pytest.param(False, marks=pytest.mark.long), True])
async def test_everything_at_once(nodes: Nodes, new_people: bool) -> None:
    """Replies, also in threads, edits, reactions, members, and statuses, in any order at either server."""
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
            back.write(messages.compose(to, "in a thread, @writera", LIMITS, room=room, thread=seq)),
            store.write(following.FollowThread(sender, room, seq, random.choice([True, False]))),
            back.write(following.MarkThreadRead(to, room, seq, seq)),
            store.write(profile_changes.ChooseStatus(sender, random.choice(["busy", "online"]))),
            back.write(profile_changes.ChooseStatus(to, random.choice(["busy", "online"]))),
            store.write(accounts.SeenLast(dict.fromkeys(random.sample(nodes.people, 6), random.randint(1, 9999)))),
            *(
                random.choice(nodes.stores).write(members.AddMember(person, room, LIMITS))
                for room, person in ((hall, to), (yard, sender), (yard, to), (hall, sender))
            ),
            *(
                random.choice(nodes.stores).write(command)
                for other in random.sample(nodes.people, 3)
                for command in (
                    members.AddMember(sender, hall, LIMITS, other),
                    members.RemoveMember(other, yard, other, LIMITS),
                    rooms.CreateRoom(sender, "private", LIMITS, "few", members=[other]),
                )
            ),
        )

    async def and_complain_of_nothing_but_rules(store: Store, sender: int, to: int) -> None:
        try:
            await do_something(store, sender, to)
        except HubbubError as error:
            assert error.status < 500, error  # noqa: PT017

    await at_once(nodes, and_complain_of_nothing_but_rules, new_people)
    await nodes.require_no_deadlock()


async def test_work_that_follows(nodes: Nodes) -> None:
    """Consumers that begin with many rooms and answer in them, and jobs of equal keys, at both servers, beside messages
    of both."""
    made = [
        await nodes.stores[0].write(rooms.CreateRoom(nodes.popular[0], "public", LIMITS, f"r{n}")) for n in range(20)
    ]
    halls = [each.room.id for each in made]
    answered: list[int] = []

    async def handle(room: RoomRecord, changed: Changed) -> AddJobs:
        return AddJobs([NewJob("answer", room.id, key=str(number)) for number in range(3)])

    async def answer(room: int, job: Job) -> messages.PostMessage:
        answered.append(room)
        return messages.compose(nodes.popular[0], "heard", LIMITS, room=room)

    buses = [LocalBus(), LocalBus()]
    works = [Work(store, shared=True) for store in nodes.stores]
    for work, bus in zip(works, buses, strict=True):
        work.consumers.add(Consumer("listener", handle, starts="beginning"))
        work.job_kinds.register(JobKind("answer", answer, int))
        work.start(bus.subscribe, lambda events: [bus.publish(events) for bus in buses])

    async def say(number: int) -> None:
        events = [RoomsChanged(halls)]
        for bus in buses:
            bus.publish(events)
        random = Random(number)
        await asyncio.gather(
            *(
                store.write(messages.compose(nodes.popular[0], f"{number}", LIMITS, room=room))
                for store in nodes.stores
                for room in random.sample(halls, len(halls))
            )
        )

    number = 0
    while len(set(answered)) < 3 or number < ROUNDS:
        number += 1
        await say(number)
    for work in works:
        await work.stop()
    await nodes.require_no_deadlock()
