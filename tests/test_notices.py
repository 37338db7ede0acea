"""Notices are stored, published and resumed, the same for everybody."""

from typing import Any

import pytest

from hubbub.chat.shapes import Notice
from hubbub.client import Client
from hubbub.errors import NotFound
from tests.conftest import PASSWORD, MakeServer, People, newcomer, user_id
from tests.http import HttpClient
from tests.raw import RawSocket


def received(notice: Notice | dict[str, Any]) -> tuple[str, str, list[str]]:
    """Kind, actor and users of a notice."""
    if isinstance(notice, Notice):
        return notice.kind, notice.actor.username, [user.username for user in notice.users]
    return notice["kind"], notice["actor"]["username"], [user["username"] for user in notice.get("users", [])]


def names(*clients: Client) -> list[str]:
    return [client.user.username for client in clients if client.user is not None]


def live(socket: RawSocket, room: int) -> list[dict[str, Any]]:
    return [event for event in socket.seen if event["type"] == "notice" and event["room"] == room]


async def test_comings_goings_and_changes_of_a_room_are_noticed(people: People, sockets) -> None:
    alice, bob, carol, dave = await people(4)
    a, b, c, d = names(alice, bob, carol, dave)
    room = await alice.create_room(f"noticed {a}", members=[user_id(bob), user_id(carol)])
    at_carol = await sockets(carol)
    await alice.send("one", room=room.id)
    await dave.join(room.id)
    await alice.send("two", room=room.id)
    await dave.remove_member(room.id, user_id(dave))
    await alice.add_member(room.id, user_id(dave))
    await alice.remove_member(room.id, user_id(dave))
    await alice.change_room(room.id, name=f"called {a}", topic="what for")
    await alice.change_room(room.id, kind="private")
    await alice.change_room(room.id, archived=True)
    await alice.change_room(room.id, archived=False)
    await alice.change_room(room.id, topic=None)
    expected = [
        ("created", a, []),
        ("added", a, [b, c]),
        ("joined", d, []),
        ("left", d, []),
        ("added", a, [d]),
        ("removed", a, [d]),
        ("renamed", a, []),
        ("topic", a, []),
        ("made_private", a, []),
        ("archived", a, []),
        ("unarchived", a, []),
        ("topic", a, []),
    ]
    kept = await bob.notices(room.id)
    assert [received(notice) for notice in kept] == expected
    assert [notice.after_seq for notice in kept] == [0, 0, 1, *[2] * 9]
    renamed, topic = kept[6:8]
    assert (renamed.old, renamed.new, topic.old, topic.new) == (f"noticed {a}", f"called {a}", None, "what for")
    assert (kept[11].old, kept[11].new) == ("what for", None)
    # Published live, in order with all other events; and paged.
    await at_carol.expect("notice", old="what for")
    assert [received(notice) for notice in live(at_carol, room.id)] == expected[2:]
    versions = [event["version"] for event in at_carol.seen if event.get("room") == room.id and "version" in event]
    assert versions == sorted(set(versions))
    assert [received(notice) for notice in (await bob.history(room.id)).notices] == expected
    first, second = [await bob.history(room.id, limit=1, **place) for place in ({"before": 2}, {"after": 1})]
    assert [received(notice) for notice in first.notices] == expected[:3]
    assert [received(notice) for notice in second.notices] == expected[3:]
    paged = await bob.notices(room.id, limit=5)
    while paged[0].kind != "created":
        paged = [*await bob.notices(room.id, before=paged[0].version, limit=5), *paged]
    assert paged == kept
    assert await bob.notices(room.id, after=kept[5].version, limit=2) == kept[6:8]


async def test_they_are_no_messages(people: People, sockets) -> None:
    alice, bob, carol = await people(3)
    room = await alice.create_room(f"counted {user_id(alice)}", members=[user_id(bob)])
    await bob.mark_read(room.id, 0)
    await carol.join(room.id)
    await alice.change_room(room.id, topic="anything")
    now = await bob.room(room.id)
    assert now.me is not None
    assert (now.seq, now.last_at, now.me.unread) == (0, None, 0)
    sent = await alice.send("the first", room=room.id)
    assert sent.seq == 1
    assert [message.content for message in (await bob.history(room.id)).messages] == ["the first"]


async def test_who_resumes_is_told_what_was_missed(people: People, sockets) -> None:
    alice, bob, carol = await people(3)
    room = await alice.create_room(f"resumed {user_id(alice)}", members=[user_id(bob)])
    since = (await bob.room(room.id)).version
    await carol.join(room.id)
    await alice.send("hello", room=room.id)
    await alice.change_room(room.id, name=f"renamed {user_id(alice)}")
    await alice.change_room(room.id, name=f"and again {user_id(alice)}")
    at_bob = await sockets(bob, greet=False)
    await at_bob.send(type="hello", since={room.id: since})
    await at_bob.expect("synced", room=room.id)
    kept = await bob.notices(room.id, after=since)
    assert [event["version"] for event in live(at_bob, room.id)] == [notice.version for notice in kept]
    assert [received(event) for event in live(at_bob, room.id)] == [received(notice) for notice in kept]
    assert [notice.kind for notice in kept] == ["joined", "renamed", "renamed"]
    # The same over REST, for any page size.
    at, stepped, more = since, [], True
    while more:
        changes = await bob.changes(room.id, at, limit=1)
        stepped += changes.notices
        at, more = changes.version, changes.has_more
    assert stepped == kept


