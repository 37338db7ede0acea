"""Attacks through a user's browser, and which parts of a request are trusted."""

import asyncio
import re

import pytest
from websockets.exceptions import InvalidStatus

from tests.conftest import PASSWORD, MakeServer, newcomer
from tests.http import HttpClient
from tests.raw import RawSocket


@pytest.fixture
async def browser_session(people, server):
    """A cookie as a browser stores it, and a client that sends it."""
    (alice,) = await people(1)
    http = HttpClient(base_url=server.url)
    body = {"username": alice.user.username, "password": PASSWORD, "cookie": True}
    response = await http.post("/api/login", json=body, headers={"Sec-Fetch-Site": "same-origin"})
    yield http, response
    await http.aclose()


async def test_the_cookie_is_kept_from_scripts_and_the_token_from_the_page(browser_session) -> None:
    _, response = browser_session
    flags = {flag.strip().lower() for flag in response.headers["set-cookie"].split(";")}
    assert {"httponly", "samesite=lax", "path=/"} <= flags
    assert "token" not in response.json()
    assert response.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    "cookies",
    [
        "{}",
        'prefs={{"theme":"dark"}}; {}',
        "{}; prefs=[1,2]; x",
        "a=b=c;{}",
        "; ;{} ;",
        "x@y=1; é=ü; {}",
        "hubbub_session; {}",
        "hubbub_session=; {}",
        "xhubbub_session=1; hubbub_sessionx=2; {}; Hubbub_Session=3",
        "{}; hubbub_session=of-a-shorter-path",
        'quoted="a; b"; {}',
        "big=" + "x" * 4000 + "; {}",
        "$Version=1; {}; $Path=/",
    ],
)
async def test_the_cookie_is_found_whatever_stands_beside_it(people, server, cookies: str) -> None:
    (alice,) = await people(1)
    header = cookies.format(f"hubbub_session={alice.token}").encode()
    async with HttpClient(base_url=server.url) as http:
        response = await http.get("/api/users/me", headers={"Cookie": header})
    assert response.status_code == 200, response.text
    headers = {"Cookie": header.decode("latin-1"), "Origin": server.url}
    if "é" not in cookies:
        socket = await RawSocket.open(server.socket_url, headers)
        await socket.send(type="hello")
        await socket.expect("connect")
        await socket.close()


async def test_only_probes_may_ask_by_any_name(make_server: MakeServer) -> None:
    server = make_server("allowed_hosts=chat.example")
    async with HttpClient(base_url=server.url) as http:
        for path, status in (("/healthz", 200), ("/readyz", 200), ("/", 400), ("/api/rooms", 400)):
            assert (await http.get(path)).status_code == status


async def test_the_cookie_is_secure_behind_https(make_server: MakeServer) -> None:
    server = make_server("public_url=https://chat.example", "allowed_hosts=localhost,127.0.0.1,chat.example")
    alice = await newcomer(server.url, "alice")
    async with HttpClient(base_url=server.url) as http:
        body = {"username": "alice", "password": PASSWORD, "cookie": True}
        response = await http.post("/api/login", json=body)
    assert response.headers["set-cookie"].startswith("__Host-hubbub_session=")
    assert "; Secure" in response.headers["set-cookie"]
    assert "domain=" not in response.headers["set-cookie"].lower()
    token = response.headers["set-cookie"].partition("=")[2].partition(";")[0]
    async with HttpClient(base_url=server.url) as http:
        for name, status in (("__Host-hubbub_session", 200), ("hubbub_session", 401)):
            assert (await http.get("/api/users/me", headers={"Cookie": f"{name}={token}"})).status_code == status
    assert "strict-transport-security" in response.headers
    await alice.__aexit__()


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Sec-Fetch-Site": "same-origin"}, 201),
        ({"Sec-Fetch-Site": "none"}, 201),
        ({}, 201),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"}, 403),
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "http://localhost.evil.example"}, 403),
    ],
)
async def test_writes_of_other_sites_are_refused(browser_session, headers, status: int) -> None:
    http, response = browser_session
    user = response.json()["user"]["username"]
    made = await http.post("/api/rooms", json={"name": f"{user} {headers}"[:80]}, headers=headers)
    assert made.status_code == status, made.text
    if status == 403:
        assert made.json()["code"] == "not_allowed"


async def test_a_form_of_another_site_cannot_speak_json(browser_session) -> None:
    http, _ = browser_session
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"):
        response = await http.post("/api/rooms", content=b'{"name": "x"}', headers={"Content-Type": kind})
        assert (response.status_code, response.json()["code"]) == (400, "invalid_input")


