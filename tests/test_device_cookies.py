"""A known browser: guesses of others do not delay the account's owner."""

import asyncio
import re

import httpx
import pytest

from tests.conftest import PASSWORD, MakeServer, newcomer
from tests.http import HttpClient
from tests.http import get as http_get
from tests.http import post as http_post
from tests.server import Server

COOKIE = "hubbub_device"
LIMITS = ("failures_per_address=3/hour", "failures_per_account=3/hour", "trusted_proxy=127.0.0.1")
HOME, ELSEWHERE = "127.0.0.1", "198.51.100.7"


class Browser:
    """It keeps its cookies and uses any address."""

    def __init__(self, server: Server) -> None:
        self.http = HttpClient(base_url=server.url, timeout=60)

    async def sign_in(
        self, name: str, password: str = PASSWORD, address: str = HOME, path: str = "/api/login"
    ) -> httpx.Response:
        body = {"username": name, "password": password} | ({"cookie": True} if path == "/api/login" else {})
        return await self.http.post(path, json=body, headers={"X-Forwarded-For": address})

    async def sign_out(self) -> None:
        assert (await self.http.post("/api/logout")).status_code == 204

    @property
    def device(self) -> str:
        return self.http.cookies[COOKIE]


@pytest.fixture
async def at(make_server: MakeServer):
    """`await at("setting=…")`: a server where Bob has signed in and out in a browser, and a factory of more."""
    opened: list[httpx.AsyncClient] = []

    async def start(*settings: str):
        server = make_server(*LIMITS, *settings)
        for name in ("bob", "mallory"):
            await (await newcomer(server.url, name)).__aexit__()

        def browser() -> Browser:
            made = Browser(server)
            opened.append(made.http)
            return made

        bobs = browser()
        assert (await bobs.sign_in("bob")).status_code == 200
        await bobs.sign_out()
        return server, browser, bobs

    yield start
    for http in opened:
        await http.aclose()


async def exhaust(browser: Browser, name: str, address: str) -> None:
    """Guess until unknown clients cannot sign in as that user there."""
    for _ in range(30):
        if (await browser.sign_in(name, "wrong guess", address)).status_code == 429:
            return
    raise AssertionError("nobody was refused")


@pytest.mark.parametrize("path", ["/api/login", "/login", "/v1/auth/login"])
async def test_whoever_guesses_wherever_the_owner_signs_in_from_their_browser(at, path: str) -> None:
    _, browser, bobs = await at()
    await exhaust(browser(), "bob", ELSEWHERE)
    assert (await browser().sign_in("bob", PASSWORD, ELSEWHERE)).status_code == 429
    # At the guesser's own address, where he has never been.
    assert (await bobs.sign_in("bob", PASSWORD, ELSEWHERE, path)).status_code == 200


async def test_guesses_at_the_owners_address_at_once_do_not_hold_them_up(at) -> None:
    _, browser, bobs = await at()
    # Where he has signed in before, attempts queue; the last ones are refused with a time to retry.
    flood = [asyncio.create_task(browser().sign_in("bob", "wrong guess", HOME)) for _ in range(80)]
    done, _ = await asyncio.wait(flood, return_when=asyncio.FIRST_COMPLETED)
    while not any(each.result().status_code == 429 for each in done):
        done, _ = await asyncio.wait([each for each in flood if not each.done()], return_when=asyncio.FIRST_COMPLETED)
    assert (await bobs.sign_in("bob", PASSWORD, HOME)).status_code == 200
    # The known browser did not queue: some earlier attempts are still waiting.
    assert any(not each.done() for each in flood)
    for each in flood:
        each.cancel()
    await asyncio.gather(*flood, return_exceptions=True)


async def test_a_flood_of_requests_at_the_owners_address_does_not_keep_them_out(at) -> None:
    _, browser, bobs = await at("requests_per_address=40/hour")
    stranger = browser()
    for _ in range(60):
        refused = await stranger.http.get("/api/session", headers={"X-Forwarded-For": ELSEWHERE})
        if refused.status_code == 429:
            break
    assert refused.status_code == 429
    assert (await bobs.http.get("/api/session", headers={"X-Forwarded-For": ELSEWHERE})).status_code == 200
    assert (await bobs.sign_in("bob", PASSWORD, ELSEWHERE)).status_code == 200
    # Its requests before sign-in are still counted.
    await bobs.sign_out()
    answers = [(await bobs.http.get("/api/session")).status_code for _ in range(45)]
    assert answers[-1] == 429


async def test_wrong_passwords_in_a_known_browser_count_for_it_alone(at) -> None:
    _, browser, bobs = await at()
    second = browser()
    assert (await second.sign_in("bob")).status_code == 200
    answers = [(await bobs.sign_in("bob", "wrong guess", ELSEWHERE)).status_code for _ in range(5)]
    assert answers == [401, 401, 401, 429, 429]
    assert (await bobs.sign_in("bob", PASSWORD, ELSEWHERE)).status_code == 429
    # This does not use up attempts of others at that address, of new clients with that name, or of other browsers.
    assert (await browser().sign_in("mallory", PASSWORD, ELSEWHERE)).status_code == 200
    assert [(await browser().sign_in("bob", "wrong guess", ELSEWHERE)).status_code for _ in range(4)] == [
        *([401] * 3),
        429,
    ]
    assert (await second.sign_in("bob", PASSWORD, ELSEWHERE)).status_code == 200


