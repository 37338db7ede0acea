"""One conversation with each message sent through another surface: every surface shows all of them, live and later."""

import asyncio

import httpx
import pytest

from tests.compat.conftest import event_source
from tests.conftest import PASSWORD
from tests.http import HttpClient
from tests.raw import RawSocket


@pytest.fixture
async def scene(join, server):
    """Alice, Bob and their room, which is a group on one surface and a conversation on another."""
    alice, bob = await join(), await join()
    group = await alice.post("/api/rooms", json={"kind": "private", "name": "all", "members": [bob.name]})
    return alice, bob, group.json()["id"]


async def with_cookie(server, one) -> httpx.AsyncClient:
    http = HttpClient(base_url=f"{server.url}/v1", timeout=60)
    signed_in = await http.post("/auth/login", json={"username": one.name, "password": PASSWORD})
    assert signed_in.status_code == 200
    return http


async def test_sent_through_one_shown_by_all(scene, server) -> None:
    alice, bob, room = scene
    v1_alice, v1_bob = await with_cookie(server, alice), await with_cookie(server, bob)
    native = await RawSocket.greeted(server.socket_url, alice.token)
    feed_url = server.url.replace("http", "ws") + f"/room/{room}/subscribe"
    feed = await RawSocket.open(feed_url, {"Authorization": f"Bearer {alice.token}"})
    at_bob = await RawSocket.greeted(server.socket_url, bob.token)
    poll = (await alice.get(f"/room/{room}/subscribe?wait=0")).links["next"]["url"].replace("wait=0", "wait=60")

    async def by_v1() -> None:
        assert (await v1_bob.post("/messages", json={"group_chat_id": room, "message": "v1"})).status_code == 200

    async def by_native_rest() -> None:
        assert (await bob.post("/api/messages", json={"room": room, "content": "native REST"})).status_code == 201

    async def by_socket() -> None:
        assert (await at_bob.ask(type="message", room=room, content="socket"))["type"] == "ack"

    async def by_conversations() -> None:
        sent = await bob.post(f"/conversations/{room}/message", json={"content": "conversations"})
        assert sent.status_code == 201

    async def by_rooms() -> None:
        assert (await bob.post(f"/room/{room}/messages", json={"content": "rooms"})).status_code == 201

    async def in_a_thread() -> None:
        reply = {"room": room, "content": "thread", "thread": 1}
        assert (await bob.post("/api/messages", json=reply)).status_code == 201

    ways = {
        "v1": by_v1, "native REST": by_native_rest, "socket": by_socket, "conversations": by_conversations,
        "rooms": by_rooms, "thread": in_a_thread,
    }  # fmt: skip
    async with event_source(alice, f"/room/{room}/subscribe") as events:
        for number, (text, send) in enumerate(ways.items(), start=1):
            polling = asyncio.create_task(alice.get(poll))
            await send()
            # Live, by every kind of subscription.
            for received in (
                await native.expect("message", room=room),
                await feed.next(),
                await events.next(),
                (await polling).json()["messages"][0],
            ):
                assert (received["content"], received["seq"], received["sender"]["id"]) == (text, number, bob.id)
            poll = polling.result().links["next"]["url"]
    # And in history.
    expected = list(ways)
    for page in (
        await alice.get(f"/api/rooms/{room}/messages"),
        await alice.get(f"/api/messages/{room}"),
        await alice.get(f"/conversations/{room}"),
        await alice.get(f"/room/{room}/messages"),
    ):
        assert [message["content"] for message in page.json()["messages"]] == expected
    for listed in (
        await v1_alice.get(f"/group_chat/messages/group/{room}"),
        await v1_alice.get("/group_chat/messages"),
    ):
        assert [message["message"] for message in listed.json()["messages"]] == expected
    for socket in (native, feed, at_bob):
        await socket.close()
    await v1_alice.aclose()
    await v1_bob.aclose()


