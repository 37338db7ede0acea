"""Rooms that new accounts join by themselves."""

from tests.conftest import MakeServer, newcomer, user_id


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


async def test_without_the_setting_there_is_no_room(make_server: MakeServer) -> None:
    async with await newcomer(make_server().url, "alice") as alice:
        assert list(await alice.rooms()) == []
