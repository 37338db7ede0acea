"""Invitations by link, over REST and the Python client, on real servers."""

import asyncio

import pytest

from hubbub.client import Client
from hubbub.errors import Conflict, HubbubError, InvalidInput, LimitExceeded, NotAllowed, NotAuthenticated, NotFound
from tests.conftest import PASSWORD, MakeServer, newcomer, user_id
from tests.http import get, post
from tests.nats import Nats
from tests.postgres import Postgres
from tests.server import Server


async def refusal(url: str, name: str, **options: str) -> str | None:
    async with Client(url) as client:
        with pytest.raises(NotAllowed) as refused:
            await client.register(name, PASSWORD, **options)
        return refused.value.reason


async def come(url: str, name: str, code: str) -> Client:
    client = Client(url)
    await client.register(name, PASSWORD, invitation=code)
    await client.sign_in(name, PASSWORD)
    return client


async def test_whoever_has_the_link_joins_the_rooms_and_nobody_else(make_server: MakeServer) -> None:
    server = make_server("registration=invitation")
    async with await newcomer(server.url, "alice") as alice:
        hall, plans = await alice.create_room("hall"), await alice.create_room("plans", "private")
        made = await alice.invite(uses=1, expires_in=3600, rooms=[hall.id, plans.id])
        assert made.link == f"{server.url}/join#{made.code}"
        assert len(made.code) >= 22
        assert await refusal(server.url, "mallory") == "invitation_required"
        assert await refusal(server.url, "mallory", invitation="guessed") == "invitation_ended"
        assert get(f"{server.url}/api/session").json()["registration"] == "invitation"
        preview = await Client(server.url).invitation(made.code)
        assert (preview.by.username, [room.name for room in preview.rooms]) == ("alice", ["hall", "plans"])
        async with await come(server.url, "bob", made.code) as bob:
            mine = await bob.rooms(mine=True)
            assert {(room.id, room.me.rank) for room in mine} == {(hall.id, "member"), (plans.id, "member")}
            assert [one.actor.username for one in await bob.notices(plans.id) if one.kind == "joined"] == ["bob"]
            # It was for one.
            assert await refusal(server.url, "carol", invitation=made.code) == "invitation_ended"
            with pytest.raises(NotFound) as gone:
                await bob.invitation(made.code)
            assert gone.value.reason == "no_invitation"
            (listed,) = (await alice.invitations()).invitations
            assert ([one.username for one in listed.people], listed.used, listed.ended) == (["bob"], 1, True)
            assert (await bob.invitations()).invitations == []
    # Only the digest is stored.
    assert made.code not in str(server.sql("SELECT * FROM invitations"))
    assert made.code not in server.log


async def test_a_revoked_or_expired_one_and_that_of_somebody_who_left_let_nobody_in(make_server: MakeServer) -> None:
    server = make_server("registration=invitation")
    async with await newcomer(server.url, "alice") as alice:
        revoked, expired, own = await alice.invite(), await alice.invite(), await alice.invite()
        await alice.revoke_invitation(revoked.invitation.id)
        await alice.revoke_invitation(revoked.invitation.id)
        server.sql(f"UPDATE invitations SET expires_at = 1 WHERE id = {expired.invitation.id}")
        async with await come(server.url, "bob", own.code) as bob:
            by_bob = await bob.invite()
            # Others neither see nor end it; an administrator does.
            with pytest.raises(NotFound):
                await bob.revoke_invitation(own.invitation.id)
            with pytest.raises(NotAllowed) as low:
                await bob.invitations(everybody=True)
            assert low.value.reason == "admins_only"
            everybody = (await alice.invitations(everybody=True)).invitations
            assert {one.by.username for one in everybody} == {"alice", "bob"}
            await bob.close_account(PASSWORD)
        for number, made in enumerate((revoked, expired, by_bob)):
            assert await refusal(server.url, f"guest{'abc'[number]}", invitation=made.code) == "invitation_ended"
            with pytest.raises(NotFound):
                await alice.invitation(made.code)


async def test_it_leads_only_to_rooms_that_the_inviter_may_add_people_to(make_server: MakeServer) -> None:
    server = make_server()
    async with await newcomer(server.url, "alice") as alice, await newcomer(server.url, "bob") as bob:
        secret, shared = await alice.create_room("secret", "private"), await alice.create_room("shared", "private")
        await alice.add_member(shared.id, user_id(bob))
        with pytest.raises(NotFound):
            await bob.invite(rooms=[secret.id])
        made = await bob.invite(rooms=[shared.id])
        # Asked again when it is used: bob was removed meanwhile.
        await alice.remove_member(shared.id, user_id(bob))
        assert (await bob.invitation(made.code)).rooms == []
        assert (await bob.invitations()).invitations[0].rooms == []
        async with await come(server.url, "carol", made.code) as carol:
            assert list(await carol.rooms(mine=True)) == []
            with pytest.raises(NotFound):
                await carol.room(shared.id)


