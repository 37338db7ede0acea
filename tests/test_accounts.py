"""Accounts and sessions from a user's point of view."""

import asyncio
import json
import statistics
import time

import bcrypt
import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import OctKey

from hubbub.client import Client
from hubbub.client.wire import Disconnected
from hubbub.errors import Conflict, InvalidInput, NotAllowed, NotAuthenticated, NotFound, RateLimited
from tests.conftest import PASSWORD, MakeServer, newcomer, user_id
from tests.http import HttpClient
from tests.http import get as http_get
from tests.raw import RawSocket
from tests.server import Server


async def test_the_first_account_is_administrator_and_may_be_the_only_one(make_server: MakeServer) -> None:
    server = make_server("registration=closed")
    first = await newcomer(server.url, "first")
    assert (await first.profile()).admin
    with pytest.raises(NotAllowed):
        await newcomer(server.url, "second")
    await first.__aexit__()


async def test_simultaneous_registrations_of_one_name(server) -> None:
    async with Client(server.url) as client:
        tries = [client.register(name, PASSWORD) for name in ("Zoë", "zoë", "ZOË", "zoe\u0308") * 3]
        results = await asyncio.gather(*tries, return_exceptions=True)
    assert sum(not isinstance(result, Exception) for result in results) == 1
    assert all(isinstance(result, Conflict) for result in results if isinstance(result, Exception))


@pytest.mark.parametrize(
    "name",
    [
        "",
        "a" * 21,
        "two words",
        "semi;colon",
        "line\nbreak",
        "nul\x00",
        "evil\u202eeman",
        "zero\u200bwidth",
        "zero\u200djoin",
        "z\u0361\u0361\u0361\u0361algo",
        "...",
        "\u0301mark",
        "emoji😀",
        "sl/ash",
        "at@home",
        "<b>",
    ],
)
async def test_names_that_are_not_allowed(server, name: str) -> None:
    async with Client(server.url) as client:
        with pytest.raises(InvalidInput) as refused:
            await client.register(name, PASSWORD)
    assert refused.value.errors[0].field == "username"


@pytest.mark.parametrize("name", ["Åsa", "Дмитрий", "محمد", "ユーザー", "मोहन", "o.b_j-7", "李小龍"])
async def test_names_of_any_script(server, name: str) -> None:
    async with Client(server.url) as client:
        user = await client.register(name, PASSWORD)
        assert (await client.sign_in(name.upper(), PASSWORD)).id == user.id


async def test_display_names_must_not_play_tricks(server) -> None:
    async with Client(server.url) as client:
        for wrong in ("\u202eeman live", "two\nlines", "  ", "x" * 51, "\u200b", "bell\x07"):
            with pytest.raises(InvalidInput) as refused:
                await client.register("tricks", PASSWORD, wrong)
            assert refused.value.errors[0].field == "display_name"


@pytest.mark.parametrize("password", ["", "seven77", "x" * 101])
async def test_passwords_that_are_not_allowed(server, password: str) -> None:
    async with Client(server.url) as client:
        with pytest.raises(InvalidInput) as refused:
            await client.register("someone", password)
    assert refused.value.errors[0].field == "password"


async def test_unknown_name_and_wrong_password_get_the_same_answer(people) -> None:
    (alice,) = await people(1)
    answers = []
    async with HttpClient(base_url=alice.url) as http:
        for name in (alice.user.username, "nobody-of-that-name", "no\x00body", "x" * 500):
            response = await http.post("/api/login", json={"username": name, "password": "wrong password"})
            answers.append((response.status_code, response.json()))
    assert answers[0][0] == 401
    assert answers == [answers[0]] * 4


async def test_unknown_names_cost_as_much_work_as_wrong_passwords() -> None:
    """Without an absolute time: the two are compared with each other, many times."""
    from hubbub.chat import passwords

    stored = passwords.make("the right one")

    def median(hashed: str | None) -> float:
        times = []
        for _ in range(15):
            began = time.process_time()
            assert passwords.check("wrong", hashed) == (False, None)
            times.append(time.process_time() - began)
        return statistics.median(times)

    assert 0.2 < median(None) / median(stored) < 5