async def test_people_are_named_as_they_are_called_now(people: People) -> None:
    alice, bob = await people(2)
    room = await alice.create_room(f"named {user_id(alice)}")
    await bob.join(room.id)
    await bob.change_profile(display_name="Robert Paulson")
    assert (await alice.notices(room.id))[-1].actor.display_name == "Robert Paulson"
    await bob.close_account(PASSWORD)
    joined, left = (await alice.notices(room.id))[-2:]
    assert (joined.kind, left.kind) == ("joined", "left")
    assert joined.actor.display_name == left.actor.display_name == "Deleted account"


async def test_outsiders_see_those_of_public_rooms_only(people: People, sockets) -> None:
    alice, outsider = await people(2)
    room = await alice.create_room(f"open {user_id(alice)}")
    at_outsider = await sockets(outsider)
    await at_outsider.ask(type="subscribe", room=room.id)
    await alice.change_room(room.id, topic="for all")
    assert (await at_outsider.expect("notice"))["new"] == "for all"
    assert [notice.kind for notice in await outsider.notices(room.id)] == ["created", "topic"]
    await alice.change_room(room.id, kind="private")
    await alice.change_room(room.id, topic="for us")
    await at_outsider.expect("error", room=room.id)
    await at_outsider.until_quiet()
    assert "for us" not in str(at_outsider.seen)
    for call in (outsider.notices(room.id), outsider.history(room.id), outsider.changes(room.id, 0)):
        with pytest.raises(NotFound):
            await call


async def test_who_was_removed_hears_nothing_of_it_but_that(people: People, sockets) -> None:
    alice, bob = await people(2)
    room = await alice.create_room(f"removed {user_id(alice)}", members=[user_id(bob)])
    at_bob, at_alice = await sockets(bob), await sockets(alice)
    await alice.remove_member(room.id, user_id(bob))
    await at_alice.expect("notice", kind="removed")
    assert "rank" not in await at_bob.expect("member")
    await at_bob.until_quiet()
    assert live(at_bob, room.id) == []


async def test_direct_and_large_rooms_do_not_name_who_comes_and_goes(make_server: MakeServer) -> None:
    server = make_server("rate_limits=off", "large_room=2")
    alice, bob, carol = [await newcomer(server.url) for _ in range(3)]
    room = await alice.create_room("square", members=[user_id(bob)])
    await carol.join(room.id)
    await alice.change_room(room.id, topic="large")
    await carol.remove_member(room.id, user_id(carol))
    await bob.remove_member(room.id, user_id(bob))
    kinds = [notice.kind for notice in await alice.notices(room.id)]
    assert kinds == ["created", "added", "topic", "left", "left"]
    await alice.send("psst", to=user_id(bob))
    direct = next(found for found in await alice.rooms(mine=True) if found.kind == "direct")
    assert await alice.notices(direct.id) == []
    for client in (alice, bob, carol):
        await client.__aexit__()


async def test_of_very_many_the_latest_are_kept(people: People) -> None:
    (alice,) = await people(1)
    room = await alice.create_room(f"busy {user_id(alice)}")
    for number in range(1010):
        await alice.change_room(room.id, topic=f"{number}")
    kept: list[Notice] = []
    while page := await alice.notices(room.id, before=kept[0].version if kept else None, limit=200):
        kept = [*page, *kept]
    assert [notice.new for notice in kept] == [f"{number}" for number in range(10, 1010)]
    assert len((await alice.history(room.id)).notices) == 200


async def test_who_was_brought_in_has_it_marked_until_they_look(people: People, sockets) -> None:
    alice, bob, carol = await people(3)
    room = await alice.create_room(f"brought {user_id(alice)}", members=[user_id(bob)])
    later = await alice.create_room(f"later {user_id(alice)}")
    await alice.add_member(later.id, user_id(bob))
    await carol.join(room.id)
    await alice.send("psst", to=user_id(bob))

    async def marks(client: Client) -> dict[int, int | None]:
        return {found.id: found.me.added_by for found in await client.rooms(mine=True) if found.me is not None}

    kept = await marks(bob)
    assert (kept[room.id], kept[later.id]) == (user_id(alice), user_id(alice))
    assert sum(by is not None for by in kept.values()) == 2
    assert set((await marks(alice)).values()) == set((await marks(carol)).values()) == {None}
    # Reading the room ends it, on all devices; so do sending and leaving.
    at_bob = await sockets(bob)
    await bob.mark_read(room.id, 0)
    assert (await at_bob.expect("read", room=room.id))["user"] == user_id(bob)
    assert (await marks(bob))[room.id] is None
    await bob.send("hello", room=later.id)
    assert set((await marks(bob)).values()) == {None}
    await bob.remove_member(room.id, user_id(bob))
    await bob.join(room.id)
    assert (await marks(bob))[room.id] is None


async def test_the_feeds_of_a_room_are_not_told(people: People, server) -> None:
    alice, bob = await people(2)
    room = await alice.create_room(f"fed {user_id(alice)}")
    headers = {"Authorization": f"Bearer {alice.token}", "Accept": "text/event-stream"}
    async with (
        HttpClient(base_url=server.url, headers=headers, timeout=60) as http,
        http.stream("GET", f"/room/{room.id}/subscribe") as feed,
    ):
        lines = feed.aiter_lines()
        assert (await anext(lines)).startswith("retry")
        await bob.join(room.id)
        await alice.change_room(room.id, topic="not for feeds")
        await alice.send("the end", room=room.id)
        seen = []
        while "the end" not in (line := await anext(lines)):
            seen.append(line)
    assert [line for line in seen if line.startswith("event:") and "notice" in line] == []
    assert any(line == "event: member" for line in seen)
