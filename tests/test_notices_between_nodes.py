"""What happens in a room is told at every node, in order, also when the bus between them loses it."""

from collections.abc import Iterator

import pytest

from tests.cluster import Cluster
from tests.conftest import user_id
from tests.nats import Nats
from tests.plug import ForgetfulNats, InThread
from tests.postgres import Postgres
from tests.raw import RawSocket


@pytest.fixture(scope="module")
def bus(nats: Nats) -> Iterator[InThread]:
    line = InThread(ForgetfulNats(nats.port))
    yield line
    line.stop()


@pytest.fixture(scope="module")
def cluster(bus: InThread, tmp_path_factory: pytest.TempPathFactory, postgres: Postgres) -> Iterator[Cluster]:
    running = Cluster(tmp_path_factory.mktemp("notices"), postgres, bus.url.replace("http", "nats"))
    yield running
    running.stop()


@pytest.mark.parametrize("loses", [False, True], ids=["heard", "lost"])
async def test_a_notice_is_told_at_every_node(cluster: Cluster, bus: InThread, loses: bool) -> None:
    alice, bob, carol = [await cluster.person(f"{name}{'xy'[loses]}") for name in ("alice", "bob", "carol")]
    room = await alice.create_room(f"everywhere {loses}", members=[user_id(bob)])
    assert bob.token is not None
    far = [await RawSocket.greeted(cluster.servers[node].socket_url, bob.token) for node in (1, 2)]
    assert isinstance(bus.plug, ForgetfulNats)
    bus.plug.words = (b"notice",) if loses else ()
    try:
        await cluster.seen_from(carol, 1).join(room.id)
        await alice.change_room(room.id, topic="one")
        await cluster.seen_from(alice, 2).change_room(room.id, topic="two")
        await alice.send("a word", room=room.id)
        for socket in far:
            await socket.expect("message", content="a word")
    finally:
        bus.plug.words = ()
    kept = await bob.notices(room.id)
    for socket in far:
        notices = [event for event in socket.seen if event["type"] == "notice"]
        assert [event["version"] for event in notices] == [notice.version for notice in kept[2:]]
        assert [(event["kind"], event.get("new")) for event in notices] == [
            ("joined", None),
            ("topic", "one"),
            ("topic", "two"),
        ]
        versions = [event["version"] for event in socket.seen if event.get("room") == room.id and "version" in event]
        assert versions == sorted(set(versions))
    for left in (*far, alice, bob, carol):
        await (left.close() if isinstance(left, RawSocket) else left.__aexit__())
