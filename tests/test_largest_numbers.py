"""The smallest and the largest number of each field are answered, by every call and frame."""

import re
from typing import Any

import pytest

from tests.conftest import People
from tests.http import HttpClient
from tests.server import Server

LARGEST = 2**63 - 1


async def test_the_least_and_the_largest_number_are_answered_on_every_call(people: People, server: Server) -> None:
    """For every parameter of every call, as bounded in the document."""
    (alice,) = await people(1)
    room = await alice.create_room(f"numbers {alice.user.username}")
    await alice.send("hello", room=room.id)
    walked = set()
    async with HttpClient(base_url=server.url, headers={"Authorization": f"Bearer {alice.token}"}, timeout=60) as http:
        for path, item in (await http.get("/api/openapi.json")).json()["paths"].items():
            operation = item.get("get", {})
            for parameter in operation.get("parameters", ()):
                kinds = parameter["schema"].get("oneOf", [parameter["schema"]])
                bounded = next((kind for kind in kinds if kind.get("type") == "integer"), None)
                if bounded is None or parameter["in"] != "query":
                    continue
                place = re.sub(r"\{(\w+)\}", lambda found: str(room.id if found[1] != "seq" else 1), path)
                largest = bounded.get("maximum", LARGEST)
                if parameter["name"] == "wait":
                    continue  # the answer would be delayed
                for number in {bounded["minimum"], largest - 1, largest}:
                    answer = await http.get(place, params={parameter["name"]: number})
                    assert answer.status_code < 500, (place, parameter["name"], number)
                    walked.add((operation["operationId"], parameter["name"]))
    assert {("listChanges", "since"), ("listNotices", "after"), ("listMessages", "around")} <= walked


@pytest.mark.parametrize("number", [LARGEST, LARGEST - 1, 2**53])
async def test_the_largest_numbers_are_answered_on_a_socket(people: People, sockets, number: int) -> None:
    (alice,) = await people(1)
    room = (await alice.create_room(f"frames {alice.user.username}")).id
    socket = await sockets(alice, greet=False)
    await socket.send(type="hello", since={str(room): number})
    await socket.expect("resync", room=room)
    frames: list[dict[str, Any]] = [
        {"type": "subscribe", "room": room, "since": number},
        {"type": "subscribe", "room": number},
        {"type": "read", "room": room, "seq": number},
        {"type": "message", "room": room, "content": "x", "reply_to": number},
        {"type": "message", "to": number, "content": "x"},
        {"type": "edit", "room": room, "seq": number, "content": "x"},
        {"type": "delete", "room": room, "seq": number},
        {"type": "reaction", "room": room, "seq": number, "emoji": "👍", "op": "add"},
        {"type": "join_room", "room": number},
    ]
    for frame in frames:
        assert (await socket.ask(**frame))["type"] in ("ack", "error"), frame
    assert (await socket.ask(type="ping"))["type"] == "pong"