async def test_a_bcrypt_hash_is_accepted_and_upgraded(make_server: MakeServer) -> None:
    server = make_server()
    alice = await newcomer(server.url, "alice")
    server.terminate()
    old = bcrypt.hashpw(b"old password", bcrypt.gensalt(4)).decode()
    server.sql(f"UPDATE users SET password_hash = '{old}'")
    server.start()
    with pytest.raises(NotAuthenticated):
        await alice.sign_in("alice", "x" * 90)
    await alice.sign_in("alice", "old password")
    ((upgraded,),) = server.sql("SELECT password_hash FROM users")
    assert upgraded.startswith("$argon2id$")
    await alice.sign_in("alice", "old password")
    await alice.__aexit__()


@pytest.mark.parametrize("changing", [False, True], ids=["signing in", "changing it"])
async def test_a_hash_is_upgraded_by_one_of_those_who_sign_in_at_once(make_server: MakeServer, changing: bool) -> None:
    server = make_server("rate_limits=off")
    alice = await newcomer(server.url, "alice")
    server.terminate()
    old = bcrypt.hashpw(b"old password", bcrypt.gensalt(4)).decode()
    server.sql(f"UPDATE users SET password_hash = '{old}'")
    server.start()
    at_once = [alice.sign_in("alice", "old password") for _ in range(6)]
    if changing:
        at_once.append(alice.change_password("old password", "another password"))
    outcomes = await asyncio.gather(*at_once, return_exceptions=True)
    refused = [outcome for outcome in outcomes if isinstance(outcome, Exception)]
    # If the password was changed meanwhile, the answer is a wrong password, not a conflict.
    assert all(isinstance(outcome, NotAuthenticated) for outcome in refused)
    assert changing or refused == []
    await alice.sign_in("alice", "another password" if changing else "old password")
    await alice.__aexit__()


FORMS = {
    "composed": "caf\u00e9 na\u00efve \ud55c\uae00",
    "decomposed": "cafe\u0301 nai\u0308ve \u1112\u1161\u11ab\u1100\u1173\u11af",
    "mixed": "cafe\u0301 na\u00efve \ud55c\uae00",
    "no-break": "caf\u00e9\u00a0na\u00efve\u3000\ud55c\uae00",
}


@pytest.mark.parametrize("chosen", FORMS)
async def test_a_password_is_the_same_however_its_letters_are_composed(make_server: MakeServer, chosen: str) -> None:
    server = make_server("rate_limits=off")
    async with Client(server.url) as client:
        await client.register("someone", FORMS[chosen])
        for typed in FORMS.values():
            await client.sign_in("someone", typed)
        for wrong in (FORMS["composed"].upper(), "cafe naive \ud55c\uae00"):
            with pytest.raises(NotAuthenticated):
                await client.sign_in("someone", wrong)
        await client.change_password(FORMS["mixed"], FORMS["decomposed"] + "!")
        await client.sign_in("someone", FORMS["composed"] + "!")
        await client.close_account(FORMS["composed"] + "!")


async def test_a_hash_of_what_was_typed_as_it_came_lets_in_and_is_replaced(make_server: MakeServer) -> None:
    from pwdlib import PasswordHash

    server = make_server("rate_limits=off")
    alice = await newcomer(server.url, "alice")
    server.terminate()
    server.sql(f"UPDATE users SET password_hash = '{PasswordHash.recommended().hash(FORMS['decomposed'])}'")
    server.start()
    with pytest.raises(NotAuthenticated):
        await alice.sign_in("alice", "something else")
    await alice.sign_in("alice", FORMS["decomposed"])
    await alice.sign_in("alice", FORMS["composed"])
    await alice.__aexit__()


@pytest.mark.parametrize("typed", ["{} ", " {}", "\t{}\n", "{}\u00a0", "\u3000{}"])
async def test_a_blank_around_the_user_name_is_no_part_of_it(people, typed: str) -> None:
    (alice,) = await people(1)
    name = typed.format(alice.user.username)
    assert (await alice.sign_in(name, PASSWORD)).id == alice.user.id
    async with HttpClient(base_url=alice.url) as http:
        for path in ("/login", "/v1/auth/login"):
            assert (await http.post(path, json={"username": name, "password": PASSWORD})).status_code == 200


