"""Changes since a version are complete, for every caller and any number of changes."""

import pytest

from hubbub.client import Client
from tests.conftest import MakeServer, newcomer, user_id
from tests.raw import RawSocket
from tests.server import Server

LARGE = 30
"""Members up to which everybody is told by name who comes and goes."""


@pytest.fixture
def busy_server(make_server: MakeServer) -> Server:
    return make_server("rate_limits=off", f"large_room={LARGE}")


async def come_and_go(server: Server, owner: Client, room: int, number: int, stay: int) -> set[int]:
    """As many users join the room; all but the first few leave again, as do those who sent a message meanwhile."""
    people = server.crowd(number)
    for person in people:
        await owner.add_member(room, person)
    for person in people[stay:]:
        await owner.remove_member(room, person)
    return set(people[:stay])


@pytest.mark.parametrize("limit", [1, 7, 200])
async def test_every_departure_is_told_to_who_asks_over_http(busy_server: Server, limit: int) -> None:
    owner = await newcomer(busy_server.url)
    room = await owner.create_room("hall")
    present = {user_id(owner)} | await come_and_go(busy_server, owner, room.id, 2 * LARGE, 5)
    await owner.send("a word", room=room.id)
    ranks: dict[int, str | None] = {user_id(owner): "owner"}
    said, since, has_more = [], room.version, True
    while has_more:
        changes = await owner.changes(room.id, since, limit)
        assert not changes.resync
        for member in changes.members:
            assert since < member.version <= changes.version
            ranks[member.user.id] = member.rank
        said += [message.content for message in changes.messages]
        assert changes.version > since
        since, has_more = changes.version, changes.has_more
    assert len(ranks) == 2 * LARGE + 1
    assert {user for user, rank in ranks.items() if rank is not None} == present
    assert said == ["a word"]
    await owner.__aexit__()


async def test_every_departure_is_told_to_who_resumes(busy_server: Server) -> None:
    owner = await newcomer(busy_server.url)
    room = await owner.create_room("hall")
    present = await come_and_go(busy_server, owner, room.id, 5 * LARGE, 5)
    socket = await RawSocket.open(busy_server.socket_url, {"Authorization": f"Bearer {owner.token}"})
    await socket.send(type="hello", since={room.id: room.version})
    await socket.expect("synced", room=room.id)
    received = [event for event in socket.seen if event["type"] == "member"]
    assert [event["version"] for event in received] == sorted({event["version"] for event in received})
    assert {event["user"]["id"] for event in received if "rank" in event} == present
    assert len(received) == 5 * LARGE
    await socket.close()
    await owner.__aexit__()


async def test_who_missed_too_many_comings_and_goings_starts_over(make_server: MakeServer) -> None:
    server = make_server("rate_limits=off", "resync_after=20")
    owner = await newcomer(server.url)
    room = await owner.create_room("hall")
    await come_and_go(server, owner, room.id, 21, 2)
    assert (await owner.changes(room.id, room.version, 200)).resync
    socket = await RawSocket.open(server.socket_url, {"Authorization": f"Bearer {owner.token}"})
    await socket.send(type="hello", since={room.id: room.version})
    assert (await socket.expect("resync", room=room.id))["version"] == room.version + 2 * (21 + 19)
    await socket.close()
    await owner.__aexit__()
