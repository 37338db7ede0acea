"""A user's stream over the socket, REST and the Python client: what changed for one user, resumed from one number."""

import asyncio
from typing import Any

import pytest

from hubbub.chat.events import EntryEvent
from hubbub.client import Client
from hubbub.client.wire import StreamSynced
from hubbub.errors import InvalidInput, NotAuthenticated
from tests.conftest import MakeServer, People, user_id
from tests.raw import RawSocket
from tests.server import Server


async def device(server: Server, client: Client, **stream: Any) -> RawSocket:
    """One of the user's devices, which follows their stream."""
    socket = await RawSocket.open(server.socket_url, {"Authorization": f"Bearer {client.token}"})
    await socket.send(type="hello", stream=stream, ref="hello")
    await socket.expect("connect")
    await socket.expect("stream")
    return socket


def entries(socket: RawSocket) -> list[dict[str, Any]]:
    return [event for event in socket.seen if event["type"] == "entry"]


async def test_every_device_receives_what_changed_for_its_user(people: People, server: Server) -> None:
    alice, bob = await people(2)
    room = await alice.create_room(members=[user_id(bob)], kind="private")
    phone, laptop = await device(server, bob), await device(server, bob)
    begin = phone.seen[-1]["position"]
    sent = await alice.send(f"@{bob.user.username}, tea?", room=room.id)
    direct = await alice.send("just you", to=user_id(bob))
    await bob.mark_read(room.id, sent.seq)
    await bob.keep_own(room.id, muted=True)
    await bob.keep_own(room.id, archived=True)
    await bob.keep_own(room.id, marked_unread=True)
    await bob.change_profile(time_zone="Europe/Berlin")
    await phone.send(type="presence", status="busy")

    def me(**marks: Any) -> dict[str, Any]:
        return {"read_seq": 1, "muted": False, "archived": False, "marked_unread": False} | marks

    expected = [
        {"kind": "mention", "room": room.id, "seq": sent.seq},
        {"kind": "direct", "room": direct.room, "seq": direct.seq},
        {"kind": "membership", "room": room.id, "me": me()},
        {"kind": "membership", "room": room.id, "me": me(muted=True)},
        {"kind": "membership", "room": room.id, "me": me(muted=True, archived=True)},
        {"kind": "membership", "room": room.id, "me": me(muted=True, archived=True, marked_unread=True)},
        {"kind": "settings"},
        {"kind": "settings"},
    ]
    for socket in (phone, laptop):
        await socket.expect("entry", position=begin + 8)
        received = entries(socket)
        assert [one.pop("position") for one in received] == list(range(begin + 1, begin + 9))
        assert [one | {"type": "entry"} for one in expected] == received
        await socket.close()


async def test_a_device_resumes_from_its_position(people: People, server: Server) -> None:
    alice, bob = await people(2)
    room = await alice.create_room(members=[user_id(bob)], kind="private")
    phone = await device(server, bob)
    await alice.send("one", to=user_id(bob))
    one = await phone.expect("entry")
    await phone.close()
    direct = one["room"]
    for number in range(3):
        await alice.send(f"@{bob.user.username} {number}", room=room.id)
        await bob.mark_read(room.id, number + 1)
    await alice.edit(direct, 1, "one, better")
    again = await device(server, bob, since=one["position"])
    # Each once, at the position of its last change; the marks as they are now.
    head = again.seen[-1]["position"]
    received = [{name: value for name, value in entry.items() if name != "type"} for entry in entries(again)]
    first = one["position"] + 1
    assert received == [
        {"position": first, "kind": "mention", "room": room.id, "seq": 1},
        {"position": first + 2, "kind": "mention", "room": room.id, "seq": 2},
        {"position": first + 4, "kind": "mention", "room": room.id, "seq": 3},
        {
            "position": first + 5,
            "kind": "membership",
            "room": room.id,
            "me": {"read_seq": 3, "muted": False, "archived": False, "marked_unread": False},
        },
        {"position": first + 6, "kind": "direct", "room": direct, "seq": 1},
    ]
    assert head == first + 6
    assert "resync" not in again.seen[-1]
    # Another `hello` on the same connection begins again, and what follows comes once.
    await again.send(type="hello", stream={"since": first + 4}, ref="again")
    await again.expect("stream", position=head)
    assert [entry["position"] for entry in entries(again)[5:]] == [first + 5, first + 6]
    await alice.send("two", to=user_id(bob))
    await again.expect("entry", position=head + 1)
    await again.send(type="hello", ref="without")
    await again.expect("connect", ref="without")
    await alice.send("three", to=user_id(bob))
    await again.expect("message", content="three")
    assert [event["type"] for event in await again.until_quiet()] == []
    assert len(entries(again)) == 8
    await again.close()


async def test_a_position_that_cannot_be_resumed_is_answered_with_resync(make_server: MakeServer) -> None:
    server = make_server("resync_after=10", "rate_limits=off")
    alice, bob = [Client(server.url) for _ in range(2)]
    for client, name in ((alice, "alice"), (bob, "bob")):
        await client.register(name, "correct horse")
        await client.sign_in(name, "correct horse")
    for number in range(11):
        await alice.send(str(number), to="bob")
    for since in (0, 999):
        socket = await device(server, bob, since=since)
        assert socket.seen[-1] == {"type": "stream", "position": 11, "resync": True}
        assert entries(socket) == []
        await socket.close()
    socket = await device(server, bob, since=1)
    assert [entry["position"] for entry in entries(socket)] == list(range(2, 12))
    # Many positions, few entries: one for each reference.
    for number in range(15):
        await bob.keep_own(1, muted=number % 2 == 0)
    await socket.close()
    socket = await device(server, bob, since=10)
    assert "resync" not in socket.seen[-1]
    assert [(entry["position"], entry["kind"]) for entry in entries(socket)] == [(11, "direct"), (26, "membership")]
    await alice.send("live again", to="bob")
    await socket.expect("entry", position=27)
    await socket.close()
    for client in (alice, bob):
        await client.__aexit__()


