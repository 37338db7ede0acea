"""The full chat application: its eight endpoints and eight socket events, by name."""

import httpx
import pytest

from tests.compat.conftest import fresh_name
from tests.conftest import PASSWORD
from tests.http import HttpClient
from tests.raw import RawSocket


@pytest.fixture
async def api(server):
    async with HttpClient(base_url=f"{server.url}/api", timeout=60) as http:
        yield http


async def sign_up(api: httpx.AsyncClient) -> tuple[dict, dict]:
    """A user, and the headers to authenticate as them."""
    name = fresh_name("app")
    user = await api.post("/users", json={"username": name, "password": PASSWORD})
    assert user.status_code == 201
    signed_in = await api.post("/login", json={"username": name, "password": PASSWORD})
    assert signed_in.status_code == 200
    return user.json(), {"Authorization": f"Bearer {signed_in.json()['token']}"}


async def test_the_eight_endpoints(api: httpx.AsyncClient) -> None:
    # POST /api/users, POST /api/login
    alice, as_alice = await sign_up(api)
    bob, as_bob = await sign_up(api)
    taken = await api.post("/users", json={"username": alice["username"], "password": PASSWORD})
    assert taken.status_code == 409
    wrong = await api.post("/login", json={"username": alice["username"], "password": "wrong password"})
    assert wrong.status_code == 401
    # GET /api/users
    assert (await api.get("/users")).status_code == 401
    found = (await api.get("/users", params={"query": bob["username"]}, headers=as_alice)).json()
    assert [user["id"] for user in found["users"]] == [bob["id"]]
    # POST /api/rooms
    name = fresh_name("room")
    made = await api.post("/rooms", json={"name": name}, headers=as_alice)
    assert made.status_code == 201
    number = made.json()["id"]
    assert (await api.post("/rooms", json={"name": name.upper()}, headers=as_bob)).status_code == 409
    assert (await api.post("/rooms", json={}, headers=as_bob)).status_code == 400
    # GET /api/rooms
    listed = (await api.get("/rooms", params={"query": name}, headers=as_bob)).json()["rooms"]
    assert [room["id"] for room in listed] == [number]
    # GET /api/rooms/{id}: one room
    room = (await api.get(f"/rooms/{number}", headers=as_bob)).json()
    assert (room["name"], room["kind"], room["member_count"]) == (name, "public", 1)
    assert (await api.get(f"/rooms/{2**62}", headers=as_bob)).status_code == 404
    # POST /api/messages, to a room and to a person
    sent = await api.post("/messages", json={"room": number, "content": "to the room"}, headers=as_bob)
    assert sent.status_code == 201
    direct = await api.post("/messages", json={"to": bob["username"], "content": "to bob"}, headers=as_alice)
    assert direct.status_code == 201
    for body in ({"content": "x"}, {"room": number}, {"room": number, "to": bob["id"], "content": "x"}):
        assert (await api.post("/messages", json=body, headers=as_alice)).status_code == 400
    # GET /api/messages/{id}: its history
    page = (await api.get(f"/messages/{number}", headers=as_alice)).json()
    assert [message["content"] for message in page["messages"]] == ["to the room"]
    page = (await api.get(f"/messages/{direct.json()['room']}", headers=as_bob)).json()
    assert [message["content"] for message in page["messages"]] == ["to bob"]
    _, as_carol = await sign_up(api)
    assert (await api.get(f"/messages/{direct.json()['room']}", headers=as_carol)).status_code == 404


async def test_the_eight_events(api: httpx.AsyncClient, server) -> None:
    alice, as_alice = await sign_up(api)
    bob, as_bob = await sign_up(api)
    number = (await api.post("/rooms", json={"name": fresh_name("room")}, headers=as_alice)).json()["id"]
    at_alice, at_bob = [await RawSocket.open(server.socket_url, headers) for headers in (as_alice, as_bob)]
    # connect
    for socket, user in ((at_alice, alice), (at_bob, bob)):
        await socket.send(type="hello")
        assert (await socket.expect("connect"))["user"]["id"] == user["id"]
    # join_room
    assert (await at_bob.ask(type="join_room", room=number))["type"] == "ack"
    assert (await at_alice.expect("member", room=number))["user"]["id"] == bob["id"]
    # typing_start, typing_stop
    for frame, on in (("typing_start", True), ("typing_stop", False)):
        await at_bob.send(type=frame, room=number)
        assert (await at_alice.expect("typing"))["on"] == on
    # message
    ack = await at_bob.ask(type="message", room=number, content="hello")
    received = await at_alice.expect("message", room=number)
    assert (received["content"], received["sender"]["id"], received["seq"]) == ("hello", bob["id"], ack["seq"])
    # reaction
    await at_alice.ask(type="reaction", room=number, seq=received["seq"], emoji="👍")
    reaction = await at_bob.expect("reaction")
    assert (reaction["user"], reaction["emoji"], reaction["op"]) == (alice["id"], "👍", "add")
    # leave_room
    assert (await at_bob.ask(type="leave_room", room=number))["type"] == "ack"
    gone = await at_alice.expect("member", room=number)
    assert gone["user"]["id"] == bob["id"]
    assert "rank" not in gone
    # disconnect
    await api.post("/logout", headers=as_bob)
    assert (await at_bob.expect("disconnect"))["code"] == 4401
    assert await at_bob.closed() == 4401
    await at_alice.close()


async def test_the_web_client_is_at_the_root(server) -> None:
    async with HttpClient(base_url=server.url) as http:
        page = await http.get("/")
        assert page.headers["content-type"].startswith("text/html")
        assert "width=device-width" in page.text