@pytest.mark.parametrize(
    ("origin", "opens"),
    [("own", True), (None, False), ("https://evil.example", False), ("null", False), ("http://127.0.0.1:1", False)],
)
async def test_sockets_opened_with_a_cookie_must_come_from_our_page(browser_session, server, origin, opens) -> None:
    http, _ = browser_session
    headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in http.cookies.items())}
    if origin is not None:
        headers["Origin"] = server.url if origin == "own" else origin
    if opens:
        socket = await RawSocket.open(server.socket_url, headers)
        await socket.send(type="hello")
        assert (await socket.expect("connect"))["user"]
        await socket.close()
    else:
        with pytest.raises(InvalidStatus) as refused:
            await RawSocket.open(server.socket_url, headers)
        assert refused.value.response.status_code == 403


async def test_a_bearer_needs_no_origin_and_allowed_origins_may_use_the_cookie(make_server: MakeServer) -> None:
    server = make_server("allowed_origins=https://app.example")
    alice = await newcomer(server.url, "alice")
    socket = await RawSocket.open(
        server.socket_url, {"Authorization": f"Bearer {alice.token}", "Origin": "https://other.example"}
    )
    await socket.close()
    cookie = f"hubbub_session={alice.token}"
    socket = await RawSocket.open(server.socket_url, {"Cookie": cookie, "Origin": "https://app.example"})
    await socket.close()
    await alice.__aexit__()


async def test_every_answer_carries_the_headers(server) -> None:
    async with HttpClient(base_url=server.url) as http:
        for path in ("/", "/api/rooms", "/nothing", "/api/reference", "/static/page.js"):
            headers = (await http.get(path)).headers
            policy = headers["content-security-policy"]
            assert "unsafe" not in policy
            assert "default-src 'none'" in policy
            assert "frame-ancestors 'none'" in policy
            assert headers["x-content-type-options"] == "nosniff"
            assert headers["referrer-policy"] == "no-referrer"
            assert headers["x-request-id"]


async def test_host_names_that_are_not_ours_are_not_answered(server, people) -> None:
    (alice,) = await people(1)
    async with HttpClient(base_url=server.url) as http:
        for host in ("evil.example", "evil.example:8080", "127.0.0.1.evil.example", ""):
            response = await http.get("/api/openapi.json", headers={"Host": host})
            assert (host, response.status_code) == (host, 400)
        assert (await http.get("/api/openapi.json", headers={"Host": f"localhost:{server.port}"})).status_code == 200
    with pytest.raises(InvalidStatus) as refused:
        await RawSocket.open(
            server.socket_url.replace("127.0.0.1", "127.0.0.2"), {"Authorization": f"Bearer {alice.token}"},
            host="127.0.0.1", port=server.port,
        )  # fmt: skip
    assert refused.value.response.status_code == 400


async def test_forwarded_addresses_are_believed_from_trusted_proxies_only(make_server: MakeServer) -> None:
    async def seen(server, forwarded: str) -> str:
        client = await newcomer(server.url)
        async with HttpClient(base_url=server.url) as http:
            body = {"username": client.user.username, "password": PASSWORD}
            response = await http.post("/api/login", json=body, headers={"X-Forwarded-For": forwarded})
            token = {"Authorization": f"Bearer {response.json()['token']}"}
            sessions = (await http.get("/api/sessions", headers=token)).json()["sessions"]
        await client.__aexit__()
        return next(session["address"] for session in sessions if session["current"])

    believed = make_server("trusted_proxy=127.0.0.1,10.0.0.0/8", name="believed")
    assert await seen(believed, "203.0.113.5") == "203.0.113.5"
    assert await seen(believed, "1.1.1.1, 203.0.113.5, 10.1.2.3") == "203.0.113.5"
    assert await seen(believed, "not an address") == "127.0.0.1"
    doubted = make_server(name="doubted")
    assert await seen(doubted, "203.0.113.5") == "127.0.0.1"


async def test_static_names_never_reach_the_disk(server) -> None:
    async with HttpClient(base_url=server.url) as http:
        for folder in ("static", "app"):
            for path in (
                "..%2fsettings.py",
                "%2e%2e/settings.py",
                "/etc/passwd",
                "nope",
                "assets/../../../settings.py",
            ):
                assert (await http.get(f"/{folder}/{path}")).status_code == 404
        first = await http.get("/static/icon.svg")
        again = await http.get("/static/icon.svg", headers={"If-None-Match": first.headers["etag"]})
        assert (first.status_code, again.status_code, again.content) == (200, 304, b"")


