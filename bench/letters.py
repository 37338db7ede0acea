"""Two nodes on one PostgreSQL: direct messages to two popular people at full load, beside messages to as many rooms.

Every sender waits for the answer to one message before the next. A node's commit takes all that has come meanwhile, so
each transaction writes to both people, whose inboxes the other node writes to as well.
"""

import asyncio
import statistics
import sys
import time
from pathlib import Path

import asyncpg

sys.path.insert(0, str(Path(__file__).parent))
import cluster
from hubbub.chat import accounts, messages, rooms
from hubbub.chat.limits import Limits
from hubbub.chat.transaction import Store
from hubbub.store.sql.database import Database
from load import Figures

SENDERS = 40
SECONDS = 10
LIMITS = Limits()


def letters() -> Figures:
    with cluster.postgres() as url:
        return asyncio.run(_measure(url))


async def _measure(url: str) -> Figures:
    await asyncio.to_thread(Database(url).migrate)
    nodes: list[Store] = [await Database(url).open(lambda events: None) for _ in range(2)]
    people = [
        (await nodes[0].write(accounts.AddAccount(f"person{number}", f"person{number}", "x"))).id
        for number in range(2 + SENDERS)
    ]
    popular, senders = people[:2], people[2:]
    direct = {
        (sender, to): (await nodes[0].write(rooms.CreateRoom(sender, "direct", LIMITS, members=[to]))).room.id
        for sender in senders
        for to in popular
    }
    private = {
        (sender, to): (await nodes[0].write(rooms.CreateRoom(sender, "private", LIMITS, "room", None, [to]))).room.id
        for sender in senders
        for to in popular
    }
    found = {}
    for name, places in (("rooms", private), ("letters", direct)):
        times = await _write(nodes, places)
        found[f"{name}_per_second"] = len(times) / SECONDS
        found[f"{name}_p50_ms"] = statistics.median(times)
        found[f"{name}_p99_ms"] = sorted(times)[len(times) * 99 // 100]
    for node in nodes:
        await node.close()
    await asyncio.sleep(2)  # what the connections counted is written when they have ended
    connection = await asyncpg.connect(url)
    question = "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"
    found["deadlocks"] = float(await connection.fetchval(question))
    await connection.close()
    return found


async def _write(nodes: list[Store], places: dict[tuple[int, int], int]) -> list[float]:
    """Milliseconds that each message took."""
    times: list[float] = []
    until = time.perf_counter() + SECONDS

    async def send(number: int, sender: int, room: int) -> None:
        while time.perf_counter() < until:
            began = time.perf_counter()
            await nodes[number * 2 // len(places)].write(messages.compose(sender, "hello", LIMITS, room=room))
            times.append((time.perf_counter() - began) * 1000)

    # Half of the senders at each node, which write to the two in opposite orders.
    half = len(places) // 2
    by_sender = list(places.items())
    turns = [
        *enumerate(by_sender[:half]),
        *((half + number, each) for number, each in enumerate(by_sender[: half - 1 : -1])),
    ]
    await asyncio.gather(*(send(number, sender, room) for number, ((sender, _), room) in turns))
    return times
