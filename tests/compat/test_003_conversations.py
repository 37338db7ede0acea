"""Conversations: every endpoint, then live delivery, presence, receipts and archiving."""

import asyncio

import pytest

from tests.compat.conftest import fresh_name
from tests.conftest import PASSWORD
from tests.http import HttpClient
from tests.raw import RawSocket


@pytest.fixture
async def listen(server):
    opened = []

    async def open_socket(http) -> RawSocket:
        opened.append(await RawSocket.greeted(server.socket_url, http.token))
        return opened[-1]

    yield open_socket
    for socket in opened:
        await socket.close()


async def test_register(server) -> None:
    async with HttpClient(base_url=server.url) as http:
        name = fresh_name()
        made = await http.post("/register", json={"username": name, "password": PASSWORD})
        assert made.status_code == 201
        assert made.json() == {"id": made.json()["id"], "username": name, "status": "offline", "last_seen": None}
        assert (await http.post("/register", json={"username": name, "password": PASSWORD})).status_code == 409
        for body in (
            {},
            {"username": fresh_name()},
            {"username": fresh_name(), "password": "short"},
            {"username": "no spaces", "password": PASSWORD},
            {"username": 5, "password": PASSWORD},
            {"username": fresh_name(), "password": PASSWORD, "admin": True},
        ):
            refused = await http.post("/register", json=body)
            assert (refused.status_code, refused.json()["code"]) == (400, "invalid_input")


async def test_login_and_logout(join) -> None:
    alice = await join()
    for name, password in ((alice.name, "wrong password"), ("nobody", PASSWORD)):
        refused = await alice.post("/login", json={"username": name, "password": password})
        assert (refused.status_code, refused.json()["code"]) == (401, "not_authenticated")
    assert (await alice.post("/login", json={"username": alice.name})).status_code == 400
    signed_in = (await alice.post("/login", json={"username": alice.name, "password": PASSWORD})).json()
    assert set(signed_in) == {"token", "user"}
    other = {"Authorization": f"Bearer {signed_in['token']}"}
    assert (await alice.post("/logout", headers=other)).status_code == 204
    assert (await alice.get("/users", headers=other)).status_code == 401
    assert (await alice.get("/users")).status_code == 200


async def test_who_is_not_signed_in_gets_401_everywhere(server) -> None:
    async with HttpClient(base_url=server.url) as http:
        for method, path in [
            ("POST", "/logout"),
            ("GET", "/users"),
            ("GET", "/users/1"),
            ("GET", "/conversations"),
            ("GET", "/conversations/1"),
        ]:
            assert (await http.request(method, path)).status_code == 401
        for path, body in [
            ("/conversations", {"participants": ["x"]}),
            ("/conversations/1/message", {"content": "x"}),
        ]:
            assert (await http.post(path, json=body)).status_code == 401


async def test_users(join) -> None:
    prefix = fresh_name("p")[:8]
    people = [await join(name=f"{prefix}.{letter}") for letter in "abc"]
    alice = people[0]
    found = (await alice.get("/users", params={"query": prefix.upper()})).json()
    assert [user["username"] for user in found["users"]] == [one.name for one in people]
    assert not found["has_more"]
    first = (await alice.get("/users", params={"query": prefix, "limit": 2})).json()
    assert first["has_more"]
    rest = (await alice.get("/users", params={"query": prefix, "after": first["users"][-1]["id"]})).json()
    assert [user["username"] for user in rest["users"]] == [people[2].name]
    one = (await alice.get(f"/users/{people[1].id}")).json()
    assert one == {"id": people[1].id, "username": people[1].name, "status": "offline", "last_seen": None}
    assert (await alice.get(f"/users/{2**62}")).status_code == 404
    for path in ("/users/abc", "/users/0", "/users?limit=0", "/users?after=x"):
        assert (await alice.get(path)).status_code == 400


async def test_starting_a_conversation(join) -> None:
    alice, bob, carol = [await join() for _ in range(3)]
    two = await alice.post("/conversations", json={"participants": [bob.name]})
    assert two.status_code == 201
    assert two.headers["location"] == f"/conversations/{two.json()['id']}"
    assert {user["username"] for user in two.json()["participants"]} == {alice.name, bob.name}
    for participants in ([alice.id], [alice.name, bob.id, bob.name]):
        again = await bob.post("/conversations", json={"participants": participants})
        assert (again.status_code, again.json()["id"]) == (200, two.json()["id"])
    group = await alice.post("/conversations", json={"participants": [bob.id, carol.name], "name": "Friends"})
    assert group.status_code == 201
    assert (group.json()["name"], group.json()["participant_count"]) == ("Friends", 3)
    for body, field in (
        ({"participants": [bob.name, "nobody at all"]}, "participants.1"),
        ({"participants": [2**62]}, "participants.0"),
        ({"participants": []}, "participants"),
        ({"participants": [alice.name]}, "participants"),
        ({"participants": [bob.name], "name": "two"}, "name"),
        ({"participants": [bob.name, carol.name], "name": "\u202e"}, "name"),
        ({"participants": bob.name}, "participants"),
        ({}, "participants"),
        ({"participants": [bob.name], "kind": "public"}, "kind"),
    ):
        refused = await alice.post("/conversations", json=body)
        assert (refused.status_code, refused.json()["errors"][0]["field"]) == (400, field), body


