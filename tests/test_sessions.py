"""Sessions end when they should, and leave nothing behind."""

import time

import httpx
import pytest

from hubbub.client import Client
from hubbub.errors import NotAuthenticated
from tests.conftest import PASSWORD, MakeServer, newcomer
from tests.http import HttpClient
from tests.raw import RawSocket
from tests.server import Server

DAY = 86_400_000


def an_hour_passes(server: Server) -> None:
    """What the server does each hour is due."""
    server.sql("UPDATE schedules SET next_at = 0")


async def sign_in(http: httpx.AsyncClient, path: str, name: str) -> str:
    body = {"username": name, "password": PASSWORD}
    response = await http.post(path, json={**body, "cookie": True} if path == "/api/login" else body)
    assert response.status_code == 200, response.text
    return str(http.cookies["hubbub_session"])


@pytest.mark.parametrize("path", ["/api/login", "/v1/auth/login"])
@pytest.mark.parametrize("same", [True, False])
async def test_signing_in_ends_the_session_that_the_browser_had(people, server: Server, path: str, same: bool) -> None:
    alice, bob = await people(2)
    async with HttpClient(base_url=server.url) as http:
        first = await sign_in(http, path, alice.user.username)
        socket = await RawSocket.greeted(server.socket_url, first)
        second = await sign_in(http, path, (alice if same else bob).user.username)
        assert await socket.closed() == 4401
        http.cookies.clear()
        for token, status in ((first, 401), (second, 200)):
            response = await http.get("/api/users/me", headers={"Authorization": f"Bearer {token}"})
            assert response.status_code == status
    # Sessions of programs and of other browsers remain.
    assert (await alice.profile()).user.id == alice.user.id


async def test_an_account_is_signed_in_at_so_many_places_at_most(make_server: MakeServer) -> None:
    server = make_server("max_sessions_per_user=3", "rate_limits=off")
    alice, bob = [await newcomer(server.url, name) for name in ("alice", "bob")]
    first = alice.token
    socket = await RawSocket.greeted(server.socket_url, first)
    for number in range(3):
        async with Client(server.url) as client:
            await client.sign_in("alice", PASSWORD, f"place {number}")
    assert await socket.closed() == 4401
    with pytest.raises(NotAuthenticated):
        await alice.profile()
    await alice.sign_in("alice", PASSWORD, "back")
    assert [session.device for session in await alice.sessions()] == ["back", "place 2", "place 1"]
    assert len(await bob.sessions()) == 1
    for client in (alice, bob):
        await client.__aexit__()


async def test_a_session_that_is_not_used_ends(make_server: MakeServer) -> None:
    server = make_server("session_idle_days=7", "rate_limits=off")
    alice, bob = [await newcomer(server.url, name) for name in ("alice", "bob")]
    server.terminate()
    an_hour_passes(server)
    now = int(time.time() * 1000)
    for name, days in (("alice", 8), ("bob", 6)):
        server.sql(
            f"UPDATE sessions SET last_used_at = {now - days * DAY} "
            f"WHERE user_id = (SELECT id FROM users WHERE username = '{name}')"
        )
    server.start()
    socket = await RawSocket.greeted(server.socket_url, bob.token)
    while not server.sql("SELECT id FROM sessions WHERE ended_at IS NOT NULL"):
        await socket.ask(type="ping")
    with pytest.raises(NotAuthenticated):
        await alice.profile()
    await bob.profile()
    await socket.close()
    for client in (alice, bob):
        await client.__aexit__()


async def test_sessions_that_have_long_been_over_are_deleted(make_server: MakeServer) -> None:
    server = make_server()
    alice = await newcomer(server.url, "alice")
    places = ["ended long ago", "ended lately", "expired long ago", "expired lately"]
    for place in places:
        async with Client(server.url) as client:
            await client.sign_in("alice", PASSWORD, place)
            await client.ticket()
    server.terminate()
    an_hour_passes(server)
    now = int(time.time() * 1000)
    for place, column, days in zip(
        places, ["ended_at", "ended_at", "expires_at", "expires_at"], [31, 29] * 2, strict=True
    ):
        server.sql(f"UPDATE sessions SET {column} = {now - days * DAY} WHERE device = '{place}'")
    server.sql("UPDATE tickets SET expires_at = 0")
    server.start()
    while len(rows := server.sql("SELECT device FROM sessions ORDER BY id")) > 3:
        await alice.profile()
    assert [row[0] for row in rows] == ["test", "ended lately", "expired lately"]
    await alice.__aexit__()


async def test_a_deleted_account_leaves_no_device_and_no_address(make_server: MakeServer) -> None:
    server = make_server("trusted_proxy=127.0.0.1")
    alice, bob = [await newcomer(server.url, name) for name in ("alice", "bob")]
    async with HttpClient(base_url=server.url, headers={"X-Forwarded-For": "203.0.113.77"}) as http:
        body = {"username": "alice", "password": PASSWORD, "device": "SECRETDEVICE"}
        assert (await http.post("/api/login", json=body)).status_code == 200
    room = await alice.create_room("a room")
    said = await alice.send("SECRETWORDS are said", room=room.id)
    await alice.edit(room.id, said.seq, "SECRETEDIT")
    await alice.delete(room.id, said.seq)
    await alice.close_account(PASSWORD)
    assert server.sql("SELECT DISTINCT device, address FROM sessions WHERE user_id = 1") == [("", "")]
    assert server.sql("SELECT address FROM sessions WHERE user_id = 2") != [("",)]
    server.terminate()
    # The file does not contain it either: deleted data is overwritten.
    kept = b"".join(path.read_bytes() for path in server.data.glob("hubbub.db*"))
    for secret in (b"SECRETDEVICE", b"203.0.113.77", b"SECRETWORDS", b"SECRETEDIT"):
        assert secret not in kept, secret
    for client in (alice, bob):
        await client.__aexit__()