async def test_an_administrator_is_not_shown_private_rooms_of_others(make_server: MakeServer) -> None:
    server = make_server()
    async with await newcomer(server.url, "alice") as alice, await newcomer(server.url, "bob") as bob:
        hidden, hall = await bob.create_room("a surprise for alice", "private"), await bob.create_room("hall")
        await bob.invite(rooms=[hidden.id, hall.id])
        (of_bob,) = (await bob.invitations()).invitations
        (seen,) = (await alice.invitations(everybody=True)).invitations
        assert [room.name for room in of_bob.rooms] == ["a surprise for alice", "hall"]
        assert [room.name for room in seen.rooms] == ["hall"]


async def test_whoever_has_an_account_joins_the_rooms_with_it(make_server: MakeServer) -> None:
    server = make_server()
    async with await newcomer(server.url, "alice") as alice, await newcomer(server.url, "bob") as bob:
        plans, hall = await alice.create_room("plans", "private"), await alice.create_room("hall")
        await bob.join(hall.id)
        made = await alice.invite(uses=2, rooms=[plans.id, hall.id])
        joined = await bob.join_by_invitation(made.code)
        assert [(room.id, room.name) for room in joined] == [(plans.id, "plans"), (hall.id, "hall")]
        assert {room.id for room in await bob.rooms(mine=True)} == {plans.id, hall.id}
        assert [one.actor.username for one in await bob.notices(plans.id) if one.kind == "joined"] == ["bob"]
        # Again, and for whoever made it: there is nothing to join, and no place is used up.
        assert await bob.join_by_invitation(made.code) == joined
        assert await alice.join_by_invitation(made.code) == joined
        (listed,) = (await alice.invitations()).invitations
        assert ([one.username for one in listed.people], listed.used) == (["bob"], 1)
        # Whoever was removed is not brought back by it.
        await alice.remove_member(plans.id, user_id(bob))
        with pytest.raises(NotAllowed) as twice:
            await bob.join_by_invitation(made.code)
        assert twice.value.reason == "invitation_used"
        async with await come(server.url, "carol", made.code) as carol:
            # The last place was hers, so nobody joins by it any more.
            with pytest.raises(NotFound) as ended:
                await carol.join_by_invitation(made.code)
            assert ended.value.reason == "no_invitation"
            (listed,) = (await alice.invitations()).invitations
            assert ([one.username for one in listed.people], listed.used) == (["carol", "bob"], 2)


async def test_whoever_registered_by_it_does_not_come_twice_and_revoked_ones_let_nobody_join(
    make_server: MakeServer,
) -> None:
    server = make_server()
    async with await newcomer(server.url, "alice") as alice, await newcomer(server.url, "dora") as dora:
        plans = await alice.create_room("plans", "private")
        made = await alice.invite(rooms=[plans.id])
        async with await come(server.url, "bob", made.code) as bob:
            await bob.remove_member(plans.id, user_id(bob))
            with pytest.raises(NotAllowed) as twice:
                await bob.join_by_invitation(made.code)
            assert twice.value.reason == "invitation_used"
        await alice.revoke_invitation(made.invitation.id)
        for code in (made.code, "guessed"):
            with pytest.raises(NotFound):
                await dora.join_by_invitation(code)
        async with Client(server.url) as stranger:
            with pytest.raises(NotAuthenticated):
                await stranger.join_by_invitation(made.code)
        # The maker may not add people any more: it leads nowhere.
        shared = await alice.create_room("shared", "private", members=[user_id(dora)])
        by_dora = await dora.invite(rooms=[shared.id])
        await alice.remove_member(shared.id, user_id(dora))
        async with await newcomer(server.url, "erin") as erin:
            assert await erin.join_by_invitation(by_dora.code) == []
            with pytest.raises(NotFound):
                await erin.room(shared.id)


