"""Nobody grants a rank above their own, over all ranks and all ways to grant one."""

import httpx
import pytest

from hubbub.client import Client
from tests.conftest import People, user_id
from tests.http import HttpClient

RANKS = ["member", "moderator", "owner"]


async def call(client: Client, method: str, path: str, body: object) -> httpx.Response:
    headers = {"Authorization": f"Bearer {client.token}"}
    async with HttpClient(base_url=client.url, headers=headers) as http:
        return await http.request(method, path, json=body)


async def rank_of(client: Client, room: int, user: int) -> str | None:
    return next((member.rank for member in await client.members(room) if member.user.id == user), None)


@pytest.mark.parametrize("joins_as", RANKS)
@pytest.mark.parametrize("own", RANKS)
async def test_nobody_gives_more_than_they_have(people: People, own: str, joins_as: str) -> None:
    owner, actor, accomplice, other = await people(4)
    body = {"kind": "private", "joins_as": joins_as, "members": [user_id(actor), user_id(other)]}
    room = (await call(owner, "POST", "/api/rooms", body)).json()["id"]
    await owner.set_rank(room, user_id(actor), own)
    await owner.set_rank(room, user_id(other), "member")
    newcomer, itself, third = user_id(accomplice), user_id(actor), user_id(other)
    place = f"/api/rooms/{room}"
    ways = [
        ("POST", f"{place}/members", {"user": newcomer}),
        ("POST", f"{place}/members", {"user": accomplice.user.username}),
        ("POST", f"/v1/group_chat/{room}/participants", {"username": accomplice.user.username}),
    ]
    for method, path, body in ways:
        assert (await call(actor, method, path, body)).status_code in (200, 201), path
        rank = await rank_of(owner, room, newcomer)
        assert RANKS.index(rank) == min(RANKS.index(own), RANKS.index(joins_as)), (path, rank)
        # Rejoining does not raise the rank either.
        await accomplice.remove_member(room, newcomer)
    if own == "owner":
        return
    for rank in RANKS:
        for method, path, body in (
            ("PATCH", f"{place}/members/{itself}", {"rank": rank}),
            ("PATCH", f"{place}/members/{third}", {"rank": rank}),
            ("PATCH", place, {"joins_as": rank}),
        ):
            await call(actor, method, path, body)
            assert await rank_of(owner, room, itself) == own, (path, body)
            assert await rank_of(owner, room, third) == "member", (path, body)
    assert (await owner.room(room)).joins_as == joins_as
