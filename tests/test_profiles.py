"""Changes of name, avatar and status text are visible at once, everywhere."""

from typing import Any

import pytest

from hubbub.client import Client
from hubbub.errors import InvalidInput
from tests.conftest import PASSWORD, MakeServer, People, newcomer, user_id
from tests.raw import RawSocket
from tests.test_avatars import picture


async def shown(socket: RawSocket, of: Client, **fields: Any) -> dict[str, Any]:
    """The next event of a user with these fields."""
    while True:
        user: dict[str, Any] = (await socket.expect("user"))["user"]
        if user["id"] == user_id(of) and all(user.get(name) == value for name, value in fields.items()):
            return user


def told_of(socket: RawSocket) -> list[dict[str, Any]]:
    return [event["user"] for event in socket.seen if event["type"] == "user"]


async def test_everybody_who_shares_a_room_is_told(people: People, sockets) -> None:
    alice, bob, carol, guest, dave = await people(5)
    room = await alice.create_room(f"shared by {user_id(alice)}", members=[user_id(bob)])
    await alice.send("psst", to=user_id(carol))
    await dave.create_room(f"apart from {user_id(alice)}")
    others = [await sockets(who) for who in (alice, bob, carol, guest)]
    assert (await others[-1].ask(type="subscribe", room=room.id))["type"] == "ack"
    apart = await sockets(dave)
    await alice.change_profile(display_name="Alice Liddell")
    for socket in others:
        user = await shown(socket, alice)
        assert (user["display_name"], user["status"]) == ("Alice Liddell", "online")
    # Changes within a few seconds are published together.
    await alice.change_profile(status_text="On holiday")
    await alice.change_profile(avatar="#3366cc")
    for socket in others:
        user = await shown(socket, alice)
        assert (user["display_name"], user["status_text"], user["avatar"]) == ("Alice Liddell", "On holiday", "#3366cc")
    await alice.change_profile(time_zone="Europe/Vienna")
    await alice.change_profile(display_name="Alice")
    for socket in others:
        assert (await shown(socket, alice))["display_name"] == "Alice"
        assert len(told_of(socket)) == 3
    await apart.until_quiet()
    assert told_of(apart) == []


async def test_an_uploaded_picture_is_told_by_its_address(people: People, sockets) -> None:
    alice, bob = await people(2)
    await alice.send("psst", to=user_id(bob))
    at_bob = await sockets(bob)
    profile = await alice.set_avatar(picture())
    assert (await shown(at_bob, alice))["avatar"] == profile.user.avatar


async def test_a_closed_account_is_told_to_those_it_wrote_to(people: People, sockets) -> None:
    alice, bob = await people(2)
    room = await bob.create_room(f"left by {user_id(alice)}", members=[user_id(alice)])
    at_bob = await sockets(bob)
    await alice.close_account(PASSWORD)
    assert (await shown(at_bob, alice))["display_name"] == "Deleted account"
    assert [member.user.id for member in await bob.members(room.id)] == [user_id(bob)]


async def test_in_a_large_room_only_oneself_is_told(make_server: MakeServer) -> None:
    server = make_server("rate_limits=off", "large_room=2")
    alice, bob, carol = [await newcomer(server.url) for _ in range(3)]
    await alice.create_room("square", members=[user_id(bob), user_id(carol)])
    assert alice.token is not None
    assert bob.token is not None
    own, other = [await RawSocket.greeted(server.socket_url, token) for token in (alice.token, bob.token)]
    await alice.change_profile(display_name="Alice Liddell")
    assert (await shown(own, alice))["display_name"] == "Alice Liddell"
    await other.until_quiet()
    assert told_of(other) == []
    for each in (own, other, alice, bob, carol):
        await (each.close() if isinstance(each, RawSocket) else each.__aexit__())


async def test_who_is_invisible_is_not_given_away_by_it(people: People, sockets) -> None:
    alice, bob = await people(2)
    await alice.send("psst", to=user_id(bob))
    at_alice, at_bob = await sockets(alice), await sockets(bob)
    await at_alice.ask(type="presence", status="invisible")
    await alice.change_profile(status_text="Not here")
    assert (await shown(at_bob, alice, status_text="Not here"))["status"] == "offline"


async def test_who_was_away_asks_who_has_changed(people: People) -> None:
    alice, bob, same = await people(3)
    await alice.change_profile(display_name="Alice Liddell")
    changed = {user.id: user.display_name for user in await bob.changed_users("2026-01-01T00:00:00Z")}
    assert changed[user_id(alice)] == "Alice Liddell"
    assert user_id(same) not in changed
    assert await bob.changed_users("2999-01-01T00:00:00Z") == []
    await bob.change_profile(status_text="here")
    paged: list[int] = []
    while page := await bob.changed_users("2026-01-01T00:00:00Z", after=paged[-1] if paged else 0, limit=1):
        paged += [user.id for user in page]
    assert {user_id(alice), user_id(bob)} <= set(paged)
    assert paged == sorted(set(paged))
    await alice.change_profile(display_name="Alice Liddell")
    await same.change_profile(locale="de-AT")
    assert user_id(same) not in {user.id for user in await bob.changed_users("2026-01-01T00:00:00Z")}
    await alice.close_account(PASSWORD)
    closed = {user.id: user.display_name for user in await bob.changed_users("2026-01-01T00:00:00Z")}
    assert closed[user_id(alice)] == "Deleted account"
    with pytest.raises(InvalidInput, match="since"):
        await bob.changed_users("yesterday")


async def test_who_comes_back_is_told_what_was_said_by_people_as_they_are_called_now(people: People, sockets) -> None:
    """Also of a closed account, and of a sender who is no member."""
    alice, bob, carol = await people(3)
    room = await alice.create_room(f"names {alice.user.username}")
    watching = await sockets(alice)
    at_bob, at_carol = await sockets(bob), await sockets(carol)
    await at_bob.ask(type="join_room", room=room.id)
    since = (await watching.expect("notice", kind="joined"))["version"]
    await at_bob.ask(type="message", room=room.id, content="from bob")
    await at_carol.ask(type="message", room=room.id, content="from carol")
    await watching.expect("message", content="from carol")
    await bob.change_profile(display_name="Robert")
    await carol.close_account(PASSWORD)
    version = (await alice.room(room.id)).version
    assert version == since + 2  # only the two messages
    back = await sockets(alice, greet=False)
    await back.send(type="hello", since={str(room.id): since})
    received = [await back.expect("message", content=content) for content in ("from bob", "from carol")]
    assert [message["sender"]["display_name"] for message in received] == ["Robert", "Deleted account"]
