"""Bad input gets a clear error and loses nothing, the same over REST and the socket."""

import json
import socket as tcp

import pytest

from tests.conftest import MakeServer, newcomer
from tests.http import HttpClient

# Name of the case, body as sent, and the field that the error must name.
BODIES = [
    ("not JSON", b"nope", None),
    ("half a JSON", b'{"content": "x', None),
    ("an array", b"[]", "body"),
    ("nothing", b"", None),
    ("wrong type", b'{"content": 5}', "content"),
    ("null", b'{"content": null}', "content"),
    ("missing field", b"{}", "content"),
    ("unknown field", b'{"content": "x", "colour": "red"}', "colour"),
    ("read-only field sender", b'{"content": "x", "sender": 1}', "sender"),
    ("read-only field at", b'{"content": "x", "at": "2020-01-01T00:00:00Z"}', "at"),
    ("lone surrogate", b'{"content": "\\ud800"}', None),
    ("NUL", b'{"content": "a\\u0000b"}', "content"),
    ("invalid UTF-8", b'{"content": "\xff"}', None),
    ("empty", b'{"content": ""}', "content"),
    ("blank", b'{"content": " \\n\\t\\u00a0\\u3000 "}', "content"),
    ("invisible", '{"content": "\u200b\u2060\u3164"}'.encode(), "content"),
    ("10,001 code points", json.dumps({"content": "x" * 10_001}).encode(), "content"),
    (
        "1,000 emoji of 7 code points",
        json.dumps({"content": "👩‍👩‍👧‍👦" * 1500}, ensure_ascii=False).encode(),
        "content",
    ),
    ("id 2^63 in reply_to", b'{"content": "x", "reply_to": 9223372036854775808}', "reply_to"),
    ("negative id", b'{"content": "x", "reply_to": -1}', "reply_to"),
    ("fraction", b'{"content": "x", "reply_to": 1.5}', "reply_to"),
    ("text as id", b'{"content": "x", "reply_to": "1"}', "reply_to"),
    ("unknown reply", b'{"content": "x", "reply_to": 99}', "reply_to"),
    ("long key", json.dumps({"content": "x", "key": "k" * 65}).encode(), "key"),
    ("empty key", b'{"content": "x", "key": ""}', "key"),
    ("NUL in the key", b'{"content": "x", "key": "a\\u0000b"}', "key"),
    ("deep nesting", b'{"content": ' + b"[" * 20000 + b"}", None),
    ("giant number", b'{"content": "x", "reply_to": ' + b"9" * 5000 + b"}", None),
]


@pytest.fixture
async def room(people):
    (alice,) = await people(1)
    made = await alice.create_room(f"bad {alice.user.username}")
    return alice, made.id


@pytest.mark.parametrize(("what", "body", "field"), BODIES, ids=[what for what, _, _ in BODIES])
async def test_a_bad_message(room, sockets, what: str, body: bytes, field: str | None) -> None:
    alice, number = room
    async with HttpClient(base_url=alice.url) as http:
        response = await http.post(
            f"/api/rooms/{number}/messages",
            content=body,
            headers={"Authorization": f"Bearer {alice.token}", "Content-Type": "application/json"},
        )
    problem = response.json()
    assert (response.status_code, problem["code"]) == (400, "invalid_input")
    assert response.headers["content-type"].startswith("application/problem+json")
    assert problem["detail"]
    if field is not None:
        assert [error["field"] for error in problem["errors"]] == [field]
    # The same as a frame, where there is one.
    if body.startswith(b"{") and b"\xff" not in body and field != "body" and field is not None:
        socket = await sockets(alice)
        frame = body.replace(b"{", b'{"type":"message","ref":"r","room":%d,' % number, 1).replace(b",}", b"}")
        await socket.send_text(frame.decode())
        refused = await socket.expect("error")
        assert (refused["code"], refused["ref"]) == ("invalid_input", "r")
        assert field in refused["detail"]
        assert (await socket.ask(type="ping"))["type"] == "pong"
    # Nothing was stored, and a valid one still works.
    assert (await alice.send("good", room=number)).seq == 1


