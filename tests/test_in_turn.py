"""Frames of one client take effect in the order in which they were sent."""

import asyncio
from random import Random

import pytest

from hubbub.client import Client
from tests.conftest import MakeServer, newcomer, user_id
from tests.raw import RawSocket
from tests.server import Server

ROOMS = 12


async def greeted(server: Server, client: Client) -> RawSocket:
    assert client.token is not None
    return await RawSocket.greeted(server.socket_url, client.token)


async def answers(socket: RawSocket, refs: list[str]) -> dict[str, str]:
    """Wait for the answers to these frames: `ack` or the code of the error, by `ref`."""
    found = {event["ref"]: event.get("code", "ack") for event in socket.seen if event.get("ref") in refs}
    while len(found) < len(refs):
        event = await socket.next()
        if event.get("ref") in refs and event["type"] in ("ack", "error"):
            found[event["ref"]] = event.get("code", "ack")
    return found


@pytest.mark.parametrize("resuming", [False, True], ids=["anew", "resuming"])
async def test_who_looks_into_rooms_quickly_listens_to_the_last_one(server: Server, resuming: bool) -> None:
    """Like a user who goes through a list of rooms: into one, out of it, into the next."""
    alice, bob = await newcomer(server.url), await newcomer(server.url)
    rooms = [(await alice.create_room(f"{bob.user.username} {number} {resuming}")).id for number in range(ROOMS)]
    socket = await greeted(server, bob)
    refs = []
    for room in rooms:
        since = {"since": 0} if resuming else {}
        await socket.send(type="subscribe", room=room, ref=f"in {room}", **since)
        if room != rooms[-1]:
            await socket.send(type="unsubscribe", room=room, ref=f"out {room}")
            refs.append(f"out {room}")
        refs.append(f"in {room}")
    assert set((await answers(socket, refs)).values()) == {"ack"}
    for room in rooms:
        await alice.send("is anybody there?", room=room)
    assert (await socket.expect("message"))["room"] == rooms[-1]
    assert [event for event in await socket.until_quiet() if event["type"] == "message"] == []
    for left in (alice, bob, socket):
        await (left.close() if isinstance(left, RawSocket) else left.__aexit__())


async def test_the_last_word_on_listening_counts(server: Server) -> None:
    alice, bob = await newcomer(server.url), await newcomer(server.url)
    random = Random("in turn")
    socket = await greeted(server, bob)
    for number in range(15):
        room = (await alice.create_room(f"{bob.user.username} turns {number}")).id
        frames = [random.choice(["subscribe", "unsubscribe", "join_room", "leave_room"]) for _ in range(6)]
        member = listens = False
        for frame in frames:
            await socket.send(type=frame, room=room, ref=f"{number}")
            if frame in ("subscribe", "join_room"):
                member, listens = member or frame == "join_room", True
            elif frame == "unsubscribe" or member:
                member, listens = member and frame == "unsubscribe", False
        last = await socket.ask(type="subscribe" if listens else "unsubscribe", room=room, ref=f"last {number}")
        assert last["type"] == "ack"
        if listens is False and member:
            continue  # an unsubscribed member is subscribed again from the next connection on
        start = len(socket.seen)
        await alice.send("a word", room=room)
        other = await alice.send("for all", to=bob.user.id)
        await socket.expect("message", room=other.room, seq=other.seq)
        received = [event for event in socket.seen[start:] if event["type"] == "message" and event["room"] == room]
        assert len(received) == listens, frames
    for left in (alice, bob, socket):
        await (left.close() if isinstance(left, RawSocket) else left.__aexit__())


async def test_what_needs_listening_waits_for_it(server: Server) -> None:
    alice, bob = await newcomer(server.url), await newcomer(server.url)
    room = (await alice.create_room(f"{bob.user.username} types")).id
    at_alice, socket = await greeted(server, alice), await greeted(server, bob)
    await socket.send(type="subscribe", room=room, ref="in")
    await socket.send(type="typing_start", room=room, ref="types")
    assert await answers(socket, ["in", "types"]) == {"in": "ack", "types": "ack"}
    assert (await at_alice.expect("typing", room=room))["on"] is True
    await socket.send(type="join_room", room=room, ref="join")
    await socket.send(type="leave_room", room=room, ref="leave")
    await socket.send(type="subscribe", room=room, ref="again")
    assert set((await answers(socket, ["join", "leave", "again"])).values()) == {"ack"}
    await alice.send("still there?", room=room)
    assert (await socket.expect("message", room=room))["content"] == "still there?"
    for left in (alice, bob, socket, at_alice):
        await (left.close() if isinstance(left, RawSocket) else left.__aexit__())


async def test_connect_comes_first_whatever_goes_on(make_server: MakeServer) -> None:
    server = make_server("rate_limits=off")
    alice, bob = await newcomer(server.url), await newcomer(server.url)
    room = await alice.create_room("hall", members=[user_id(bob)])
    at_alice = await RawSocket.greeted(server.socket_url, alice.token or "")
    over = asyncio.Event()

    async def go_on() -> None:
        while not over.is_set():
            for kind in ("typing_start", "typing_stop"):
                await at_alice.send(type=kind, room=room.id)
            await at_alice.ask(type="message", room=room.id, content="a word")

    async def come_back(client: Client) -> None:
        for number in range(150):
            socket = await RawSocket.open(server.socket_url, {"Authorization": f"Bearer {client.token}"})
            since = {"since": {room.id: room.version}} if number % 2 else {}
            await socket.send(type="hello", **since)
            assert (await socket.next())["type"] == "connect"
            await socket.close()

    going = asyncio.create_task(go_on())
    await asyncio.gather(*(come_back(bob) for _ in range(4)))
    over.set()
    await going
    for left in (alice, bob):
        await left.__aexit__()
    await at_alice.close()


@pytest.mark.parametrize(
    ("frames", "hears"),
    [
        (["subscribe", "unsubscribe", "join_room"], True),
        (["join_room", "subscribe", "leave_room"], False),
        (["subscribe", "join_room", "leave_room", "subscribe"], True),
        (["subscribe", "leave_room"], True),  # not a member, so it is refused
    ],
)
async def test_coming_in_and_going_out_take_their_turn_too(server: Server, frames: list[str], hears: bool) -> None:
    alice, bob = await newcomer(server.url), await newcomer(server.url)
    for number in range(5):
        room = (await alice.create_room(f"{bob.user.username} {number} {frames}"[:80])).id
        socket = await greeted(server, bob)
        for ref, frame in enumerate(frames):
            await socket.send(type=frame, room=room, ref=f"{number} {ref}")
        await answers(socket, [f"{number} {ref}" for ref in range(len(frames))])
        start = len(socket.seen)
        await alice.send("a word", room=room)
        other = await alice.send("for all", to=user_id(bob))
        await socket.expect("message", room=other.room, seq=other.seq)
        received = [event for event in socket.seen[start:] if event["type"] == "message" and event["room"] == room]
        assert len(received) == hears
        await socket.close()
    for left in (alice, bob):
        await left.__aexit__()
