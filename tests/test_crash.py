"""The server is killed at random moments under load, repeatedly: no acknowledged message is lost, none is duplicated,
`seq` has no gaps, all clients reconnect and converge, and what is counted with the messages is right."""

import asyncio
import random
from contextlib import suppress

from hubbub.errors import Unavailable
from tests.conftest import MakeServer, newcomer, user_id
from tests.watcher import Watcher

KILLS = 20
SENDERS = 4


async def test_nothing_acknowledged_is_lost_when_the_server_is_killed(make_server: MakeServer) -> None:
    server = make_server("rate_limits=off", "resync_after=100000")
    chance = random.Random(7)
    clients = [await newcomer(server.url) for _ in range(SENDERS)]
    room = await clients[0].create_room("storm", members=[user_id(client) for client in clients[1:]])
    watchers = [Watcher(client) for client in clients]
    for watcher in watchers:
        await watcher.start()
    acknowledged: dict[int, list[tuple[int, str]]] = {user_id(client): [] for client in clients}
    root = await watchers[0].live.send("every second message replies to this", room=room.id)
    acknowledged[user_id(clients[0])].append((1, "every second message replies to this"))
    progress = asyncio.Condition()
    stopping = asyncio.Event()

    async def talk(watcher: Watcher, lane: int) -> None:
        number = 0
        while not stopping.is_set():
            number += 1
            text = f"{user_id(watcher.client)}.{lane}.{number}"
            stored = await watcher.live.send(text, room=room.id, thread=root.seq if lane % 2 else None)
            acknowledged[user_id(watcher.client)].append((stored.seq, text))
            async with progress:
                progress.notify_all()

    talking = [asyncio.create_task(talk(watcher, lane)) for watcher in watchers for lane in range(4)]

    def count() -> int:
        return sum(map(len, acknowledged.values()))

    for _ in range(KILLS):
        goal = count() + chance.randint(1, 200)
        async with progress:
            await progress.wait_for(lambda goal=goal: count() >= goal)
        await asyncio.to_thread(server.kill)
        await asyncio.to_thread(server.start)
    stopping.set()
    await asyncio.gather(*talking)

    # Every client's copy, the stored messages and the acknowledged ones are equal.
    head = (await clients[0].room(room.id)).version
    stored = {}
    after = 0
    while True:
        page = await clients[0].history(room.id, after=after, limit=200)
        stored |= {message.seq: (message.sender.id, message.content) for message in page.messages}
        if not page.has_more:
            break
        after = page.messages[-1].seq
    assert sorted(stored) == list(range(1, len(stored) + 1))
    assert len({content for _, content in stored.values()}) == len(stored)
    for user, texts in acknowledged.items():
        for seq, text in texts:
            assert stored[seq] == (user, text)
    assert len(stored) == count()
    replies = [seq for seq, (_, content) in stored.items() if content.split(".")[1:2] in (["1"], ["3"])]
    for client in clients:
        mine = await client.thread(room.id, 1)
        assert mine.root.thread is not None
        assert (mine.root.thread.count, mine.root.thread.last) == (len(replies), max(replies))
        assert mine.me is not None
        assert mine.me.unread == sum(seq > mine.me.read_seq for seq in replies)
        me = (await client.room(room.id)).me
        assert me is not None
        assert me.unread == sum(seq > me.read_seq for seq in stored.keys() - set(replies))
    for watcher in watchers:
        await watcher.until(lambda w=watcher: w.live.versions.get(room.id) == head, f"version {head}")
        assert watcher.faults == []
        assert {seq: (m.sender.id, m.content) for seq, m in watcher.copies[room.id].items()} == stored
        assert watcher.live.reconnects > 0
        await watcher.stop()
    for client in clients:
        await client.__aexit__()


async def test_a_send_that_was_cut_off_can_be_tried_again(make_server: MakeServer) -> None:
    """A REST client without an answer retries with the same key, before and after the crash."""
    server = make_server("rate_limits=off")
    alice = await newcomer(server.url, "alice")
    room = await alice.create_room("once")
    for number in range(5):
        sends = [asyncio.create_task(alice.send(f"n{number}", room=room.id, key=f"k{number}")) for _ in range(3)]
        await asyncio.to_thread(server.kill)
        for send in sends:
            with suppress(Unavailable):
                await send
        await asyncio.to_thread(server.start)
        again = await alice.send(f"n{number}", room=room.id, key=f"k{number}")
        assert again.seq == number + 1
    assert [m.content for m in (await alice.history(room.id)).messages] == [f"n{number}" for number in range(5)]
    await alice.__aexit__()
