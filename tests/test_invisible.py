"""An invisible user is not revealed by delivery, reading, typing, or disconnecting."""

import pytest

from hubbub.client import Client
from tests.conftest import MakeServer, newcomer, user_id
from tests.http import HttpClient

TELLING = {"typing", "delivered", "read", "presence", "activity"}


async def receipts(of: Client, room: int, user: int) -> tuple[int, int]:
    async with HttpClient(base_url=of.url, headers={"Authorization": f"Bearer {of.token}"}) as http:
        marks = (await http.get(f"/api/rooms/{room}/receipts")).json()["receipts"]
    return next((mark["delivered_seq"], mark["read_seq"]) for mark in marks if mark["user"] == user)


@pytest.fixture
async def trio(people, sockets):
    """Bob, invisible from the start; Alice, who observes; and Carol, who visibly does what Bob does."""
    alice, bob, carol = await people(3)
    at_bob = await sockets(bob)
    await at_bob.ask(type="presence", status="invisible")
    await at_bob.close()
    room = (await alice.create_room("three", kind="private", members=[user_id(bob), user_id(carol)])).id
    before = (await alice.users(bob.user.username))[0].last_seen
    return alice, bob, carol, room, before, await sockets(alice), await sockets(bob), await sockets(carol)


def told_of(socket, user: int) -> list[str]:
    return [frame["type"] for frame in socket.seen if frame["type"] in TELLING and frame.get("user") == user]


async def test_nothing_that_one_does_unseen_is_told(trio) -> None:
    alice, bob, carol, room, before, at_alice, at_bob, at_carol = trio
    for _ in range(2):
        posted = await alice.send("anybody?", room=room)
        for client, socket in ((bob, at_bob), (carol, at_carol)):
            await socket.expect("message", seq=posted.seq)
            await client.history(room)
            await socket.ask(type="typing_start", room=room)
            marked = await client.mark_read(room, posted.seq)
            assert (marked.seq, marked.unread) == (posted.seq, 0)
        # Carol's events are delivered: Bob's would have come before them.
        await at_alice.expect("read", user=user_id(carol), seq=posted.seq)
    assert {"delivered", "typing", "read"} <= set(told_of(at_alice, user_id(carol)))
    assert told_of(at_alice, user_id(bob)) == []
    assert await receipts(alice, room, user_id(bob)) == (0, 0)
    assert (await bob.room(room)).me.read_seq == posted.seq
    seen = (await alice.users(bob.user.username))[0]
    assert (seen.status, seen.last_seen) == ("offline", before)


async def test_nor_when_one_goes(trio) -> None:
    alice, bob, carol, _, before, at_alice, at_bob, at_carol = trio
    await at_alice.expect("presence", user=user_id(carol), status="online")
    await at_bob.close()
    await at_carol.close()
    await at_alice.expect("presence", user=user_id(carol), status="offline")
    assert told_of(at_alice, user_id(bob)) == []
    assert (await alice.users(bob.user.username))[0].last_seen == before


async def test_one_s_own_devices_are_told(trio, sockets) -> None:
    alice, bob, _, room, _, _, at_bob, _ = trio
    other = await sockets(bob)
    posted = await alice.send("hello", room=room)
    await bob.mark_read(room, posted.seq)
    assert (await other.expect("read"))["seq"] == posted.seq
    assert (await at_bob.expect("read"))["seq"] == posted.seq


async def test_what_was_read_is_shown_once_one_is_seen_again(trio) -> None:
    alice, bob, _, room, _, at_alice, at_bob, _ = trio
    posted = await alice.send("hello", room=room)
    await bob.mark_read(room, posted.seq)
    await at_bob.ask(type="presence", status="online")
    await at_alice.expect("presence", user=user_id(bob), status="online")
    latest = await alice.send("there you are", room=room)
    await bob.mark_read(room, latest.seq)
    assert await receipts(alice, room, user_id(bob)) == (latest.seq, latest.seq)


async def test_becoming_invisible_looks_like_going(make_server: MakeServer, sockets) -> None:
    server = make_server()
    alice, bob, carol = [await newcomer(server.url, name) for name in ("alice", "bob", "carol")]
    await alice.create_room("three", kind="private", members=["bob", "carol"])
    at_alice, at_bob, at_carol = [await sockets(one, server) for one in (alice, bob, carol)]
    for user in (user_id(bob), user_id(carol)):
        await at_alice.expect("presence", user=user, status="online")
    left = {}
    for name, user, leave in (
        ("hides", user_id(bob), lambda: at_bob.ask(type="presence", status="invisible")),
        ("goes", user_id(carol), at_carol.close),
    ):
        await leave()
        frame = await at_alice.expect("presence", user=user, status="offline")
        left[name] = {key: bool(value) for key, value in frame.items()}
    assert left["hides"] == left["goes"]
    for client in (alice, bob, carol):
        await client.__aexit__()