async def test_profile(people) -> None:
    alice, bob = await people(2)
    changed = await alice.change_profile(
        display_name="Alice A.", status_text="on a walk", avatar="#3366cc", time_zone="Europe/Berlin", locale="de"
    )
    assert (changed.user.display_name, changed.time_zone, changed.locale) == ("Alice A.", "Europe/Berlin", "de")
    seen = (await bob.users(alice.user.username))[0]
    assert (seen.display_name, seen.status_text, seen.avatar) == ("Alice A.", "on a walk", "#3366cc")
    assert (await alice.change_profile(status_text=None)).user.status_text is None
    assert (await alice.profile()).user.display_name == "Alice A."
    room = await alice.create_room(f"names {alice.user.username}")
    await alice.send("who am I?", room=room.id)
    assert (await bob.history(room.id)).messages[0].sender.display_name == "Alice A."
    for wrong in ({"avatar": "javascript:alert(1)"}, {"display_name": None}, {"admin": True}, {"username": "root"}):
        with pytest.raises(InvalidInput):
            await alice._call("PATCH", "/api/users/me", None, wrong)


# Sessions


async def test_sessions_are_listed_and_ended_one_by_one(people, sockets) -> None:
    (alice,) = await people(1)
    name = alice.user.username
    phone = Client(alice.url)
    await phone.sign_in(name, PASSWORD, "my phone")
    at_phone, at_desk = await sockets(phone), await sockets(alice)
    listed = await alice.sessions()
    assert {session.device for session in listed} == {"test", "my phone"}
    assert [session.current for session in listed if session.device == "test"] == [True]
    assert all(session.address == "127.0.0.1" and session.last_used_at for session in listed)
    await alice.end_session(phone.session)
    assert await at_phone.closed() == 4401
    assert at_phone.seen[-1] == {"type": "disconnect", "code": 4401, "reason": "signed out"}
    with pytest.raises(NotAuthenticated):
        await phone.profile()
    assert (await at_desk.ask(type="ping"))["type"] == "pong"
    assert [session.device for session in await alice.sessions()] == ["test"]
    with pytest.raises(NotFound):
        await alice.end_session(phone.session)
    await phone.__aexit__()


async def test_nobody_ends_the_session_of_another(people) -> None:
    alice, bob = await people(2)
    with pytest.raises(NotFound):
        await alice.end_session(bob.session)
    await bob.profile()


async def test_signing_out_ends_the_token_and_its_sockets(people, sockets) -> None:
    (alice,) = await people(1)
    token, socket = alice.token, await sockets(alice)
    await alice.sign_out()
    assert await socket.closed() == 4401
    alice.token = token
    with pytest.raises(NotAuthenticated):
        await alice.profile()
    refused = await sockets(alice, greet=False)
    assert await refused.closed() == 4401


async def test_a_password_change_ends_the_other_sessions(people, sockets) -> None:
    (alice,) = await people(1)
    other = Client(alice.url)
    await other.sign_in(alice.user.username, PASSWORD)
    at_other, own = await sockets(other), await sockets(alice)
    with pytest.raises(NotAllowed):
        await alice.change_password("not it", "a new password")
    stolen = Client(alice.url, alice.token)
    await alice.change_password(PASSWORD, "a new password")
    assert await at_other.closed() == 4401
    # The caller's own token and sockets have ended too; the session continues under a new token.
    assert (await own.expect("disconnect"))["retry_after"] == 1
    assert await own.closed() == 4402
    with pytest.raises(NotAuthenticated):
        await stolen.profile()
    assert stolen.token != alice.token
    assert [session.current for session in await alice.sessions()] == [True]
    await (await sockets(alice)).ask(type="ping")
    refused = await sockets(stolen, greet=False)
    assert await refused.closed() == 4401
    with pytest.raises(NotAuthenticated):
        await other.sign_in(alice.user.username, PASSWORD)
    await other.sign_in(alice.user.username, "a new password")
    await other.__aexit__()


async def test_the_live_connections_of_a_session_come_back_after_a_password_change(people) -> None:
    (alice,) = await people(1)
    room = await alice.create_room(f"renewed {alice.user.username}")
    async with alice.live() as live:
        await live.ready()
        await alice.change_password(PASSWORD, "a new password")
        async for event in live:
            if isinstance(event, Disconnected):
                assert (event.code, event.retry_after) == (4402, 1)
                break
        await live.send("with the new token", room=room.id)
    assert (await alice.room(room.id)).seq == 1