async def test_a_device_cookie_is_good_for_its_account_only(at) -> None:
    server, browser, bobs = await at()
    mallorys = browser()
    assert (await mallorys.sign_in("mallory")).status_code == 200
    await mallorys.sign_out()
    await exhaust(browser(), "bob", ELSEWHERE)
    assert (await mallorys.sign_in("bob", PASSWORD, ELSEWHERE)).status_code == 429
    head, _, signature = mallorys.device.split(".")
    _, bobs_payload, _ = bobs.device.split(".")
    access = (await HttpClient(base_url=server.url).post(
        "/api/login", json={"username": "bob", "password": PASSWORD}, headers={"X-Forwarded-For": HOME}
    )).json()["token"]  # fmt: skip
    forged = (
        f"{head}.{bobs_payload}.{signature}",
        f"eyJhbGciOiJub25lIn0.{bobs_payload}.",
        access,
        "x" * 5000,
        "..",
        "é",
        bobs.device[:-3],
    )
    for value in forged:
        stranger = browser()
        stranger.http.headers["Cookie"] = f"{COOKIE}={value}".encode().decode("latin-1")
        assert (await stranger.sign_in("bob", PASSWORD, ELSEWHERE)).status_code == 429, value
    # It does not authenticate.
    for headers in ({"Authorization": f"Bearer {bobs.device}"}, {"Cookie": f"hubbub_session={bobs.device}"}):
        assert http_get(f"{server.url}/api/users/me", headers=headers).status_code == 401


async def test_it_is_void_after_the_password_changed_and_the_browser_that_changed_it_has_a_new_one(at) -> None:
    _, browser, bobs = await at()
    before = bobs.device
    assert (await bobs.sign_in("bob")).status_code == 200
    body = {"current": PASSWORD, "new": "another horse"}
    assert (await bobs.http.put("/api/users/me/password", json=body)).status_code == 200
    await bobs.sign_out()
    old = browser()
    old.http.cookies.set(COOKIE, before)
    await exhaust(browser(), "bob", ELSEWHERE)
    assert (await old.sign_in("bob", "another horse", ELSEWHERE)).status_code == 429
    assert (await bobs.sign_in("bob", "another horse", ELSEWHERE)).status_code == 200


async def test_it_is_void_after_the_account_was_closed(at) -> None:
    _, browser, bobs = await at()
    assert (await bobs.sign_in("bob")).status_code == 200
    closed = await bobs.http.request("DELETE", "/api/users/me", json={"password": PASSWORD})
    assert closed.status_code == 204
    for _ in range(3):
        assert (await bobs.sign_in("bob", PASSWORD, ELSEWHERE)).status_code == 401
    assert (await bobs.sign_in("bob", PASSWORD, ELSEWHERE)).status_code == 429
    assert (await browser().sign_in("mallory", PASSWORD, ELSEWHERE)).status_code == 429


async def test_it_holds_after_a_restart_and_a_new_key(at) -> None:
    server, browser, bobs = await at()
    server.terminate()
    server.rotate("another key of thirty-two letters")
    server.start()
    await exhaust(browser(), "bob", ELSEWHERE)
    assert (await bobs.sign_in("bob", PASSWORD, ELSEWHERE)).status_code == 200


async def test_it_is_kept_from_scripts_for_long_and_beyond_signing_out(at) -> None:
    server, _, bobs = await at()
    answer = await bobs.sign_in("bob")
    (cookie,) = (c for c in answer.headers.get_list("set-cookie") if c.startswith(f"{COOKIE}="))
    assert {"HttpOnly", "SameSite=Lax", "Path=/", f"Max-Age={400 * 86_400}"} <= set(cookie.split("; "))
    assert "domain" not in cookie.lower()
    assert "Secure" not in cookie
    await bobs.sign_out()
    assert bobs.device
    secure = await bobs.http.post(
        "/api/login",
        json={"username": "bob", "password": PASSWORD, "cookie": True},
        headers={"X-Forwarded-Proto": "https", "X-Forwarded-For": HOME},
    )
    (cookie,) = (c for c in secure.headers.get_list("set-cookie") if "device" in c.partition("=")[0])
    assert re.match(rf"__Host-{COOKIE}=[^;]+;", cookie)
    assert "Secure" in cookie.split("; ")
    # A sign-in for a token sets no cookie.
    plain = http_post(f"{server.url}/api/login", json={"username": "bob", "password": PASSWORD})
    assert (plain.status_code, "set-cookie" in plain.headers) == (200, False)