async def test_a_setting_leaves_it_to_administrators(make_server: MakeServer) -> None:
    server = make_server("invitations=admins")
    async with await newcomer(server.url, "alice") as alice, await newcomer(server.url, "bob") as bob:
        with pytest.raises(NotAllowed) as refused:
            await bob.invite()
        assert refused.value.reason == "admins_only"
        made = await alice.invite()
        for who, may in ((alice, True), (bob, False)):
            asked = get(f"{server.url}/api/session", headers={"Authorization": f"Bearer {who.token}"}).json()
            assert asked["can_invite"] is may
        # Whoever is no administrator any more invites nobody with what they made before.
        server.sql("UPDATE users SET admin = false")
        server.kill()
        server.start()
        assert await refusal(server.url, "carol", invitation=made.code) == "invitation_ended"


async def test_a_name_that_is_taken_uses_nothing_up(make_server: MakeServer) -> None:
    server = make_server("registration=invitation")
    async with await newcomer(server.url, "alice") as alice:
        made = await alice.invite(uses=1)
        async with Client(server.url) as client:
            with pytest.raises(Conflict):
                await client.register("alice", PASSWORD, invitation=made.code)
            with pytest.raises(InvalidInput):
                await client.register("bob", "short", invitation=made.code)
        await (await come(server.url, "bob", made.code)).__aexit__()


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"uses": 0}, "uses"), ({"uses": 1.5}, "uses"), ({"uses": 10**9}, "uses"), ({"uses": "1"}, "uses"),
        ({"expires_in": 1}, "expires_in"), ({"expires_in": 10**9}, "expires_in"), ({"expires_in": None}, "expires_in"),
        ({"rooms": list(range(1, 60))}, "rooms"), ({"rooms": ["1"]}, "rooms.0"), ({"rooms": [0]}, "rooms.0"),
        ({"by": 1}, "by"), ({"code": "mine"}, "code"),
    ],
)  # fmt: skip
async def test_bad_input_says_which_field(people, server: Server, body: object, field: str) -> None:
    (alice,) = await people(1)
    headers = {"Authorization": f"Bearer {alice.token}"}
    answer = post(f"{server.url}/api/invitations", json=body, headers=headers)
    assert answer.status_code == 400, answer.text
    assert [error["field"].split(".")[0] for error in answer.json()["errors"]] == [field.split(".")[0]]
    assert (await alice.invitations()).invitations == []


@pytest.mark.parametrize("code", ["", " ", "x" * 101, "%00", "..", "%F0%9F%98%80", "a" * 100])
async def test_a_code_that_is_none(server: Server, code: str) -> None:
    answer = get(f"{server.url}/api/invitations/{code}")
    assert answer.status_code in (400, 401, 404)
    body = {"username": "someone", "password": PASSWORD, "invitation": "\x00" + code}
    assert post(f"{server.url}/api/users", json=body).status_code in (400, 403)


async def test_guesses_and_stored_invitations_are_limited(make_server: MakeServer) -> None:
    server = make_server("failures_per_address=3/hour", "invitations_per_user=2")
    async with await newcomer(server.url, "alice") as alice:
        kept = await alice.invite()
        await alice.invite()
        with pytest.raises(LimitExceeded):
            await alice.invite()
        await alice.revoke_invitation(kept.invitation.id)
        await alice.invite()
    found = [get(f"{server.url}/api/invitations/guess{number}").status_code for number in range(5)]
    assert found == [404, 404, 404, 429, 429]


async def test_of_two_who_take_the_last_place_on_two_servers_one_gets_it(
    make_server: MakeServer, nats: Nats, postgres: Postgres, tmp_path
) -> None:
    url = postgres.database()
    servers = [
        Server(tmp_path / f"node{number}" / "data", "registration=invitation", f"bus={nats.url}", database=url)
        for number in range(2)
        if not (tmp_path / f"node{number}").mkdir()
    ]
    try:
        async with await newcomer(servers[0].url, "alice") as alice:
            room = await alice.create_room("plans", "private")
            for letter in "abcdefgh":
                made = await alice.invite(uses=1, rooms=[room.id])
                clients = [Client(server.url) for server in servers]
                tries = [
                    client.register(f"{who}{letter * 3}", PASSWORD, invitation=made.code)
                    for client, who in zip(clients, ("left", "right"), strict=True)
                ]
                found = await asyncio.gather(*tries, return_exceptions=True)
                lost = [one for one in found if isinstance(one, HubbubError)]
                assert [one.reason for one in lost] == ["invitation_ended"], found
                listed = (await alice.invitations(limit=1)).invitations[0]
                assert (listed.used, len(listed.people)) == (1, 1)
                for client in clients:
                    await client.__aexit__()
            assert (await alice.room(room.id)).member_count == 9
    finally:
        for server in servers:
            server.stop()