@pytest.mark.parametrize("number", ["abc", "0", "-1", "9223372036854775808", "1.5", "%00", "🙂"])
async def test_ids_that_are_none(room, number: str) -> None:
    alice, _ = room
    async with HttpClient(base_url=alice.url, headers={"Authorization": f"Bearer {alice.token}"}) as http:
        for path in (f"/api/rooms/{number}", f"/api/users/{number}", f"/api/rooms/{number}/messages"):
            response = await http.get(path)
            assert (path, response.status_code, response.json()["code"]) == (path, 400, "invalid_input")


async def test_ids_that_are_nobody_s(room, sockets) -> None:
    alice, _ = room
    async with HttpClient(base_url=alice.url, headers={"Authorization": f"Bearer {alice.token}"}) as http:
        for path in ("/api/rooms/9223372036854775807", "/api/users/9223372036854775807", "/api/nothing", "/nothing"):
            response = await http.get(path)
            assert (path, response.status_code, response.json()["code"]) == (path, 404, "not_found")
    socket = await sockets(alice)
    for frame in (
        {"type": "message", "room": 2**63 - 1, "content": "x"},
        {"type": "join_room", "room": 2**63 - 1},
        {"type": "typing_start", "room": 2**63 - 1},
        {"type": "subscribe", "room": 2**63 - 1},
        {"type": "message", "to": "nobody at all", "content": "x"},
        {"type": "message", "to": 2**63 - 1, "content": "x"},
    ):
        assert (await socket.ask(**frame))["code"] == "not_found", frame


@pytest.mark.parametrize(
    ("frame", "field"),
    [
        ({"type": "message", "room": 2**63, "content": "x"}, "room"),
        ({"type": "message", "room": True, "content": "x"}, "room"),
        ({"type": "message", "content": "x"}, "to"),
        ({"type": "message", "room": 1, "to": 1, "content": "x"}, "room"),
        ({"type": "edit", "room": 1, "seq": 0, "content": "x"}, "seq"),
        ({"type": "reaction", "room": 1, "seq": 1, "emoji": "x" * 40}, "emoji"),
        ({"type": "reaction", "room": 1, "seq": 1, "emoji": "👍", "op": "toggle"}, "op"),
        ({"type": "presence", "status": "asleep"}, "status"),
        ({"type": "hello", "since": {"x": 1}}, "since"),
        ({"type": "hello", "since": {"1": -1}}, "since"),
        ({"type": "read", "room": 1}, "seq"),
        ({"type": "ping", "extra": 1}, "extra"),
    ],
)
async def test_frames_with_bad_fields(room, sockets, frame, field: str) -> None:
    alice, _ = room
    refused = await (await sockets(alice)).ask(**frame)
    assert (refused["type"], refused["code"]) == ("error", "invalid_input")
    assert field in refused["detail"]


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("limit=0", "limit"),
        ("limit=201", "limit"),
        ("limit=x", "limit"),
        ("before=-1", "before"),
        ("after=9223372036854775808", "after"),
    ],
)
async def test_bad_positions(room, query: str, field: str) -> None:
    alice, number = room
    async with HttpClient(base_url=alice.url, headers={"Authorization": f"Bearer {alice.token}"}) as http:
        response = await http.get(f"/api/rooms/{number}/messages?{query}")
    assert (response.status_code, response.json()["errors"][0]["field"]) == (400, field)


@pytest.mark.parametrize("name", ["\u202eevil", "a\u2066b", "two\nlines", "", "  ", "x" * 81, "nul\x00", None])
async def test_bad_room_names(room, name: str | None) -> None:
    alice, number = room
    async with HttpClient(base_url=alice.url, headers={"Authorization": f"Bearer {alice.token}"}) as http:
        for response in (
            await http.post("/api/rooms", json={"name": name}),
            await http.patch(f"/api/rooms/{number}", json={"name": name}),
        ):
            assert (response.status_code, response.json()["errors"][0]["field"]) == (400, "name")


