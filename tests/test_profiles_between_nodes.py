"""A changed profile reaches those who are connected to other nodes, also when the bus between them loses it."""

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
    running = Cluster(tmp_path_factory.mktemp("profiles"), postgres, bus.url.replace("http", "nats"))
    yield running
    running.stop()


@pytest.mark.parametrize("loses", [False, True], ids=["heard", "lost"])
async def test_a_changed_profile_is_shown_at_every_node(cluster: Cluster, bus: InThread, loses: bool) -> None:
    alice, bob = [await cluster.person(f"{name}{'xy'[loses]}") for name in ("alice", "bob")]
    await alice.create_room(f"everywhere {loses}", members=[user_id(bob)])
    assert bob.token is not None
    far = [await RawSocket.greeted(cluster.servers[node].socket_url, bob.token) for node in (1, 2)]
    assert isinstance(bus.plug, ForgetfulNats)
    bus.plug.words = (b"account_changed",) if loses else ()
    try:
        # By a call alone: she is connected nowhere.
        await alice.change_profile(display_name="Alice Liddell", status_text="On holiday")
        for socket in far:
            user = (await socket.expect("user"))["user"]
            assert (user["id"], user["display_name"]) == (user_id(alice), "Alice Liddell")
            assert user["status_text"] == "On holiday"
    finally:
        bus.plug.words = ()
    # Told once, whichever way it was heard.
    for number in range(3):
        await alice.send(f"word {number}", to=user_id(bob))
        for socket in far:
            await socket.expect("message", content=f"word {number}")
    assert [[event["type"] for event in socket.seen].count("user") for socket in far] == [1, 1]
    for left in (*far, alice, bob):
        await (left.close() if isinstance(left, RawSocket) else left.__aexit__())
