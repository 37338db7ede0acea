"""Rooms that new accounts join by themselves."""

from hubbub.client import Client
from tests.command import run_hubbub
from tests.conftest import PASSWORD, MakeServer, newcomer, user_id
from tests.http import get, post


async def names(client) -> dict[str, str]:
    return {room.name: room.me.rank for room in await client.rooms(mine=True)}


async def test_everybody_joins_them_and_the_first_makes_them(make_server: MakeServer) -> None:
    server = make_server("default_rooms=general,Off topic,genera1")
    async with await newcomer(server.url, "alice") as alice:
        assert await names(alice) == {"general": "owner", "Off topic": "owner"}
        general, off = sorted(await alice.rooms(mine=True), key=lambda room: room.id)
        async with await newcomer(server.url, "bob") as bob:
            assert await names(bob) == {"general": "member", "Off topic": "member"}
            # Whoever leaves is not brought back, and what is not open to all is passed over.
            await bob.remove_member(off.id, user_id(bob))
            assert await names(bob) == {"general": "member"}
        await alice.change_room(off.id, archived=True)
        async with await newcomer(server.url, "carol") as carol:
            assert await names(carol) == {"general": "member"}
        await alice.delete_room(general.id)
        async with await newcomer(server.url, "dora") as dora:
            assert await names(dora) == {}


async def test_there_is_one_from_the_start(make_server: MakeServer) -> None:
    server = make_server(default_rooms=True)
    async with await newcomer(server.url, "alice") as alice, await newcomer(server.url, "bob") as bob:
        assert await names(alice) == {"general": "owner"}
        assert await names(bob) == {"general": "member"}
        await alice.delete_room((await alice.rooms()).rooms[0].id)
        async with await newcomer(server.url, "carol") as carol:
            assert list(await carol.rooms()) == []


async def test_an_empty_setting_makes_none(make_server: MakeServer) -> None:
    async with await newcomer(make_server("default_rooms=").url, "alice") as alice:
        assert list(await alice.rooms()) == []


async def test_those_of_the_other_interfaces_begin_without_a_room(make_server: MakeServer) -> None:
    server = make_server(default_rooms=True)
    for path, name in (("/register", "alice"), ("/v1/auth/register", "bob")):
        answer = post(f"{server.url}{path}", json={"username": name, "password": PASSWORD})
        assert answer.is_success, answer.text
    token = post(f"{server.url}/login", json={"username": "alice", "password": PASSWORD}).json()["token"]
    assert get(f"{server.url}/rooms", headers={"Authorization": f"Bearer {token}"}).json() == []


async def test_the_administrator_who_is_made_by_a_command_makes_them(make_server: MakeServer) -> None:
    server = make_server(default_rooms=True)
    made = run_hubbub("admin", "create", "alice", "--data", str(server.data), stdin=f"{PASSWORD}\n")
    assert made.returncode == 0, made.stderr
    async with Client(server.url) as alice, await newcomer(server.url, "bob") as bob:
        await alice.sign_in("alice", PASSWORD)
        assert await names(alice) == {"general": "owner"}
        assert await names(bob) == {"general": "member"}
