"""The examples of the AsyncAPI document match the frames that the server accepts and the events that it sends."""

import asyncio
from typing import Any

import pytest

from hubbub.client import Client
from tests.conftest import MakeServer, newcomer
from tests.http import get as http_get
from tests.raw import RawSocket
from tests.server import Server


@pytest.fixture
async def story(make_server: MakeServer):
    """A new server with alice (1), bob (2) and room 1, as in the examples, and its document."""
    server = make_server("rate_limits=off", "large_room=3")
    alice, bob = [await newcomer(server.url, name) for name in ("alice", "bob")]
    assert (await alice.create_room("general")).id == 1
    document = http_get(f"{server.url}/api/asyncapi.json").json()
    people = [alice, bob]
    yield server, people, document["components"]["messages"], document["components"]["schemas"]
    for client in people:
        await client.__aexit__()


def example(message: dict[str, Any]) -> dict[str, Any]:
    (one,) = message["examples"]
    return one["payload"]


def shape(value: object) -> object:
    """The structure without the values."""
    if isinstance(value, dict):
        return {name: shape(each) for name, each in value.items()}
    if isinstance(value, list):
        return [shape(value[0])] if value else []
    return "number" if isinstance(value, int | float) and not isinstance(value, bool) else type(value).__name__


async def test_every_example_is_taken_or_told(story) -> None:
    server, (alice, bob), messages, _ = story
    at_alice = await RawSocket.greeted(server.socket_url, alice.token)
    await bob.join(1)
    at_bob = await RawSocket.open(server.socket_url, {"Authorization": f"Bearer {bob.token}"})
    frames = [example(message) for name, message in messages.items() if name.startswith("frame_")]
    assert len(frames) == 15
    # In an order in which each is possible after the one before.
    order = "hello message edit reaction read follow typing_start typing_stop presence delete leave_room subscribe "
    order += "unsubscribe"
    frames.sort(key=lambda frame: [*order.split(), "join_room", "ping"].index(frame["type"]))
    for frame in frames:
        if frame["type"] == "delete":
            await alice.change_room(1, topic="Whatever comes up")
            await bob.keep_own(1, muted=True)
            await bob.change_profile(display_name="Bobby")
            await alice.change_workspace(name="Fernway", accent="#7a3cc8", welcome="Good to see you!")
        frame.setdefault("ref", f"of {frame['type']}")
        await at_bob.send(**frame)
        while (answer := await at_bob.next()).get("ref") != frame["ref"]:
            pass
        assert answer["type"] == {"hello": "connect", "ping": "pong"}.get(frame["type"], "ack"), answer
    await at_bob.send(type="subscribe", room=99, ref=13)
    await at_bob.expect("error", ref=13)
    await at_bob.send(type="subscribe", room=1, since=99_999)
    await at_bob.expect("resync")
    await alice.send("for receipts", room=1)
    await at_alice.expect("delivered")
    await at_bob.send(type="read", room=1, seq=2)
    await at_alice.expect("read")
    others = [await newcomer(server.url, name) for name in ("carol", "dave", "erin")]
    hall = await alice.create_room("hall", kind="private", members=[2, 3, 4, 5])
    for other in others:
        await other.__aexit__()
    await at_bob.send(type="typing_start", room=hall.id)
    await at_alice.expect("activity")
    await bob.sign_out()
    assert await at_bob.closed() == 4401
    received = [*at_alice.seen, *at_bob.seen]
    for name, message in messages.items():
        if name.startswith("event_"):
            wanted = example(message)
            same = [event for event in received if event["type"] == wanted["type"]]
            shapes = [shape(event) for event in same]
            assert shape(wanted) in shapes, f"{name}: {shape(wanted)} is none of {shapes}"


async def test_every_example_is_what_its_schema_allows(story) -> None:
    from jsonschema import Draft202012Validator

    _, _, messages, schemas = story
    for message in messages.values():
        Draft202012Validator({**message["payload"], "components": {"schemas": schemas}}).validate(example(message))


async def test_feeds_tell_what_their_channels_say(story) -> None:
    server, (alice, bob), messages, _ = story
    headers = {"Authorization": f"Bearer {bob.token}"}
    at = server.url.replace("http", "ws")
    channels = http_get(f"{server.url}/api/asyncapi.json").json()["channels"]
    room = await RawSocket.open(at + channels["room_feed"]["address"].format(room=1), headers)
    inbox = await RawSocket.open(at + channels["inbox_feed"]["address"], headers)
    assert shape(await _first(inbox, alice, to="bob")) == shape(example(messages["inbox_message"]))
    received = await _first(room, alice, room=1)
    assert f"event_{received['type']}" in channels["room_feed"]["messages"]
    await alice.react(1, 1, "👍")
    await alice.change_room(1, topic="another")
    for kind in ("reaction", "room"):
        assert f"event_{(await room.expect(kind))['type']}" in channels["room_feed"]["messages"]


async def _first(feed: RawSocket, sender: Client, **where: Any) -> dict[str, Any]:
    """The first message of a feed, which is subscribed at an unknown moment."""
    first = asyncio.ensure_future(feed.next())
    while not first.done():
        await sender.send("hello", **where)
        await asyncio.wait({first}, timeout=0.2)
    return first.result()


@pytest.mark.parametrize(
    ("public_url", "server"),
    [
        ("https://chat.example.org", {"host": "chat.example.org", "protocol": "wss"}),
        ("http://127.0.0.1:8080/team", {"host": "127.0.0.1:8080", "protocol": "ws", "pathname": "/team"}),
    ],
)
async def test_the_server_is_where_people_find_it(make_server: MakeServer, public_url: str, server: dict) -> None:
    running: Server = make_server(f"public_url={public_url}")
    path = "/team" if "team" in public_url else ""
    assert http_get(f"{running.url}{path}/api/asyncapi.json").json()["servers"] == {"here": server}
