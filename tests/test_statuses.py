"""Every status of the server: one shape of error, the right status and code, and a page for it."""

import json
import socket as tcp
from typing import Any

import httpx
import pytest

from tests.conftest import MakeServer, newcomer
from tests.http import HttpClient
from tests.http import get as http_get
from tests.server import Server

SHAPE = {"type", "title", "status", "detail", "code"}
UPGRADE = ("Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==")
VERSION_13 = "Sec-WebSocket-Version: 13"
JSON = "Content-Type: application/json"


def asked(line: str, *headers: str, host: str | None = "localhost", body: str = "") -> bytes:
    lines = [f"{line} HTTP/1.1", *([] if host is None else [f"Host: {host}"]), *headers]
    lines += [f"Content-Length: {len(body)}"] if body else []
    return ("\r\n".join(lines) + "\r\n\r\n" + body).encode()


def raw(server: Server, request: bytes) -> tuple[int, dict[str, str], Any]:
    """Status, headers and body of the answer."""
    with tcp.create_connection(("127.0.0.1", server.port)) as connection:
        connection.settimeout(60)
        connection.sendall(request)
        received = b""
        while b"\r\n\r\n" not in received:
            received += connection.recv(65536)
        head, _, body = received.partition(b"\r\n\r\n")
        lines = head.decode().split("\r\n")
        headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines[1:])}
        while len(body) < int(headers["content-length"]):
            body += connection.recv(65536)
    return int(lines[0].split()[1]), headers, json.loads(body)


# The request, and the answer: status, code, and a header with its value.
REFUSALS = [
    ("no HTTP", b"nonsense\r\n\r\n", 400, "invalid_input", None),
    ("an unknown method", asked("BREW /api/rooms"), 400, "invalid_input", None),
    ("no Host", asked("GET /api/rooms", host=None), 400, "invalid_input", None),
    ("a foreign Host", asked("GET /api/rooms", host="example.org"), 400, "invalid_input", None),
    ("no JSON", asked("POST /api/login", JSON, body="nope"), 400, "invalid_input", None),
    ("another kind of body", asked("POST /api/login", "Content-Type: text/plain", body="{}"), 400, "invalid_input",
     None),
    ("no session", asked("GET /api/rooms"), 401, "not_authenticated", ("www-authenticate", "Bearer")),
    ("another scheme", asked("GET /api/rooms", "Authorization: Basic eDp5"), 401, "not_authenticated",
     ("www-authenticate", "Bearer")),
    ("a socket with a wrong token", asked("GET /ws", "Authorization: Bearer x", VERSION_13, *UPGRADE), 401,
     "not_authenticated", ("www-authenticate", "Bearer")),
    ("another site", asked("POST /api/login", JSON, "Origin: https://example.org", body="{}"), 403, "not_allowed",
     None),
    ("an unknown path", asked("GET /api/nothing"), 404, "not_found", None),
    ("an unknown file", asked("GET /static/nothing"), 404, "not_found", None),
    ("an unknown socket", asked("GET /elsewhere", VERSION_13, *UPGRADE), 404, "not_found", None),
    ("another method: native", asked("PUT /api/rooms"), 405, "method_not_allowed",
     ("allow", "GET, HEAD, OPTIONS, POST")),
    ("another method: one room", asked("PUT /api/rooms/1/"), 405, "method_not_allowed",
     ("allow", "DELETE, GET, HEAD, OPTIONS, PATCH")),
    ("another method: oneself", asked("POST /api/users/me"), 405, "method_not_allowed",
     ("allow", "DELETE, GET, HEAD, OPTIONS, PATCH")),
    ("another method: v1", asked("PATCH /v1/messages"), 405, "method_not_allowed", ("allow", "OPTIONS, POST")),
    ("another method: conversations", asked("DELETE /conversations/1"), 405, "method_not_allowed",
     ("allow", "GET, HEAD, OPTIONS, PATCH")),
    ("another method: rooms", asked("DELETE /room/1/messages"), 405, "method_not_allowed",
     ("allow", "GET, HEAD, OPTIONS, POST")),
    ("another method: a feed", asked("POST /room/1/subscribe"), 405, "method_not_allowed", ("allow", "GET, OPTIONS")),
    ("another method: the page", asked("TRACE /"), 405, "method_not_allowed", ("allow", "GET, HEAD, OPTIONS")),
    ("another method: a file", asked("PUT /app/assets/x.js"), 405, "method_not_allowed",
     ("allow", "GET, HEAD, OPTIONS")),
    ("a long body", asked("POST /api/login", JSON, "Content-Length: 999999"), 413, "too_large", None),
    ("no handshake", asked("GET /ws"), 426, "upgrade_required", ("upgrade", "websocket")),
    ("a handshake without a key", asked("GET /ws", *UPGRADE[:2], VERSION_13), 400, "invalid_input", None),
    ("an old handshake", asked("GET /ws", "Sec-WebSocket-Version: 8", *UPGRADE), 426, "upgrade_required",
     ("sec-websocket-version", "13")),
    ("a long head", asked("GET /healthz", "X-Big: " + "x" * 20000), 431, "too_large", None),
    ("a long address", asked("GET /" + "x" * 20000), 431, "too_large", None),
]  # fmt: skip