async def test_talking(join) -> None:
    alice, bob, carol = [await join() for _ in range(3)]
    number = (await alice.post("/conversations", json={"participants": [bob.name]})).json()["id"]
    path = f"/conversations/{number}"
    sent = await alice.post(f"{path}/message", json={"content": "Hello Bob!", "key": "k"})
    assert sent.status_code == 201
    assert (sent.json()["content"], sent.json()["status"]) == ("Hello Bob!", "sent")
    again = await alice.post(f"{path}/message", json={"content": "Hello Bob!", "key": "k"})
    assert (again.status_code, again.json()["seq"]) == (200, 1)
    for count in range(2, 6):
        await bob.post(f"{path}/message", json={"content": f"answer {count}"})
    page = (await alice.get(path)).json()
    assert [message["seq"] for message in page["messages"]] == [1, 2, 3, 4, 5]
    assert page["conversation"]["last_message"]["content"] == "answer 5"
    before = (await alice.get(path, params={"before": 3, "limit": 1})).json()
    assert [message["seq"] for message in before["messages"]] == [2]
    assert before["has_more"]
    assert before["conversation"]["last_message"]["seq"] == 5
    after = (await alice.get(path, params={"after": 3})).json()
    assert [message["seq"] for message in after["messages"]] == [4, 5]
    listed = (await bob.get("/conversations")).json()["conversations"]
    assert [one["id"] for one in listed] == [number]
    for body in ({}, {"content": ""}, {"content": "x" * 10_001}, {"content": 5}, {"content": "x", "sender": 1}):
        assert (await alice.post(f"{path}/message", json=body)).status_code == 400
    # For others it does not exist.
    for stranger in (carol,):
        for unknown in (path, f"/conversations/{2**62}"):
            answers = [
                await stranger.get(unknown),
                await stranger.post(f"{unknown}/message", json={"content": "x"}),
                await stranger.patch(unknown, json={"muted": True}),
                await stranger.put(f"{unknown}/read", json={"seq": 1}),
            ]
            assert [answer.status_code for answer in answers] == [404] * 4
    hidden, missing = [(await carol.get(f"/conversations/{n}")).json() for n in (number, 2**62)]
    assert hidden["detail"] == missing["detail"]
    # A public room of which one is no member is no conversation.
    public = (await alice.post("/rooms", json={"name": fresh_name()})).json()["roomId"]
    assert (await carol.get(f"/conversations/{public}")).status_code == 404
    assert (await carol.post(f"/conversations/{public}/message", json={"content": "x"})).status_code == 404


async def test_everyone_in_a_conversation_hears_it_at_once(join, listen) -> None:
    alice, bob, carol = [await join() for _ in range(3)]
    number = (await alice.post("/conversations", json={"participants": [bob.name, carol.name]})).json()["id"]
    sockets = [await listen(one) for one in (alice, bob, carol)]
    await alice.post(f"/conversations/{number}/message", json={"content": "to all"})
    for socket in sockets:
        assert (await socket.expect("message", room=number))["content"] == "to all"
    answered = await sockets[1].ask(type="message", room=number, content="over the socket")
    assert answered["type"] == "ack"
    for socket in (sockets[0], sockets[2]):
        assert (await socket.expect("message", seq=2))["content"] == "over the socket"
    assert (await alice.get(f"/conversations/{number}")).json()["messages"][-1]["content"] == "over the socket"


async def test_presence_is_told_to_those_who_share_a_conversation(join, listen) -> None:
    alice, bob, stranger = [await join() for _ in range(3)]
    await alice.post("/conversations", json={"participants": [bob.name]})
    at_alice, at_stranger = await listen(alice), await listen(stranger)
    at_bob = await listen(bob)
    assert (await at_alice.expect("presence", user=bob.id))["status"] == "online"
    assert (await alice.get(f"/users/{bob.id}")).json()["status"] == "online"
    await at_bob.ask(type="presence", status="busy")
    assert (await at_alice.expect("presence", user=bob.id))["status"] == "busy"
    await at_bob.close()
    gone = await at_alice.expect("presence", user=bob.id)
    assert gone["status"] == "offline"
    seen = (await alice.get(f"/users/{bob.id}")).json()
    assert (seen["status"], seen["last_seen"]) == ("offline", gone["last_seen"])
    assert "presence" not in [event["type"] for event in await at_stranger.until_quiet()]


