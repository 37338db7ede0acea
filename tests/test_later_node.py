"""A server passes over what one of a later release tells it on the bus, and finds in the store what that changed."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import nats as nats_client
import pytest

from tests.conftest import newcomer, user_id
from tests.nats import Nats
from tests.postgres import Postgres
from tests.raw import RawSocket
from tests.server import Server

COMMITTED = {"type": "committed", "room": 1, "version": 99}


@pytest.fixture
def node(tmp_path: Path, postgres: Postgres, nats: Nats) -> Iterator[Server]:
    running = Server(tmp_path / "data", "rate_limits=off", f"bus={nats.url}", database=postgres.database())
    yield running
    running.stop()


async def test_what_a_later_server_tells_is_passed_over(node: Server, nats: Nats) -> None:
    alice = await newcomer(node.url, "alice")
    room = (await alice.create_room("room")).id
    socket = await RawSocket.greeted(node.socket_url, alice.token or "")
    await alice.send("before", room=room)
    before = await socket.expect("message", room=room)
    later = await nats_client.connect(nats.url)

    async def tell(*received: bytes | dict[str, Any]) -> None:
        for one in received:
            payload = one if isinstance(one, bytes) else msgspec.msgpack.encode(one)
            await later.publish("hubbub.all", payload)
        await later.flush()

    # Of something new, twice; something new of a room, and something in another form; and what is no event at all.
    invented = {"type": "invented", "room": room}
    await tell(
        invented, invented, {**COMMITTED, "event": {"type": "invented"}}, {**COMMITTED, "event": 1},
        b"", b"\xc1", b"\x91" * 5000, b"\xa2\xff\xff", {"type": b"\xff"},
    )  # fmt: skip
    # Known events with more fields are read.
    typing = {"type": "typing", "room": room, "user": 99, "on": True, "colour": "red", "more": {"a": [1]}}
    await tell(typing)
    assert (await socket.expect("typing"))["user"] == 99
    # A change that was committed but told as something unknown is read from the store.
    place = {"seq": before["seq"] + 1, "version": before["version"] + 1}
    node.sql(
        "INSERT INTO messages (room_id, seq, version, sender_id, content, at) "
        f"VALUES ({room}, {place['seq']}, {place['version']}, {user_id(alice)}, 'by a later server', 1)"
    )
    node.sql(f"UPDATE rooms SET seq = {place['seq']}, version = {place['version']} WHERE id = {room}")
    await tell({"type": "committed", "room": room, "version": place["version"], "event": {"type": "invented"}})
    received = await socket.expect("message", room=room)
    assert (received["content"], received["version"]) == ("by a later server", place["version"])
    log = [line for line in node.log.splitlines() if "not_understood" in line]
    assert len([line for line in log if "invented" in line and "$.event" not in line]) == 1
    assert "Traceback" not in node.log
    assert "error" not in {msgspec.json.decode(line)["level"] for line in node.log.splitlines()}
    await socket.close()
    await later.close()
    await alice.__aexit__()
