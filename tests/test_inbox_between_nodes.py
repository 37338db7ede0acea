"""An inbox feed delivers each message once, in order, whatever the bus between servers does."""

import asyncio
from collections.abc import Iterator
from random import Random

import pytest

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