async def test_the_stream_over_rest_has_the_messages(people: People, server: Server) -> None:
    alice, bob, carol = await people(3)
    begin = (await bob.stream()).position
    assert (await bob.stream()).entries == []
    sent = [await alice.send(f"letter {number}", to=user_id(bob)) for number in range(3)]
    hall = await alice.create_room(f"hall of {alice.user.username}")
    await carol.join(hall.id)
    mention = await alice.send(f"and @{bob.user.username}?", room=hall.id)
    page = await bob.stream(begin, limit=2)
    assert [one.message for one in page.entries] == sent[:2]
    assert page.has_more
    rest = await bob.stream(page.position)
    assert [one.message for one in rest.entries] == [sent[2], mention]
    assert not rest.has_more
    assert [one.message for one in (await bob.stream(begin, kind="mention")).entries] == [mention]
    await alice.change_room(hall.id, kind="private")
    assert (await bob.stream(begin, kind="mention")).entries == []
    assert (await carol.stream(0)).entries == []


@pytest.mark.parametrize(
    ("query", "field", "code"),
    [
        ("after=-1", "after", "too_small"),
        ("after=9999999999999999999", "after", "too_large"),
        ("after=one", "after", "wrong_type"),
        ("kind=all", "kind", "not_a_choice"),
        ("limit=0", "limit", "too_small"),
        ("since=3", "since", "unknown"),
    ],
)
async def test_bad_parameters_are_named(people: People, query: str, field: str, code: str) -> None:
    (alice,) = await people(1)
    with pytest.raises(InvalidInput) as refused:
        await alice._call("GET", f"/api/stream?{query}", None)
    (error,) = refused.value.errors
    assert (error.field, error.code) == (field, code)
    if code == "not_a_choice":
        assert {"direct", "mention", "draft"} <= set(error.params["choices"])


async def test_a_bad_request_for_the_stream_is_an_error(people: People, server: Server) -> None:
    (alice,) = await people(1)
    socket = await RawSocket.greeted(server.socket_url, alice.token)
    for stream in (5, {"since": -1}, {"since": "x"}, {"from": 3}):
        answer = await socket.ask(type="hello", stream=stream, ref=f"{stream}")
        assert (answer["type"], answer["code"]) == ("error", "invalid_input")
        assert answer["errors"][0]["field"].startswith("stream")
    await socket.close()
    nobody = Client(server.url)
    with pytest.raises(NotAuthenticated):
        await nobody.stream()
    await nobody.__aexit__()


async def test_the_python_client_resumes_its_stream_by_itself(people: People) -> None:
    alice, bob = await people(2)
    async with bob.live(stream=True) as live:
        events = aiter(live)

        async def next_of(kind: type) -> Any:
            while not isinstance(event := await anext(events), kind):
                pass
            return event

        await next_of(StreamSynced)
        await alice.send("before", to=user_id(bob))
        before = await next_of(EntryEvent)
        assert live.position == before.position
        live.drop()
        sent = [await alice.send(f"while it was away {number}", to=user_id(bob)) for number in range(3)]
        received = [await next_of(EntryEvent) for _ in sent]
        assert [(one.kind, one.room, one.seq) for one in received] == [("direct", one.room, one.seq) for one in sent]
        saved = live.position
    await alice.send("after it was closed", to=user_id(bob))
    async with bob.live(stream=saved) as live:
        async for event in live:
            if isinstance(event, EntryEvent):
                assert event.position == saved + 1
                break


async def test_a_client_that_did_not_ask_receives_no_entries(people: People, server: Server) -> None:
    alice, bob = await people(2)
    socket = await RawSocket.greeted(server.socket_url, bob.token)
    sent = await alice.send("just you", to=user_id(bob))
    await bob.mark_read(sent.room, 1)
    await socket.expect("read")
    assert {event["type"] for event in [*socket.seen, *await socket.until_quiet()]}.isdisjoint({"entry", "stream"})
    await socket.close()


async def test_two_devices_at_once_agree_on_every_position(people: People, server: Server) -> None:
    """Commands of both at once: each entry once, at one position, on both."""
    alice, bob = await people(2)
    room = await alice.create_room(members=[user_id(bob)], kind="private")
    sockets = [await device(server, bob) for _ in range(2)]
    begin = sockets[0].seen[-1]["position"]
    await asyncio.gather(
        *(alice.send(f"@{bob.user.username} {number}", room=room.id) for number in range(20)),
        *(alice.send(f"letter {number}", to=user_id(bob)) for number in range(20)),
        *(bob.keep_own(room.id, muted=number % 2 == 0) for number in range(20)),
    )
    last = (await bob.stream()).position
    for socket in sockets:
        await socket.expect("entry", position=last)
        assert [entry["position"] for entry in entries(socket)] == list(range(begin + 1, last + 1))
    assert entries(sockets[0]) == entries(sockets[1])
    for socket in sockets:
        await socket.close()


async def test_a_first_reply_that_mentions_gives_both_entries(people: People, server: Server) -> None:
    alice, bob = await people(2)
    room = await alice.create_room(members=[user_id(bob)], kind="private")
    await alice.send("tea?", room=room.id)
    socket = await device(server, alice)
    head = socket.seen[-1]["position"]
    await bob.send(f"yes, @{alice.user.username}", room=room.id, thread=1)
    await socket.expect("entry", position=head + 2)
    assert [entry["kind"] for entry in entries(socket)] == ["thread", "mention"]
    await socket.close()
