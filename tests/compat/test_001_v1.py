"""`/v1`: every endpoint, body and status."""

import asyncio

import httpx
import pytest

from tests.compat.conftest import fresh_name
from tests.conftest import PASSWORD
from tests.http import HttpClient

BODIES = [
    b"", b"nope", b"[]", b'{"username": "x"', b'{"username": 5, "password": "12345678"}', b'{"password": "12345678"}',
    b'{"username": "someone"}', b'{"username": "someone", "password": "12345678", "admin": true}',
]  # fmt: skip


@pytest.fixture
async def make(server):
    """`await make("alice")`: a user, registered and signed in with a cookie."""
    opened = []

    async def sign_up(signed_in: bool = True) -> httpx.AsyncClient:
        http = HttpClient(base_url=f"{server.url}/v1", timeout=60)
        opened.append(http)
        http.name = fresh_name("v")
        credentials = {"username": http.name, "password": PASSWORD}
        assert (await http.post("/auth/register", json=credentials)).status_code == 200
        if signed_in:
            assert (await http.post("/auth/login", json=credentials)).status_code == 200
        return http

    yield sign_up
    for http in opened:
        await http.aclose()


def wrong(response: httpx.Response, status: int) -> dict:
    """Assert that the answer is this error, with a body that explains it."""
    assert response.status_code == status, response.text
    body = response.json()
    assert body["status"] == status
    assert body["detail"]
    return body


async def test_register(make) -> None:
    known = await make(signed_in=False)
    for name in (known.name, known.name.upper()):
        wrong(await known.post("/auth/register", json={"username": name, "password": PASSWORD}), 400)
    for body in BODIES:
        wrong(await known.post("/auth/register", content=body, headers={"Content-Type": "application/json"}), 400)
    for credentials in (
        {"username": "", "password": PASSWORD},
        {"username": "x" * 21, "password": PASSWORD},
        {"username": fresh_name(), "password": "pass123"},
        {"username": fresh_name(), "password": "x" * 101},
        {"username": fresh_name(), "password": ""},
    ):
        wrong(await known.post("/auth/register", json=credentials), 400)
    assert "cookie" not in known.headers
    assert not known.cookies


async def test_login(make) -> None:
    http = await make(signed_in=False)
    for body in BODIES:
        wrong(await http.post("/auth/login", content=body, headers={"Content-Type": "application/json"}), 400)
    answers = [
        wrong(await http.post("/auth/login", json={"username": name, "password": password}), 400)["detail"]
        for name, password in ((http.name, "wrong password"), ("nobody", PASSWORD))
    ]
    assert answers[0] == answers[1]
    answer = await http.post("/auth/login", json={"username": http.name, "password": PASSWORD})
    assert answer.status_code == 200
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert (await http.get("/group_chat/messages")).status_code == 200


async def test_logout(make) -> None:
    http = await make()
    kept = dict(http.cookies)
    assert (await http.post("/auth/logout")).status_code == 200
    assert not http.cookies
    wrong(await http.post("/auth/logout"), 401)
    http.cookies.update(kept)
    wrong(await http.get("/group_chat/messages"), 401)


async def test_who_is_not_signed_in_gets_401_everywhere(make) -> None:
    http = await make(signed_in=False)
    for method, path, body in [
        ("POST", "/auth/logout", None),
        ("POST", "/group_chat", None),
        ("POST", "/group_chat/1/participants", {"username": http.name}),
        ("DELETE", f"/group_chat/1/participants/{http.name}", None),
        ("POST", "/messages", {"dest_username": http.name, "message": "x"}),
        ("GET", "/group_chat/messages", None),
        ("GET", "/group_chat/messages/group/1", None),
        ("GET", f"/group_chat/messages/p2p/{http.name}", None),
    ]:
        wrong(await http.request(method, path, json=body), 401)
    http.cookies["hubbub_session"] = "nonsense"
    wrong(await http.get("/group_chat/messages"), 401)