async def test_a_browser_has_its_cookie_set_anew(people, server: Server) -> None:
    (alice,) = await people(1)
    async with HttpClient(base_url=server.url) as browser:
        body = {"username": alice.user.username, "password": PASSWORD, "cookie": True}
        await browser.post("/api/login", json=body)
        before = browser.cookies["hubbub_session"]
        changed = await browser.put("/api/users/me/password", json={"current": PASSWORD, "new": "a new password"})
        assert (changed.status_code, "token" in changed.json()) == (200, False)
        assert browser.cookies["hubbub_session"] != before
        assert all({"HttpOnly", "SameSite=Lax"} <= set(c.split("; ")) for c in changed.headers.get_list("set-cookie"))
        assert changed.headers["cache-control"] == "no-store"
        assert (await browser.get("/api/users/me")).status_code == 200
        old = http_get(f"{server.url}/api/users/me", headers={"Cookie": f"hubbub_session={before}"})
        assert old.status_code == 401


async def test_a_deleted_account_is_out_everywhere(people, sockets) -> None:
    alice, bob = await people(2)
    room = await bob.create_room(kind="private", members=[user_id(alice)])
    at_alice, at_bob = await sockets(alice), await sockets(bob)
    with pytest.raises(NotAllowed):
        await alice.close_account("not my password")
    await alice.close_account(PASSWORD)
    assert await at_alice.closed() == 4401
    gone = await at_bob.expect("member", room=room.id)
    assert "rank" not in gone
    with pytest.raises(NotAuthenticated):
        await alice.profile()
    with pytest.raises(NotAuthenticated):
        await alice.sign_in(alice.user.username, PASSWORD)
    assert [m.user.id for m in await bob.members(room.id)] == [user_id(bob)]


async def test_a_session_that_expires_closes_its_socket(make_server: MakeServer) -> None:
    server = make_server("heartbeat_seconds=1")
    alice = await newcomer(server.url, "alice")
    server.sql(f"UPDATE sessions SET expires_at = {time.time_ns() // 1_000_000 + 4000}")
    server.terminate()
    server.start()
    socket = await RawSocket.open(server.socket_url, {"Authorization": f"Bearer {alice.token}"})
    assert await socket.closed() == 4401
    assert socket.seen[-1]["reason"] in ("the session has expired", "This session has ended. Sign in again.")
    with pytest.raises(NotAuthenticated):
        await alice.profile()
    await alice.__aexit__()


# Tokens


@pytest.fixture
async def forge(make_server: MakeServer):
    """A server, a user, and a way to make tokens like its own."""
    server = make_server("rate_limits=off")
    alice = await newcomer(server.url, "alice")
    key = server.secret
    real = jwt.decode(alice.token, OctKey.import_key(key), algorithms=["HS256"]).claims

    def make(key_used: str = key, alg: str = "HS256", drop: str = "", **changes: object) -> str:
        claims = {**real, **changes}
        claims.pop(drop, None)
        return jwt.encode({"alg": alg}, claims, OctKey.import_key(key_used), algorithms=[alg])

    yield alice, make, server
    await alice.__aexit__()


async def test_tokens_that_are_not_ours_are_refused(forge) -> None:
    alice, make, server = forge
    good = alice.token
    alice.token = make()
    await alice.profile()
    header, body, signature = good.split(".")
    none = "eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0"
    bad = {
        "none": f"{none}.{body}.",
        "none with signature": f"{none}.{body}.{signature}",
        "no signature": f"{header}.{body}.",
        "another algorithm": make(alg="HS512"),
        "another key": make(key_used="another key that is long enough to sign with"),
        "expired": make(exp=1_000_000_000),
        "another session": make(sid=10**9),
        "session as text": make(sid="1"),
        "session true": make(sid=True),
        "huge session": make(sid=2**70),
        "another audience": make(aud="hubbub:refresh"),
        "another issuer": make(iss="somebody"),
        **{f"without {claim}": make(drop=claim) for claim in ("exp", "sid", "sub", "aud", "iss")},
        "edited": f"{header}.{body[:-4]}AAAA.{signature}",
        "empty": "",
        "long": "x" * 5000,
        "not ascii": "é.é.é",
    }
    for what, token in bad.items():
        async with HttpClient(base_url=alice.url) as http:
            response = await http.get("/api/users/me", headers={"Authorization": f"Bearer {token}".strip().encode()})
        assert (what, response.status_code) == (what, 401), response.text
        assert response.json()["code"] == "not_authenticated"
        socket = await RawSocket.open(server.socket_url)
        await socket.send(type="hello", token=token)
        if what != "long":
            assert await socket.closed() == 4401, what
        else:
            assert (await socket.expect("error"))["code"] == "invalid_input"
            await socket.close()
    alice.token = good
    await alice.profile()