async def test_the_page_is_asked_for_anew_and_what_it_is_made_of_is_kept(server) -> None:
    async with HttpClient(base_url=server.url) as http:
        page = await http.get("/")
        assert page.headers["cache-control"] == "no-cache"
        for address in ("/chat/12", "/chat/12/34"):
            assert (await http.get(address)).content == page.content
        script = re.search(r'src="(/app/assets/[^"]+\.js)"', page.text)
        assert script is not None
        for coding, compressed in (("gzip", True), ("br, gzip;q=0.5", True), ("identity", False), ("gzip;q=0", False)):
            answer = await http.get(script[1], headers={"Accept-Encoding": coding})
            assert ("content-encoding" in answer.headers) is compressed
            assert answer.headers["content-type"] == "text/javascript; charset=utf-8"
            assert "immutable" in answer.headers["cache-control"]
        policy = page.headers["content-security-policy"]
        assert "unsafe" not in policy
        assert "trusted-types svelte-trusted-html dompurify hubbub-worker" in policy


@pytest.mark.parametrize(
    ("lines", "status"),
    [
        (["localhost:{port}"], 200),
        (["LOCALHOST"], 200),
        (["127.0.0.1:{port}"], 200),
        (["[::1]:{port}"], 200),
        (["localhost:"], 200),
        (["localhost:{port}@evil.example"], 400),
        (["evil.example@localhost:{port}"], 400),
        (["localhost:80:80"], 400),
        (["localhost:port"], 400),
        (["localhost/x"], 400),
        (["localhost?x"], 400),
        (["localhost#x"], 400),
        (["local host"], 400),
        (["localhost,evil.example"], 400),
        (["[::1"], 400),
        (["::1"], 400),
        (["localhost%00"], 400),
        ([""], 400),
        (["evil.example", "localhost:{port}"], 400),
        (["localhost:{port}", "evil.example"], 400),
        (["localhost:{port}", "localhost:{port}"], 400),
    ],
)
async def test_the_host_header_is_one_host(server, people, lines: list[str], status: int) -> None:
    (alice,) = await people(1)
    room = (await alice.create_room(f"hosts {lines} {alice.user.username}"[:80])).id
    hosts = [f"Host: {line.format(port=server.port)}" for line in lines]
    for path, upgrade in ((f"/room/{room}/subscribe", False), ("/ws", True)):
        more = ["Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Version: 13"] if upgrade else []
        more += ["Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="] if upgrade else ["Connection: close"]
        head = [f"GET {path} HTTP/1.1", *hosts, f"Authorization: Bearer {alice.token}", *more, "", ""]
        answer = await exchange(server, "\r\n".join(head).encode())
        wanted = (101 if upgrade else 202) if status == 200 else 400
        assert answer.startswith(b"HTTP/1.1 %d" % wanted), (path, answer)
        assert b"evil.example" not in answer


async def exchange(server, sent: bytes) -> bytes:
    """The answer, up to the end of the first head and what arrived with it."""
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    writer.write(sent)
    answer = await reader.readuntil(b"\r\n\r\n")
    if not answer.startswith(b"HTTP/1.1 101"):
        answer += await reader.read()
    writer.close()
    return answer


async def test_what_is_no_request_is_answered_with_the_headers_too(server) -> None:
    large = b"GET / HTTP/1.1\r\nHost: localhost\r\n" + b"X: " + b"x" * 40_000 + b"\r\n\r\n"
    for sent, status in ((b"nonsense\r\n\r\n", 400), (b"GET / HTTP/9\r\n\r\n", 400), (large, 431)):
        answer = (await exchange(server, sent)).lower()
        assert answer.startswith(b"http/1.1 %d" % status)
        for header in (b"x-content-type-options: nosniff", b"content-security-policy: default-src 'none'"):
            assert header in answer
        assert b"cache-control: no-store" in answer
        assert answer.partition(b"\r\n\r\n")[2].startswith(b'{"type"')