async def test_each_error_code_over_rest_and_socket(make_server: MakeServer) -> None:
    """Both use one list of codes. `unavailable` has a test of its own, with a full disk."""
    from tests.raw import RawSocket

    server = make_server(
        "groups_per_user=1", "frames_per_second=1", "frame_burst=12", "registrations_per_address=2/hour"
    )
    alice, bob = await newcomer(server.url, "alice"), await newcomer(server.url, "bob")
    room = await alice.create_room("room")
    await alice.create_room(kind="private")
    await alice.send("hers", room=room.id)
    headers = {"Authorization": f"Bearer {bob.token}"}
    async with HttpClient(base_url=server.url) as http:

        async def ask(method: str, path: str, as_bob: bool = True, **options) -> tuple[int, str]:
            response = await http.request(method, path, headers=headers if as_bob else {}, **options)
            return response.status_code, response.json()["code"]

        assert await ask("POST", "/api/rooms", json={}) == (400, "invalid_input")
        assert await ask("GET", "/api/rooms", as_bob=False) == (401, "not_authenticated")
        assert await ask("PATCH", f"/api/rooms/{room.id}", json={"topic": "x"}) == (403, "not_allowed")
        assert await ask("GET", "/api/rooms/999") == (404, "not_found")
        assert await ask("POST", "/api/rooms", json={"name": "ROOM"}) == (409, "conflict")
        assert await ask("POST", "/api/rooms", json={"name": "x" * 140_000}) == (413, "too_large")
        bodies = [{"kind": "private"}] * 2
        assert [(await http.post("/api/rooms", json=b, headers=headers)).status_code for b in bodies] == [201, 422]
        new = {"username": "carol", "password": "correct horse"}
        limited = await http.post("/api/users", json=new)
        assert (limited.status_code, limited.json()["code"]) == (429, "rate_limited")
        assert int(limited.headers["retry-after"]) >= 1
    socket = await RawSocket.open(server.socket_url, headers)
    await socket.send(type="hello")

    async def refused(**frame) -> str:
        return (await socket.ask(**frame))["code"]

    assert await refused(type="message", room=room.id, content="") == "invalid_input"
    assert await refused(type="message", room=999, content="x") == "not_found"
    assert await refused(type="delete", room=room.id, seq=1) == "not_allowed"
    for number in range(20):
        await socket.send(type="ping", ref=f"p{number}")
    assert (await socket.expect("error"))["code"] == "rate_limited"
    await socket.close()
    for client in (alice, bob):
        await client.__aexit__()


async def test_hosts_of_headers_and_bodies_are_bounded(make_server: MakeServer) -> None:
    server = make_server("request_seconds=2")

    def answer(request: bytes) -> bytes:
        with tcp.create_connection(("127.0.0.1", server.port)) as connection:
            connection.settimeout(60)
            connection.sendall(request)
            received = b""
            try:
                while chunk := connection.recv(65536):
                    received += chunk
            except ConnectionResetError:
                pass
            return received

    host = b"Host: localhost\r\n"
    big = b"GET /healthz HTTP/1.1\r\n" + host + b"X-Big: " + b"x" * 20000 + b"\r\n\r\n"
    assert b" 431 " in answer(big).split(b"\r\n")[0]
    endless = b"GET /healthz HTTP/1.1\r\n" + host + b"X-Big: " + b"x" * 30000
    assert b" 431 " in answer(endless).split(b"\r\n")[0]
    many = b"GET /healthz HTTP/1.1\r\n" + host + b"".join(b"X-%d: y\r\n" % n for n in range(3000)) + b"\r\n"
    assert b" 431 " in answer(many).split(b"\r\n")[0]
    long_body = (
        b"POST /api/login HTTP/1.1\r\n" + host + b"Content-Type: application/json\r\nContent-Length: 140000\r\n\r\n"
    )
    assert b" 413 " in answer(long_body).split(b"\r\n")[0]
    chunked = b"POST /api/login HTTP/1.1\r\n" + host + (
        b"Content-Type: application/json\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
        + b"1000\r\n" + b" " * 4096 + b"\r\n"
    )  # fmt: skip
    assert b" 413 " in answer(chunked + (b"1000\r\n" + b" " * 4096 + b"\r\n") * 40 + b"0\r\n\r\n").split(b"\r\n")[0]
    # Half a request, half a handshake, half a body: each is closed after its time limit.
    assert answer(b"GET /healthz HTTP/1.1\r\nHost: loc") == b""
    assert answer(b"GET /ws HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upg") == b""
    assert (
        answer(
            b"POST /api/login HTTP/1.1\r\n" + host + b"Content-Type: application/json\r\nContent-Length: 50\r\n\r\n{"
        )
        == b""
    )
    assert answer(b"") == b""
    # The server still answers others.
    assert b'"ok"' in answer(b"GET /healthz HTTP/1.1\r\n" + host + b"Connection: close\r\n\r\n")