async def test_written_to_one_person_through_one_shown_by_all(scene, server) -> None:
    alice, bob, _ = scene
    v1_alice, v1_bob = await with_cookie(server, alice), await with_cookie(server, bob)
    at_bob = await RawSocket.greeted(server.socket_url, bob.token)
    feed_url = server.url.replace("http", "ws") + "/messages/subscribe"
    feed = await RawSocket.open(feed_url, {"Authorization": f"Bearer {alice.token}"})
    poll = (await alice.get("/messages/subscribe?wait=0")).links["next"]["url"].replace("wait=0", "wait=60")
    room = (await bob.post("/conversations", json={"participants": [alice.name]})).json()["id"]

    async def in_a_thread() -> None:
        reply = {"room": room, "content": "thread", "thread": 1}
        assert (await bob.post("/api/messages", json=reply)).status_code == 201

    ways = {
        "v1": lambda: v1_bob.post("/messages", json={"dest_username": alice.name, "message": "v1"}),
        "native": lambda: bob.post("/api/messages", json={"to": alice.id, "content": "native"}),
        "conversations": lambda: bob.post(f"/conversations/{room}/message", json={"content": "conversations"}),
        "rooms": lambda: bob.post("/messages", json={"to": alice.name, "content": "rooms"}),
        "socket": lambda: at_bob.ask(type="message", to=alice.name, content="socket"),
    }
    async with event_source(alice, "/messages/subscribe") as events:
        for text, send in ways.items():
            polling = asyncio.create_task(alice.get(poll))
            await send()
            for received in (await feed.next(), await events.next(), (await polling).json()["messages"][0]):
                assert (received["content"], received["room"]) == (text, room)
            poll = polling.result().links["next"]["url"]
    expected = list(ways)
    for page in (
        await alice.get("/messages"),
        await alice.get(f"/conversations/{room}"),
        await alice.get(f"/api/messages/{room}"),
        await bob.get(f"/room/{room}/messages"),
    ):
        assert [message["content"] for message in page.json()["messages"]] == expected
    listed = (await v1_alice.get(f"/group_chat/messages/p2p/{bob.name}")).json()["messages"]
    assert [message["message"] for message in listed] == expected
    assert {message["recipient"] for message in listed} == {alice.name}
    for socket in (feed, at_bob):
        await socket.close()
    await v1_alice.aclose()
    await v1_bob.aclose()


async def test_the_same_rules_hold_everywhere(scene, join, server) -> None:
    """A removed member on every surface; a message deleted or edited through one of them."""
    alice, bob, room = scene
    v1_bob = await with_cookie(server, bob)
    await bob.post(f"/room/{room}/messages", json={"content": "a"})
    await bob.post(f"/room/{room}/messages", json={"content": "b"})
    await alice.delete(f"/api/rooms/{room}/messages/1")
    await bob.patch(f"/api/rooms/{room}/messages/2", json={"content": "edited"})
    for path in (f"/conversations/{room}", f"/room/{room}/messages"):
        found = (await alice.get(path)).json()["messages"]
        assert [(m["content"], m["deleted"]) for m in found] == [("", True), ("edited", False)]
    listed = (await v1_bob.get(f"/group_chat/messages/group/{room}")).json()["messages"]
    assert [m["message"] for m in listed] == ["edited"]
    await alice.delete(f"/api/rooms/{room}/members/{bob.id}")
    statuses = [
        (await bob.get(f"/conversations/{room}")).status_code,
        (await bob.post(f"/conversations/{room}/message", json={"content": "x"})).status_code,
        (await bob.get(f"/room/{room}/messages")).status_code,
        (await bob.post(f"/room/{room}/messages", json={"content": "x"})).status_code,
        (await bob.get(f"/room/{room}/subscribe")).status_code,
        (await bob.get(f"/api/rooms/{room}")).status_code,
        (await v1_bob.get(f"/group_chat/messages/group/{room}")).status_code,
        (await v1_bob.post("/messages", json={"group_chat_id": room, "message": "x"})).status_code,
    ]
    assert statuses == [404, 404, 404, 404, 404, 404, 403, 403]
    assert len((await alice.get(f"/api/messages/{room}")).json()["messages"]) == 2
    await v1_bob.aclose()