@pytest.mark.parametrize(
    ("settings", "headers", "allowed"),
    [
        ([], {"Origin": "http://localhost"}, True),
        ([], {"Origin": "https://localhost"}, False),
        (["trusted_proxy=127.0.0.1"], {"Origin": "https://localhost", "X-Forwarded-Proto": "https"}, True),
        (["trusted_proxy=127.0.0.1"], {"Origin": "http://localhost", "X-Forwarded-Proto": "https"}, False),
        (["trusted_proxy=10.0.0.1"], {"Origin": "https://localhost", "X-Forwarded-Proto": "https"}, False),
        (["public_url=https://localhost"], {"Origin": "https://localhost"}, True),
        (["public_url=https://localhost"], {"Origin": "http://localhost"}, False),
    ],
)
async def test_an_origin_is_ours_with_its_scheme_only(make_server: MakeServer, settings, headers, allowed) -> None:
    server = make_server(*settings)
    alice = await newcomer(server.url, "alice")
    is_https = "public_url=https://localhost" in settings or "trusted_proxy=127.0.0.1" in settings
    name = "__Host-hubbub_session" if is_https else "hubbub_session"
    sent = {"Cookie": f"{name}={alice.token}", "Host": "localhost", **headers}
    async with HttpClient(base_url=server.url) as http:
        response = await http.post("/api/rooms", json={"name": "a room"}, headers=sent)
    assert response.status_code == (201 if allowed else 403), response.text
    head = [
        "GET /ws HTTP/1.1",
        *(f"{key}: {value}" for key, value in sent.items()),
        "Upgrade: websocket",
        "Connection: Upgrade",
        "Sec-WebSocket-Version: 13",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    ]
    answer = await exchange(server, "\r\n".join([*head, "", ""]).encode())
    assert answer.startswith(b"HTTP/1.1 %d" % (101 if allowed else 403))
    await alice.__aexit__()


@pytest.mark.parametrize(
    ("trusted", "scheme", "secure"),
    [("127.0.0.1", "https", True), ("127.0.0.1", "http", False), ("10.0.0.1", "https", False)],
)
async def test_the_cookie_is_secure_where_a_trusted_proxy_says_so(
    make_server: MakeServer, trusted: str, scheme: str, secure: bool
) -> None:
    """On every surface that sets or reads it, and after a change of password."""
    server = make_server(f"trusted_proxy={trusted}", "rate_limits=off")
    await (await newcomer(server.url, "alice")).__aexit__()
    name, other = ("__Host-hubbub_session", "hubbub_session")[:: 1 if secure else -1]
    proxied = {"X-Forwarded-Proto": scheme, "X-Forwarded-For": "192.0.2.1"}
    async with HttpClient(base_url=server.url, headers=proxied) as http:
        for path in ("/api/login", "/v1/auth/login"):
            body = {"username": "alice", "password": PASSWORD} | ({"cookie": True} if path == "/api/login" else {})
            answer = await http.post(path, json=body)
            given, *flags = answer.headers.get_list("set-cookie")[0].split("; ")
            assert given.startswith(f"{name}=")
            assert ("Secure" in flags) == secure
            http.cookies.clear()
            token = given.partition("=")[2]
            assert (await http.get("/api/users/me", headers={"Cookie": f"{name}={token}"})).status_code == 200
            assert (await http.get("/api/users/me", headers={"Cookie": f"{other}={token}"})).status_code == 401
        cookie = {"Cookie": f"{name}={token}", "Origin": f"{scheme if secure else 'http'}://127.0.0.1:{server.port}"}
        changed = await http.put(
            "/api/users/me/password", json={"current": PASSWORD, "new": "another horse"}, headers=cookie
        )
        assert changed.status_code == 200, changed.text
        given, *flags = changed.headers.get_list("set-cookie")[0].split("; ")
        assert (given.startswith(f"{name}="), "Secure" in flags) == (True, secure)
        http.cookies.clear()
        out = await http.post("/api/logout", headers={**cookie, "Cookie": given})
        assert out.headers["set-cookie"].startswith(f'{name}="";')
        assert "Max-Age=0" in out.headers["set-cookie"]


async def test_strict_transport_is_a_setting(make_server: MakeServer) -> None:
    for value, expected in (("off", None), ("host", "max-age=31536000"), ("subdomains", "includeSubDomains")):
        server = make_server("public_url=https://chat.example", f"strict_transport={value}", name=value)
        async with HttpClient(base_url=server.url) as http:
            header = (await http.get("/healthz")).headers.get("strict-transport-security")
        assert (header is None) if expected is None else (header or "").endswith(expected)


async def test_private_answers_are_kept_nowhere(browser_session, server) -> None:
    http, _ = browser_session
    document = (await http.get("/api/openapi.json")).json()
    walked = 0
    for path, operations in document["paths"].items():
        if "get" not in operations or "subscribe" in path:
            continue
        response = await http.get(re.sub(r"\{\w+\}", "1", path))
        if path.startswith("/api/avatars"):
            continue
        walked += 1
        assert response.headers["cache-control"] == "no-store", path
    assert walked > 20
    out = await http.post("/api/logout", headers={"Sec-Fetch-Site": "same-origin"})
    # Not "storage": drafts are kept; not "cookies": the host may have other applications.
    assert out.headers["clear-site-data"] == '"cache"'
    assert out.headers["cache-control"] == "no-store"
