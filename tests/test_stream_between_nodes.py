"""A user's stream, and the feed of its direct messages, deliver each change once, in order, whatever the bus between
servers does."""

import asyncio
from collections.abc import Iterator
from random import Random

import msgspec
import pytest

from hubbub.client import Client
from tests.cluster import Cluster
from tests.conftest import user_id
from tests.nats import Nats
from tests.plug import InThread, LateNats, LossyNats, Plug
from tests.postgres import Postgres
from tests.raw import RawSocket

LETTERS = 60


@pytest.fixture(scope="module", params=[Plug, LateNats, LossyNats], ids=["prompt", "late", "lossy"])
def cluster(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, postgres: Postgres, nats: Nats
) -> Iterator[Cluster]:
    line = InThread(request.param(nats.port))
    running = Cluster(tmp_path_factory.mktemp("inbox"), postgres, line.url.replace("http", "nats"))
    yield running
    running.stop()
    line.stop()


async def test_letters_from_every_node_come_once_and_in_order(cluster: Cluster) -> None:
    random = Random("letters")
    reader = await cluster.person("reader", at=2)
    writers = [await cluster.person(f"writer{letter}", at=at) for at, letter in enumerate("ab")]
    headers = {"Authorization": f"Bearer {reader.token}"}
    address = cluster.servers[2].url.replace("http", "ws") + "/messages/subscribe"
    feeds = [await RawSocket.open(address, headers) for _ in range(2)]

    async def write(writer_number: int) -> None:
        writer = writers[writer_number]
        for number in range(LETTERS):
            sent = await writer.send(f"letter {number} of {writer_number}", to=user_id(reader))
            if random.random() < 0.2:
                await writer.edit(sent.room, sent.seq, f"letter {number} of {writer_number}, as it should be")

    await asyncio.gather(write(0), write(1))
    for writer in writers:
        await writer.send("the last", to=user_id(reader))
    for feed in feeds:
        last: set[int] = set()
        while len(last) < 2:
            event = await feed.expect("message")
            if event["content"] == "the last":
                last.add(event["room"])
        positions = [int(event["position"].rsplit("-")[-1]) for event in feed.seen]
        assert positions == sorted(set(positions))
        versions: dict[int, list[int]] = {}
        said: dict[tuple[int, int], str] = {}
        for event in feed.seen:
            versions.setdefault(event["room"], []).append(event["version"])
            said[event["room"], event["seq"]] = event["content"]
        assert all(each == sorted(set(each)) for each in versions.values())
        for writer in writers:
            room = (await writer.send("one more", to=user_id(reader))).room
            page = await writer.history(room, limit=200)
            expected = {message.seq: message.content for message in page.messages if message.content != "one more"}
            assert {seq: content for (at, seq), content in said.items() if at == room} == expected
        await feed.close()
    for left in (reader, *writers):
        await left.__aexit__()


async def test_marks_and_mentions_from_every_node_reach_every_device(cluster: Cluster) -> None:
    """A read marker, a mute or a mention that the bus loses is found in the store."""
    random = Random("marks")
    reader = await cluster.person("marker", at=2)
    writer = await cluster.person("mentioner", at=0)
    room = await writer.create_room(kind="private", members=[user_id(reader)])
    devices = []
    for at in (1, 2):
        socket = await RawSocket.open(cluster.servers[at].socket_url, {"Authorization": f"Bearer {reader.token}"})
        await socket.send(type="hello", stream={})
        await socket.expect("stream")
        devices.append(socket)
    begin = devices[0].seen[-1]["position"]
    at_nodes = [cluster.seen_from(reader, at) for at in range(3)]

    async def write() -> None:
        for number in range(LETTERS):
            await writer.send(f"@marker {number}", room=room.id)

    async def mark(client: Client) -> None:
        for _ in range(LETTERS):
            if random.random() < 0.5:
                await client.keep_own(room.id, muted=random.random() < 0.5)
            else:
                await client.mark_read(room.id, (await client.room(room.id)).seq)

    await asyncio.gather(write(), *(mark(client) for client in at_nodes))
    stored = await reader.stream(begin, limit=200)
    assert not stored.has_more
    for socket in devices:
        await socket.expect("entry", position=stored.position)
        received = [event for event in socket.seen if event["type"] == "entry"]
        positions = [event["position"] for event in received]
        assert positions == sorted(set(positions))
        assert {event["seq"] for event in received if event["kind"] == "mention"} == set(range(1, LETTERS + 1))
        last = [event for event in received if event["kind"] == "membership"][-1]
        (now,) = [entry for entry in stored.entries if entry.kind == "membership"]
        assert (last["position"], last["me"]) == (now.position, msgspec.to_builtins(now.me))
        await socket.close()
    for client in (*at_nodes, writer, reader):
        await client.__aexit__()