async def test_its_sender_sees_how_far_a_message_came(join, listen) -> None:
    alice, bob = [await join() for _ in range(2)]
    number = (await alice.post("/conversations", json={"participants": [bob.name]})).json()["id"]
    path = f"/conversations/{number}"

    async def status(http, seq: int = 1):
        message = (await http.get(path)).json()["messages"][seq - 1]
        return message.get("status"), message.get("delivered_to"), message.get("read_by")

    await alice.post(f"{path}/message", json={"content": "hello"})
    at_alice = await listen(alice)
    assert await status(alice) == ("sent", None, None)
    assert await status(bob) == (None, None, None)  # not his own message; fetching it marks it as delivered to him
    await at_alice.expect("delivered", user=bob.id, seq=1)
    assert await status(alice) == ("delivered", None, None)
    assert (await bob.put(f"{path}/read", json={"seq": 1})).json()["unread"] == 0
    await at_alice.expect("read", user=bob.id, seq=1)
    assert await status(alice) == ("read", None, None)
    # A connected socket marks messages as delivered by itself.
    at_bob = await listen(bob)
    reading = asyncio.create_task(at_bob.expect("message", seq=2))
    await alice.post(f"{path}/message", json={"content": "again"})
    await at_alice.expect("delivered", user=bob.id, seq=2)
    await reading
    assert await status(alice, 2) == ("delivered", None, None)


async def test_in_a_group_it_is_counted_to_how_many(join, listen) -> None:
    alice, bob, carol, dave = [await join() for _ in range(4)]
    number = (await alice.post("/conversations", json={"participants": [bob.name, carol.name]})).json()["id"]
    path = f"/conversations/{number}"
    at_alice = await listen(alice)
    sent = (await alice.post(f"{path}/message", json={"content": "to both"})).json()
    assert (sent["status"], sent["delivered_to"], sent["read_by"]) == ("sent", 0, 0)
    await bob.put(f"{path}/read", json={"seq": 1})
    await carol.get(path)
    await at_alice.expect("delivered", user=carol.id)
    # Members who joined later do not count.
    await alice.post(f"/api/rooms/{number}/members", json={"user": dave.name})
    message = (await alice.get(path)).json()["messages"][0]
    assert (message["status"], message["delivered_to"], message["read_by"]) == ("delivered", 2, 1)
    await carol.put(f"{path}/read", json={"seq": 1})
    message = (await alice.get(path)).json()["messages"][0]
    assert (message["status"], message["delivered_to"], message["read_by"]) == ("read", 2, 2)
    for body in ({"seq": 99}, {"seq": -1}, {}, {"seq": "1"}):
        assert (await bob.put(f"{path}/read", json=body)).status_code == 400, body


async def test_archiving_is_one_s_own_and_ends_with_a_new_message_unless_muted(join) -> None:
    alice, bob = [await join() for _ in range(2)]
    number = (await alice.post("/conversations", json={"participants": [bob.name]})).json()["id"]
    path = f"/conversations/{number}"
    await alice.post(f"{path}/message", json={"content": "one"})

    async def listed(http, **params) -> list[int]:
        return [one["id"] for one in (await http.get("/conversations", params=params)).json()["conversations"]]

    assert (await bob.patch(path, json={"archived": True})).json()["archived"]
    assert await listed(bob) == []
    assert await listed(bob, archived="true") == [number]
    assert await listed(alice) == [number]
    assert [m["content"] for m in (await bob.get(path)).json()["messages"]] == ["one"]
    await alice.post(f"{path}/message", json={"content": "two"})
    assert await listed(bob) == [number]
    await bob.patch(path, json={"archived": True, "muted": True})
    await alice.post(f"{path}/message", json={"content": "three"})
    assert await listed(bob) == []
    assert (await bob.patch(path, json={"archived": False})).json()["muted"]
    assert await listed(bob) == [number]
    for body in ({"archived": "yes"}, {"archived": None}, {"pinned": True}):
        assert (await bob.patch(path, json=body)).status_code == 400


async def test_the_token_opens_the_socket_by_header_frame_or_ticket_and_nothing_in_the_url(join, server) -> None:
    alice = await join()
    by_frame = await RawSocket.open(server.socket_url)
    await by_frame.send(type="hello", token=alice.token)
    assert (await by_frame.expect("connect"))["user"]["username"] == alice.name
    ticket = (await alice.post("/api/tickets", json={"use": "socket"})).json()["ticket"]
    by_ticket = await RawSocket.open(f"{server.socket_url}?ticket={ticket}")
    await by_ticket.send(type="hello")
    assert (await by_ticket.expect("connect"))["user"]["username"] == alice.name
    in_url = await RawSocket.open(f"{server.socket_url}?token={alice.token}")
    await in_url.send(type="message", room=1, content="x")
    assert await in_url.closed() == 4401
    for socket in (by_frame, by_ticket, in_url):
        await socket.close()