async def test_a_key_is_rotated_without_signing_anybody_out(forge) -> None:
    alice, _, server = forge
    server.terminate()
    server.rotate("a-brand-new-key-that-signs-from-now-on")
    server.start()
    await alice.profile()
    old = alice.token
    await alice.sign_in("alice", PASSWORD)
    assert old.split(".")[2] != alice.token.split(".")[2]
    await alice.profile()


# Guessing


async def test_guessing_is_slowed_down_and_the_owner_is_not_locked_out(make_server: MakeServer) -> None:
    server = make_server("failures_per_account=4/hour", "trusted_proxy=127.0.0.1")
    alice = await newcomer(server.url, "alice")

    async def attempt(password: str, address: str) -> httpx.Response:
        async with HttpClient(base_url=server.url, timeout=60) as http:
            return await http.post(
                "/api/login",
                json={"username": "alice", "password": password},
                headers={"X-Forwarded-For": address},
            )

    for _ in range(4):
        assert (await attempt("wrong guess", "203.0.113.9")).status_code == 401
    refused = await attempt("wrong guess", "203.0.113.9")
    assert (refused.status_code, refused.json()["code"]) == (429, "rate_limited")
    assert int(refused.headers["retry-after"]) > 0
    # Even the right password is delayed there; from a known address it is not.
    assert (await attempt(PASSWORD, "203.0.113.9")).status_code == 429
    assert (await attempt(PASSWORD, "127.0.0.1")).status_code == 200
    # From a new address it works too, after a delay.
    assert (await attempt(PASSWORD, "198.51.100.7")).status_code == 200
    await alice.__aexit__()


async def test_failures_and_registrations_of_one_address_are_limited(make_server: MakeServer) -> None:
    server = make_server("failures_per_address=3/hour", "registrations_per_address=2/hour")
    async with Client(server.url) as client:
        for name in ("one", "two"):
            await client.register(name, PASSWORD)
        with pytest.raises(RateLimited):
            await client.register("three", PASSWORD)
        for name in ("one", "two", "nobody"):
            with pytest.raises(NotAuthenticated):
                await client.sign_in(name, "wrong password")
        with pytest.raises(RateLimited) as refused:
            await client.sign_in("one", "wrong password")
        assert refused.value.retry_after > 0


async def test_nothing_secret_is_logged(make_server: MakeServer) -> None:
    server = make_server("log_level=debug")
    alice = await newcomer(server.url, "alice")
    ticket = await alice.ticket()
    room = await alice.create_room("room")
    await alice.send("the very secret text", room=room.id)
    socket = await RawSocket.open(f"{server.socket_url}?ticket={ticket}")
    await socket.send(type="hello")
    await socket.expect("connect")
    await socket.ask(type="message", room=room.id, content="the very secret text")
    await socket.close()
    with pytest.raises(NotAuthenticated):
        await alice.sign_in("alice", "a wrong password")
    server.terminate()
    for secret in (PASSWORD, "a wrong password", alice.token, ticket, "very secret"):
        assert secret not in server.log
    lines = [json.loads(line) for line in server.log.splitlines()]
    requests = [line for line in lines if line["event"] == "request"]
    assert {"id", "method", "path", "status", "ms", "address"} <= set(requests[0])
    assert len({line["id"] for line in requests}) == len(requests)
    assert any(line["event"] == "socket_opened" and line["id"] for line in lines)
    assert any(line["event"] == "socket_closed" for line in lines)
    await alice.__aexit__()