async def test_group_chats(make) -> None:
    alice, bob, carol = [await make() for _ in range(3)]
    group = (await alice.post("/group_chat")).json()["group_chat_id"]
    assert isinstance(group, int)
    named = await alice.post("/group_chat", json={"name": "Friends"})
    assert named.status_code == 200
    wrong(await alice.post("/group_chat", json={"name": ""}), 400)
    # The existence of other chats is not revealed.
    refusals = [
        wrong(await bob.post(f"/group_chat/{number}/participants", json={"username": bob.name}), 403)
        for number in (group, 2**62)
    ]
    assert refusals[0] == refusals[1]
    assert (await alice.post(f"/group_chat/{group}/participants", json={"username": bob.name})).status_code == 200
    for body in ({"username": bob.name}, {"username": "nobody at all"}, {"username": 5}, {}, {"user": bob.name}):
        wrong(await alice.post(f"/group_chat/{group}/participants", json=body), 400)
    wrong(await alice.post(f"/group_chat/{group}/participants"), 400)
    wrong(await alice.post("/group_chat/abc/participants", json={"username": bob.name}), 400)
    # A P2P chat accepts no further participants.
    p2p = (await alice.post("/messages", json={"dest_username": bob.name, "message": "hi"})).json()["chat_id"]
    wrong(await alice.post(f"/group_chat/{p2p}/participants", json={"username": carol.name}), 400)
    # Every participant may add and remove.
    assert (await bob.post(f"/group_chat/{group}/participants", json={"username": carol.name})).status_code == 200
    for path in (f"/group_chat/{group}/participants/nobody", f"/group_chat/{group}/participants/{2**62}"):
        wrong(await bob.delete(path), 400)
    assert (await bob.delete(f"/group_chat/{group}/participants/{alice.name}")).status_code == 200
    for number in (group, 2**62):
        wrong(await alice.delete(f"/group_chat/{number}/participants/{bob.name}"), 403)
    wrong(await bob.delete(f"/group_chat/{group}/participants/{alice.name}"), 400)
    bobs_id = (await bob.get("/../api/users/me")).json()["user"]["id"]
    assert (await carol.delete(f"/group_chat/{group}/participants/{bobs_id}")).status_code == 200
    assert (await carol.delete(f"/group_chat/{group}/participants/{carol.name}")).status_code == 200


async def test_sending(make) -> None:
    alice, bob, carol = [await make() for _ in range(3)]
    group = (await alice.post("/group_chat")).json()["group_chat_id"]
    for number in (group, str(group)):
        assert (await alice.post("/messages", json={"group_chat_id": number, "message": "x"})).status_code == 200
    sent = await alice.post("/messages", json={"dest_username": bob.name, "message": "hi"})
    message = sent.json()
    assert set(message) == {"id", "chat_id", "group_chat_id", "sender", "recipient", "message", "sent_at"}
    assert (message["sender"], message["recipient"], message["message"]) == (alice.name, bob.name, "hi")
    assert message["group_chat_id"] is None
    again = (await bob.post("/messages", json={"dest_username": alice.name, "message": "back"})).json()
    assert again["chat_id"] == message["chat_id"]
    for body in (
        {},
        {"message": "x"},
        {"group_chat_id": group},
        {"group_chat_id": group, "dest_username": bob.name, "message": "x"},
        {"group_chat_id": "abc", "message": "x"},
        {"group_chat_id": [group], "message": "x"},
        {"dest_username": "nobody at all", "message": "x"},
        {"dest_username": alice.name, "message": "x"},
        {"dest_username": bob.name, "message": ""},
        {"dest_username": bob.name, "message": "x" * 10_001},
        {"dest_username": bob.name, "message": "x", "sender": carol.name},
    ):
        wrong(await alice.post("/messages", json=body), 400)
    for number in (group, 2**62, message["chat_id"], "9" * 18):
        wrong(await carol.post("/messages", json={"group_chat_id": number, "message": "x"}), 403)


