"""Users without permission receive nothing, at every server: by the bus, or, without it, by the sweep."""

import asyncio
from collections.abc import Iterator

import pytest

from hubbub.client import Client
from hubbub.errors import NotAuthenticated
from tests.cluster import Cluster
from tests.conftest import user_id
from tests.nats import Nats
from tests.postgres import Postgres
from tests.raw import RawSocket


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory, postgres: Postgres, nats: Nats) -> Iterator[Cluster]:
    running = Cluster(tmp_path_factory.mktemp("rights"), postgres, nats.url, "large_room=3")
    yield running
    running.stop()


@pytest.fixture(scope="module", params=["up", "down"])
def bus(request: pytest.FixtureRequest, cluster: Cluster, nats: Nats) -> str:
    if request.param == "down":
        nats.stop()
    return str(request.param)


async def at_all(cluster: Cluster, client: Client) -> list[RawSocket]:
    assert client.token is not None
    return [await RawSocket.greeted(server.socket_url, client.token) for server in cluster.servers]


async def test_a_crowd_is_counted_over_all_servers(cluster: Cluster) -> None:
    people = [await cluster.person(f"citizen{letter}", at=at % 3) for at, letter in enumerate("abcde")]
    room = await people[0].create_room("square", members=[user_id(person) for person in people[1:]])
    sockets = [
        await RawSocket.greeted(cluster.servers[at % 3].socket_url, person.token) for at, person in enumerate(people)
    ]
    # One of them is connected to two servers and counted once.
    second = await RawSocket.greeted(cluster.servers[1].socket_url, people[0].token)
    for socket in (*sockets, second):
        await socket.expect("activity", room=room.id, online=5)

    async def keep_typing() -> None:
        while True:
            await sockets[1].send(type="typing_start", room=room.id)
            await asyncio.sleep(3)  # as clients do while the user types

    typing = asyncio.create_task(keep_typing())
    await sockets[2].expect("activity", typing=1)
    typing.cancel()
    # A server that counted some of them stops gracefully: they are offline.
    cluster.servers[2].terminate()
    await second.expect("activity", online=4)
    cluster.servers[2].start()
    assert {event["type"] for event in second.seen} <= {"connect", "activity", "room"}


async def test_a_removed_member_hears_nothing_more_at_any_server(cluster: Cluster, bus: str) -> None:
    owner, guest = await cluster.person(f"owner{bus}"), await cluster.person(f"guest{bus}", at=1)
    room = await owner.create_room(f"trusted {bus}", "private", members=[user_id(guest)])
    sockets = await at_all(cluster, guest)
    await owner.send("for both", room=room.id)
    for socket in sockets:
        await socket.expect("message")
    await owner.remove_member(room.id, user_id(guest))
    # At once, at every server: one that receives the removal late publishes nothing that follows it.
    sent = [await cluster.seen_from(owner, at).send(f"secret at {at}", room=room.id) for at in range(3)]
    for socket in sockets:
        gone = await socket.expect("member")
        assert (gone["user"]["id"], gone.get("rank")) == (user_id(guest), None)
    watching = await at_all(cluster, owner)
    last = await owner.send("and another", room=room.id)
    for socket in watching:
        # After the owner has received it, the guest would have too.
        await socket.expect("message", seq=last.seq)
    for socket in sockets:
        await socket.until_quiet()
        secrets = [event for event in socket.seen if event["type"] == "message" and event["seq"] >= sent[0].seq]
        assert secrets == []
        answer = await socket.ask(type="message", room=room.id, content="let me in")
        assert (answer["type"], answer["code"]) == ("error", "not_found")


async def test_a_session_that_was_ended_is_over_at_every_server(cluster: Cluster, bus: str) -> None:
    alice, bob = await cluster.person(f"alice{bus}"), await cluster.person(f"bob{bus}")
    room = await bob.create_room(f"room {bus}", members=[user_id(alice)])
    sockets = await at_all(cluster, alice)
    elsewhere = [cluster.seen_from(alice, at) for at in range(3)]
    for client in elsewhere:
        await client.profile()
    await alice.sign_out()
    for socket in sockets:
        assert await socket.closed() == 4401
    await bob.send("behind her back", room=room.id)
    for client, socket in zip(elsewhere, sockets, strict=True):
        assert all(event["type"] != "message" for event in socket.seen)
        with pytest.raises(NotAuthenticated):
            await client.profile()
