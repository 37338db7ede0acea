"""A server that refuses weak passwords does so wherever one is chosen."""

import json

import pytest

from hubbub.errors import InvalidInput
from tests.conftest import MakeServer, newcomer
from tests.http import HttpClient
from tests.raw import RawSocket

GUESSED = [
    "password123",
    "12345678",
    "qwertyuiop",
    "iloveyou1",
    "hubbub2026",
    "aaaaaaaaaaaa",
    "alice1990",
    "Passw0rd!",
]
"""Known ones, the keyboard's, what stands around, one's own name, one character over and over."""
GOOD = ["correct horse battery", "jl3Kx9-qq", "wir gehen morgen baden", "мама мыла раму вчера", "x" * 100]


@pytest.mark.parametrize("password", GUESSED)
async def test_it_is_refused_where_an_account_is_made(make_server: MakeServer, password: str) -> None:
    server = make_server("rate_limits=off", "weak_passwords=refuse")
    async with HttpClient(base_url=server.url) as http:
        for path in ("/api/users", "/v1/users", "/auth/signup"):
            answer = await http.post(path, json={"username": "alice", "password": password})
            if answer.status_code == 404:
                continue  # an interface without this call
            assert answer.status_code == 400, (path, answer.text)
        assert "guessed first" in (await http.post("/api/users", json={"username": "alice", "password": password})).text


async def test_it_is_refused_where_a_password_is_changed(make_server: MakeServer) -> None:
    server = make_server("rate_limits=off", "weak_passwords=refuse")
    alice = await newcomer(server.url, "alice")
    for password in GUESSED:
        with pytest.raises(InvalidInput, match="guessed first"):
            await alice.change_password("correct horse", password)
    for before, password in zip(["correct horse", *GOOD], GOOD, strict=False):
        await alice.change_password(before, password)
    await alice.sign_in("alice", GOOD[-1])
    await alice.__aexit__()


async def test_what_is_wrong_with_a_password_can_be_told_in_any_language(make_server: MakeServer) -> None:
    """The name of the field in the request, a code of its own, and its parameters."""
    server = make_server("rate_limits=off", "weak_passwords=refuse", "password_max=64")
    alice = await newcomer(server.url, "alice")
    headers = {"Authorization": f"Bearer {alice.token}", "Content-Type": "application/json"}
    async with HttpClient(base_url=server.url, headers=headers) as http:
        for password, code, params in (
            ("short", "too_short", {"min": 8}),
            ("", "too_short", {"min": 8}),
            ("x" * 65, "too_long", {"max": 64}),
            ("qwertyuiop", "too_common", {}),
            ("alice1990", "contains_name", {}),
            ("hubbub2026", "contains_name", {}),
        ):
            newcomers = f'{{"username":"alicia","display_name":"alice","password":"{password}"}}'
            made = await http.post("/api/users", content=newcomers)
            changed = await http.put(
                "/api/users/me/password", content=f'{{"current":"correct horse","new":"{password}"}}'
            )
            for field, answer in (("password", made), ("new", changed)):
                (error,) = answer.json()["errors"]
                assert (error["field"], error["code"], error["params"]) == (field, code, params), password
    await alice.__aexit__()


async def test_it_is_taken_where_nothing_is_said_of_it(make_server: MakeServer) -> None:
    server = make_server("rate_limits=off")
    async with HttpClient(base_url=server.url) as http:
        for number, password in enumerate(GUESSED):
            answer = await http.post(
                "/api/users", json={"username": f"person{'abcdefgh'[number]}", "password": password}
            )
            assert answer.status_code == 201, answer.text


async def test_who_signs_in_and_what_they_ask_for_is_in_the_log(make_server: MakeServer) -> None:
    server = make_server("rate_limits=off")
    alice = await newcomer(server.url, "alice")
    assert alice.user is not None
    async with HttpClient(base_url=server.url) as http:
        for name in ("alice", "correct horse"):  # a password typed in place of a name
            await http.post("/api/login", json={"username": name, "password": "wrong one"})
    await alice.rooms()
    await alice.change_password("correct horse", "another one")
    lines = [json.loads(line) for line in server.log.splitlines() if line.startswith("{")]
    kinds = ("signed_in", "sign_in_refused", "password_changed", "password_refused")
    signing = [(line["event"], line["user"]) for line in lines if line["event"] in kinds]
    user = alice.user.id
    assert signing == [
        ("signed_in", user),
        ("sign_in_refused", user),
        ("sign_in_refused", None),
        ("password_changed", user),
    ]
    assert [line["user"] for line in lines if line.get("path") == "/api/rooms"] == [user]
    assert "correct horse" not in server.log
    await alice.__aexit__()


async def test_a_frame_that_is_not_allowed_is_in_the_log(make_server: MakeServer) -> None:
    server = make_server("rate_limits=off")
    alice, bob = await newcomer(server.url, "alice"), await newcomer(server.url, "bob")
    assert bob.user is not None
    room = (await alice.create_room("hall", members=[bob.user.id])).id
    await alice.send("hers", room=room)
    socket = await RawSocket.greeted(server.socket_url, bob.token or "")
    assert (await socket.ask(type="edit", room=room, seq=1, content="his"))["code"] == "not_allowed"
    lines = [json.loads(line) for line in server.log.splitlines() if line.startswith("{")]
    assert [line["user"] for line in lines if line["event"] == "not_allowed"] == [bob.user.id]
    await socket.close()
    for left in (alice, bob):
        await left.__aexit__()


GRAMMARS = {
    "time_zone": (
        ["Europe/Berlin", "UTC", "America/Argentina/Buenos_Aires", "Etc/GMT+5"],
        ["../../etc", "a b", "<b>", "/x"],
    ),
    "locale": (["de", "de-DE", "zh_Hant_TW", "sr-Latn"], ["d", "de DE", "de;q=1", "<de>"]),
}


@pytest.mark.parametrize("field", GRAMMARS)
async def test_a_field_with_a_grammar_is_held_to_it(make_server: MakeServer, field: str) -> None:
    server = make_server("rate_limits=off")
    alice = await newcomer(server.url, "alice")
    good, bad = GRAMMARS[field]
    for value in good:
        assert getattr(await alice.change_profile(**{field: value}), field) == value  # type: ignore[arg-type]
    for value in bad:
        with pytest.raises(InvalidInput, match=field):
            await alice.change_profile(**{field: value})  # type: ignore[arg-type]
    await alice.__aexit__()