async def test_reading(make) -> None:
    alice, bob, carol = [await make() for _ in range(3)]
    assert (await alice.get("/group_chat/messages")).json() == {"messages": []}
    assert (await alice.get(f"/group_chat/messages/p2p/{bob.name}")).json() == {"messages": []}
    group = (await alice.post("/group_chat")).json()["group_chat_id"]
    assert (await alice.get(f"/group_chat/messages/group/{group}")).json() == {"messages": []}
    await alice.post(f"/group_chat/{group}/participants", json={"username": bob.name})
    texts = []
    for number in range(12):
        body = {"group_chat_id": group} if number % 2 else {"dest_username": alice.name}
        await bob.post("/messages", json={**body, "message": f"m{number}"})
        texts.append(f"m{number}")
    everything = (await alice.get("/group_chat/messages")).json()["messages"]
    assert sorted(m["message"] for m in everything) == sorted(texts)
    assert [m["sent_at"] for m in everything] == sorted(m["sent_at"] for m in everything)
    in_group = (await alice.get(f"/group_chat/messages/group/{group}")).json()["messages"]
    assert [m["message"] for m in in_group] == texts[1::2]
    assert {m["group_chat_id"] for m in in_group} == {group}
    p2p = (await alice.get(f"/group_chat/messages/p2p/{bob.name}")).json()["messages"]
    assert [m["message"] for m in p2p] == texts[::2]
    assert {(m["sender"], m["recipient"]) for m in p2p} == {(bob.name, alice.name)}
    # Pages follow the same order.
    for path, whole in (
        ("/group_chat/messages", everything),
        (f"/group_chat/messages/group/{group}", in_group),
        (f"/group_chat/messages/p2p/{bob.name}", p2p),
    ):
        found, before = [], {}
        while page := (await alice.get(path, params={"limit": 5, **before})).json()["messages"]:
            found = page + found
            before = {"before": page[0]["id"]}
        assert found == whole
        for query in ({"limit": 0}, {"limit": 201}, {"limit": "x"}, {"before": "nonsense"}, {"before": "0-1"}):
            wrong(await alice.get(path, params=query), 400)
    # Others see nothing of it, not even whether it exists.
    assert (await carol.get("/group_chat/messages")).json() == {"messages": []}
    for number in (group, 2**62, p2p[0]["chat_id"]):
        wrong(await carol.get(f"/group_chat/messages/group/{number}"), 403)
    wrong(await alice.get(f"/group_chat/messages/group/{p2p[0]['chat_id']}"), 403)
    wrong(await alice.get("/group_chat/messages/p2p/nobody"), 400)
    wrong(await alice.get("/group_chat/messages/group/abc"), 400)
    # A removed participant has no access.
    await alice.delete(f"/group_chat/{group}/participants/{bob.name}")
    wrong(await bob.get(f"/group_chat/messages/group/{group}"), 403)
    assert [m["message"] for m in (await bob.get("/group_chat/messages")).json()["messages"]] == texts[::2]


async def test_a_long_list_comes_whole(make, people) -> None:
    alice = await make()
    group = (await alice.post("/group_chat")).json()["group_chat_id"]
    for start in range(0, 450, 50):
        sends = (
            alice.post("/messages", json={"group_chat_id": group, "message": f"m{n}"}) for n in range(start, start + 50)
        )
        await asyncio.gather(*sends)
    listed = (await alice.get("/group_chat/messages")).json()["messages"]
    assert sorted(m["message"] for m in listed) == sorted(f"m{n}" for n in range(450))
    assert [int(m["id"].split("-")[1]) for m in listed] == list(range(1, 451))


async def test_the_key_of_the_older_service_is_taken(make_server, monkeypatch) -> None:
    monkeypatch.setenv("FLASK_SECRET_KEY", "a randomly generated secret key")
    server = make_server()
    async with HttpClient(base_url=f"{server.url}/v1") as http:
        credentials = {"username": "alice", "password": PASSWORD}
        await http.post("/auth/register", json=credentials)
        await http.post("/auth/login", json=credentials)
        assert not (server.data / "secret.key").exists()
        server.kill()
        server.start()
        assert (await http.get("/group_chat/messages")).status_code == 200


async def test_it_can_be_switched_off(make_server) -> None:
    server = make_server("dialects=conversations")
    async with HttpClient(base_url=server.url) as http:
        assert (await http.post("/v1/auth/register", json={})).status_code == 404
        assert (await http.get("/rooms")).status_code == 404
        assert (await http.get("/users")).status_code == 401
        paths = (await http.get("/api/openapi.json")).json()["paths"]
        assert "/conversations" in paths
        assert not [path for path in paths if path.startswith(("/v1", "/room", "/messages"))]
    server = make_server("dialects=", name="none")
    async with HttpClient(base_url=server.url) as http:
        for path in ("/users", "/login", "/rooms", "/v1/group_chat/messages"):
            assert (await http.get(path)).status_code == 404
        assert (await http.get("/api/rooms")).status_code == 401