@pytest.mark.parametrize(
    ("request_", "status", "code", "header"), [row[1:] for row in REFUSALS], ids=[r[0] for r in REFUSALS]
)
async def test_a_refusal(
    server: Server, request_: bytes, status: int, code: str, header: tuple[str, str] | None
) -> None:
    answered, headers, problem = raw(server, request_)
    assert (answered, problem["status"], problem["code"]) == (status, status, code), problem
    assert set(problem) - {"errors", "reason"} == SHAPE
    assert all(problem[name] for name in SHAPE)
    assert headers["content-type"] == "application/problem+json"
    if header is not None:
        assert headers[header[0]] == header[1]
    assert problem["type"] in (f"/api/errors/{code}", "about:blank")
    if problem["type"] != "about:blank":
        page = http_get(server.url + problem["type"])
        assert (page.status_code, page.headers["content-type"].split(";")[0]) == (200, "text/html")
        assert code in page.text
        assert problem["title"] in page.text


@pytest.mark.parametrize("path", ["/api/rooms", "/v1/messages", "/conversations", "/room/1/messages", "/none"])
async def test_who_is_slowed_is_told_for_how_long(make_server: MakeServer, path: str) -> None:
    """409, 422, 429 and 503 are in `test_bad_input.py` and `test_operation.py`; here they come before routing."""
    server = make_server("requests_per_address=1/hour", "log_level=error")
    assert http_get(server.url + path).status_code in (401, 404, 405)
    refused = http_get(server.url + path)
    problem = refused.json()
    assert (refused.status_code, problem["status"], problem["code"]) == (429, 429, "rate_limited")
    assert int(refused.headers["retry-after"]) >= 1


async def test_a_fault_of_the_server_itself(make_server: MakeServer) -> None:
    """An unexpected value: an invalid time in the database."""
    server = make_server()
    alice = await newcomer(server.url, "alice")
    room = await alice.create_room("broken")
    await alice.send("x", room=room.id)
    server.sql("UPDATE rooms SET created_at = 'never'")
    async with HttpClient(base_url=server.url, headers={"Authorization": f"Bearer {alice.token}"}) as http:
        for path in (
            f"/api/rooms/{room.id}",
            f"/room/{room.id}",
            f"/conversations/{room.id}",
            f"/v1/group_chat/messages/group/{room.id}",
        ):
            broken = await http.get(path)
            problem = broken.json()
            assert (broken.status_code, problem["status"], problem["code"]) == (500, 500, "internal")
            assert problem["type"] == "/api/errors/internal"
            assert "never" not in broken.text
            assert broken.headers["x-request-id"]
    await alice.__aexit__()


async def test_the_pages_of_errors(server: Server) -> None:
    from hubbub.problem_details import KINDS

    index = http_get(f"{server.url}/api/errors").text
    for code, kind in KINDS.items():
        assert f'href="/api/errors/{code}"' in index
        page = http_get(f"{server.url}/api/errors/{code}").text
        assert f"HTTP status {kind.status}" in page
    assert http_get(f"{server.url}/api/errors/nonsense").status_code == 404
    listed = http_get(f"{server.url}/api/openapi.json").json()["components"]["schemas"]["Problem"]["properties"]["code"]
    assert set(listed["enum"]) == set(KINDS)


async def test_below_a_path_the_type_is_an_address_too(make_server: MakeServer) -> None:
    server = make_server("public_url=http://127.0.0.1:1/team", "allowed_hosts=127.0.0.1,localhost")
    problem = http_get(f"{server.url}/team/api/rooms").json()
    assert problem["type"] == "/team/api/errors/not_authenticated"
    page = http_get(server.url + problem["type"]).text
    assert 'href="/team/api/errors"' in page
    _, _, refused = raw(server, asked("GET /team/x", VERSION_13, *UPGRADE))
    assert refused["type"] == "/team/api/errors/not_found"


@pytest.mark.parametrize(
    "path", ["/healthz", "/", "/api/rooms", "/api/openapi.json", "/conversations", "/static/icon.svg"]
)
async def test_head_is_get_without_its_body(server: Server, people, path: str) -> None:
    (alice,) = await people(1)
    headers = {"Authorization": f"Bearer {alice.token}", "Accept-Encoding": "identity"}
    head, get = (httpx.request(method, server.url + path, headers=headers) for method in ("HEAD", "GET"))
    assert (head.status_code, head.content) == (get.status_code, b"")
    assert head.headers["content-type"] == get.headers["content-type"]
    assert head.headers["content-length"] == get.headers["content-length"] == str(len(get.content))


async def test_whoever_follows_a_poll_never_asks_without_a_pause(server: Server, people) -> None:
    """The address in a poll's `Link` waits, even if the poll itself did not."""
    (alice,) = await people(1)
    room = await alice.create_room(f"poll {alice.user.username}")
    async with HttpClient(headers={"Authorization": f"Bearer {alice.token}"}, timeout=90) as http:
        for path in (f"/room/{room.id}/subscribe", "/messages/subscribe"):
            for asked, then in (("wait=0", "30"), ("wait=7", "7")):
                polled = await http.get(f"{server.url}{path}?{asked}")
                assert polled.status_code == 204
                link = polled.links["next"]["url"]
                assert httpx.URL(link).params["wait"] == then
        # The address, used unchanged, waits for messages and gets them.
        first = await http.get(f"{server.url}/room/{room.id}/subscribe?wait=0")
        await alice.send("news", room=room.id)
        found = await http.get(first.links["next"]["url"])
        assert [message["content"] for message in found.json()["messages"]] == ["news"]
        assert httpx.URL(found.links["next"]["url"]).params["wait"] == "30"
