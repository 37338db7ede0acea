"""Summaries of large rooms have the state at the time they are sent, not at the time they were scheduled."""

import pytest

from tests.conftest import MakeServer, newcomer, user_id
from tests.raw import RawSocket
from tests.server import Server


@pytest.fixture
def server_of_large_rooms(make_server: MakeServer) -> Server:
    return make_server("rate_limits=off", "large_room=3")


CHANGES = {
    "renamed": {"name": "another name"},
    "with another topic": {"topic": "another topic"},
    "archived": {"archived": True},
    "written in": None,
}


@pytest.mark.parametrize("change", CHANGES)
async def test_a_summary_undoes_nothing(server_of_large_rooms: Server, change: str) -> None:
    owner = await newcomer(server_of_large_rooms.url)
    people = [await newcomer(server_of_large_rooms.url) for _ in range(5)]
    room = await owner.create_room("hall", members=[user_id(person) for person in people[:4]])
    socket = await RawSocket.greeted(server_of_large_rooms.socket_url, people[0].token or "")
    await owner.add_member(room.id, user_id(people[4]))  # this join is published some seconds later
    if (fields := CHANGES[change]) is None:
        await owner.send("a word", room=room.id)
        await owner.send("and another", room=room.id)
    else:
        await owner.change_room(room.id, **fields)  # type: ignore[arg-type]
        await socket.expect("room", id=room.id)
    summary = await socket.expect("room", id=room.id, member_count=6)
    now = await owner.room(room.id)
    received = {name: summary.get(name) for name in ("name", "topic", "archived_at", "seq", "version", "last_at")}
    assert received == {name: getattr(now, name) for name in received}
    for left in (owner, *people):
        await left.__aexit__()
    await socket.close()
