"""CORS: the headers for pages of other origins."""

import json

import httpx
import pytest

from tests.conftest import PASSWORD, MakeServer, newcomer
from tests.http import HttpClient
from tests.raw import RawSocket

APP, OTHER = "https://app.example", "https://other.example"


@pytest.fixture
async def alice_at(make_server: MakeServer):
    clients = []

    async def at(*allowed: str):
        server = make_server(*(f"allowed_origins={','.join(allowed)}" for _ in allowed[:1]), "rate_limits=off")
        clients.append(await newcomer(server.url, "alice"))
        return server, clients[-1]

    yield at
    for client in clients:
        await client.__aexit__()


async def ask(server, method: str, path: str, origin: str, **headers: str) -> httpx.Response:
    async with HttpClient(base_url=server.url) as http:
        body = {"json": {"name": f"room of {origin} {headers.get('Sec-Fetch-Site', '')}"}} if method == "POST" else {}
        sent = {"Origin": origin, "Sec-Fetch-Site": "cross-site", **headers}
        return await http.request(method, path, headers=sent, **body)


@pytest.mark.parametrize(
    ("allowed", "origin", "expected"),
    [
        ((APP,), APP, APP),
        ((APP,), OTHER, None),
        ((APP,), APP.replace("https", "http"), None),
        ((APP,), f"{APP}:8443", None),
        ((APP,), f"{APP}.evil.example", None),
        ((APP,), "null", None),
        (("*",), OTHER, "*"),
        (("*",), "null", "*"),
        (("*", APP), APP, APP),
        (("*", APP), OTHER, "*"),
        ((), OTHER, None),
    ],
)
async def test_with_a_token(alice_at, allowed, origin: str, expected: str | None) -> None:
    server, alice = await alice_at(*allowed)
    bearer = {"Authorization": f"Bearer {alice.token}"}
    asked = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization,content-type"}
    before = await ask(server, "OPTIONS", "/api/rooms", origin, **asked)
    made = await ask(server, "POST", "/api/rooms", origin, **bearer)
    read = await ask(server, "GET", "/api/rooms", origin, **bearer)
    wrong = await ask(server, "GET", "/api/rooms", origin, Authorization="Bearer nonsense")
    for response in (before, made, read, wrong):
        assert response.headers.get("access-control-allow-origin") == expected
        assert "origin" in response.headers["vary"].lower()
        credentials = response.headers.get("access-control-allow-credentials")
        assert credentials == ("true" if expected == origin else None)
    assert made.status_code == (201 if expected else 403)
    assert wrong.status_code == 401
    if expected:
        assert before.status_code == 204
        assert "PATCH" in before.headers["access-control-allow-methods"]
        for name in ("authorization", "content-type", "last-event-id"):
            assert name in before.headers["access-control-allow-headers"].lower()
        exposed = made.headers["access-control-expose-headers"].lower()
        assert {"retry-after", "location", "link", "x-request-id"} <= set(exposed.split(", "))


async def test_with_the_visitors_cookie_only_where_it_is_named(alice_at) -> None:
    server, alice = await alice_at("*", APP)
    cookie = {"Cookie": f"hubbub_session={alice.token}"}
    assert (await ask(server, "POST", "/api/rooms", APP, **cookie)).status_code == 201
    assert (await ask(server, "POST", "/api/rooms", OTHER, **cookie)).status_code == 403
    body = {"username": "alice", "password": PASSWORD, "cookie": True}
    for origin, kept in ((APP, True), (OTHER, False)):
        async with HttpClient(base_url=server.url) as http:
            response = await http.post("/api/login", json=body, headers={"Origin": origin})
        assert response.status_code == 200
        assert ("set-cookie" in response.headers) is kept
    for origin, opens in ((APP, True), (OTHER, False)):
        opening = RawSocket.open(server.socket_url, {**cookie, "Origin": origin})
        if opens:
            await (await opening).close()
        else:
            with pytest.raises(Exception, match="403"):
                await opening


async def test_our_own_pages_and_programs_are_told_nothing(alice_at) -> None:
    server, alice = await alice_at("*")
    async with HttpClient(base_url=server.url, headers={"Authorization": f"Bearer {alice.token}"}) as http:
        for headers in ({}, {"Origin": server.url}):
            response = await http.get("/api/rooms", headers=headers)
            assert not [name for name in response.headers if name.startswith("access-control-")]
            options = await http.options("/api/rooms", headers=headers)
            assert "GET" in options.headers["allow"]
    assert json.loads(response.text)["rooms"] == []
