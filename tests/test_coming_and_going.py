"""Joins and leaves during a connect or resume: the client ends up with the right rooms."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from random import Random

import pytest

from hubbub.chat.shapes import Kind
from hubbub.client import Client
from tests.cluster import Cluster
from tests.conftest import NewDatabase, newcomer, user_id
from tests.nats import Nats
from tests.plug import InThread, LateNats, Plug
from tests.postgres import Postgres
from tests.raw import RawSocket
from tests.server import Server
from tests.watcher import Watcher

IN_ROUNDS = pytest.mark.parametrize("rounds", [12, pytest.param(80, marks=pytest.mark.long)])


@pytest.fixture(scope="module")
def of_large_rooms(tmp_path_factory: pytest.TempPathFactory, database: NewDatabase) -> Iterator[Server]:
    """A server on which a room of two members is large: joins and leaves are not published one by one."""
    data = tmp_path_factory.mktemp("large") / "data"
    running = Server(data, "rate_limits=off", "large_room=1", database=database())
    yield running
    running.stop()


@pytest.fixture(scope="module", params=[Plug, LateNats], ids=["prompt", "late"])
def cluster(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, postgres: Postgres, nats: Nats
) -> Iterator[Cluster]:
    """Three servers, whose events reach each other in order, or late, out of order and twice."""
    line = InThread(request.param(nats.port))
    running = Cluster(tmp_path_factory.mktemp("coming"), postgres, line.url.replace("http", "nats"))
    yield running
    running.stop()
    line.stop()


ANY_KIND = pytest.mark.parametrize("kind", ["public", "private"])
ANEW_OR_RESUMING = pytest.mark.parametrize("resuming", [False, True], ids=["anew", "resuming"])


@pytest.mark.parametrize("large", [False, True], ids=["small", "large"])
@ANY_KIND
@ANEW_OR_RESUMING
@IN_ROUNDS
async def test_rooms_are_right_whenever_one_came_or_went(
    server: Server, of_large_rooms: Server, large: bool, kind: Kind, resuming: bool, rounds: int
) -> None:
    url = of_large_rooms.url if large else server.url
    await rooms_are_right([await newcomer(url)], await newcomer(url), kind, resuming, rounds)


@ANY_KIND
@ANEW_OR_RESUMING
@IN_ROUNDS
async def test_rooms_are_right_whichever_server_one_came_or_went_at(
    cluster: Cluster, kind: Kind, resuming: bool, rounds: int
) -> None:
    alice = await newcomer(cluster.servers[0].url)
    everywhere = [cluster.seen_from(alice, at) for at in range(len(cluster.servers))]
    await rooms_are_right(everywhere, await newcomer(cluster.servers[1].url), kind, resuming, rounds)


@IN_ROUNDS
async def test_who_subscribes_while_coming_in_hears_all_of_it_once_and_stays(cluster: Cluster, rounds: int) -> None:
    alice, random = await newcomer(cluster.servers[0].url), Random("coming in")
    everywhere = [cluster.seen_from(alice, at) for at in range(len(cluster.servers))]
    bob, carol = [await newcomer(cluster.servers[1].url) for _ in range(2)]
    assert bob.token is not None
    at_bob = await RawSocket.greeted(cluster.servers[1].socket_url, bob.token)
    for number in range(rounds):
        room = (await alice.create_room(f"hall {number}")).id

        async def say_some(room: int = room) -> None:
            for _ in range(random.randint(0, 2)):
                await random.choice(everywhere).send("a word", room=room)

        async def bring_bob_in(room: int = room, say_some: Callable[[], Awaitable[None]] = say_some) -> None:
            await say_some()
            # Every server gets both events, in any order.
            await random.choice(everywhere).add_member(room, user_id(bob))
            await random.choice(everywhere).add_member(room, user_id(carol))
            await say_some()

        coming, start = asyncio.create_task(bring_bob_in()), len(at_bob.seen)
        while (subscribed := await at_bob.ask(type="subscribe", room=room)) and not coming.done():
            await at_bob.ask(type="unsubscribe", room=room)
            start = len(at_bob.seen)
        await coming
        # After the room has become private, it continues for Bob, who is a member.
        await alice.change_room(room, kind="private")
        last = await random.choice(everywhere).send("the last", room=room)
        await at_bob.expect("message", room=room, seq=last.seq)
        received = [event for event in at_bob.seen[start:] if event.get("room") == room]
        assert [event for event in received if event["type"] == "error"] == []
        versions = [event["version"] for event in received if event["type"] in ("message", "member")]
        assert versions == sorted(set(versions))
        page = await alice.history(room, limit=200)
        promised = {message.version for message in page.messages if message.version > subscribed["version"]}
        assert promised <= set(versions)
    for left in (*everywhere, bob, carol, at_bob):
        await (left.close() if isinstance(left, RawSocket) else left.__aexit__())


async def rooms_are_right(alices: list[Client], bob: Client, kind: Kind, resuming: bool, rounds: int) -> None:
    """Alice adds Bob to a room and removes him while he connects, at one server or several."""
    alice, random = alices[0], Random(f"{kind} {resuming}")
    room = (await alice.create_room(f"{kind} {resuming}", kind, members=[user_id(bob)])).id
    is_in, since = True, {}
    for _ in range(rounds):
        watcher = Watcher(bob)
        watcher.live = bob.live(since)

        async def come_and_go(times: int, is_in: bool = is_in) -> bool:
            for _ in range(times):
                at = random.choice(alices)
                await (at.remove_member(room, user_id(bob)) if is_in else at.add_member(room, user_id(bob)))
                is_in = not is_in
                for _ in range(random.randint(0, 2)):
                    await random.choice(alices).send("a word", room=room)
            return is_in

        is_in, _ = await asyncio.gather(come_and_go(random.randint(1, 4)), watcher.start())
        await knows(watcher, {room} if is_in else set())
        await hears_as_it_should(alice, watcher, room, is_in)
        assert watcher.faults == []
        since = dict(watcher.live.versions) if resuming else {}
        await watcher.stop()


async def knows(watcher: Watcher, rooms: set[int]) -> None:
    await watcher.until(lambda: watcher.mine == rooms, f"that {rooms} are its rooms")


async def hears_as_it_should(alice: Client, watcher: Watcher, room: int, is_in: bool) -> None:
    sent = await alice.send(f"is there anybody? {is_in}", room=room)
    copy = watcher.copies.setdefault(room, {})
    if is_in:
        await watcher.until(lambda: sent.seq in copy, f"message {sent.seq}")
        page = await alice.history(room, limit=200)
        promised = {message.seq for message in page.messages if message.version > watcher.whole_since[room]}
        assert promised <= copy.keys()
    else:
        # A later event on the same connection shows that it was not sent.
        other = await alice.create_room("another", "private", members=[watcher.client.user.id])
        await knows(watcher, {other.id})
        assert sent.seq not in copy
        await alice.delete_room(other.id)
        await knows(watcher, set())


async def is_told_to_be_out(socket: RawSocket, room: int) -> None:
    while True:
        event = await socket.next()
        if event.get("room") == room and (
            event["type"] == "error" or (event["type"] == "member" and "rank" not in event)
        ):
            return


@ANY_KIND
@IN_ROUNDS
async def test_who_subscribes_while_going_out_hears_what_a_stranger_may(
    server: Server, kind: Kind, rounds: int
) -> None:
    alice, bob = await newcomer(server.url), await newcomer(server.url)
    room = (await alice.create_room(f"leaving, {kind}", kind)).id
    at_alice = await RawSocket.greeted(server.socket_url, alice.token)
    at_bob = await RawSocket.greeted(server.socket_url, bob.token)
    for number in range(rounds):
        await alice.add_member(room, user_id(bob))
        await at_bob.expect("member", room=room, rank="member")
        going = asyncio.create_task(alice.remove_member(room, user_id(bob)))
        for ref in range(8):
            await at_bob.send(type="subscribe", room=room, ref=ref, **({"since": 0} if number % 2 else {}))
        await going
        await is_told_to_be_out(at_bob, room)
        answer = await at_bob.ask(type="subscribe", room=room, ref="after")
        assert answer["type"] == ("ack" if kind == "public" else "error")
        await at_alice.ask(type="typing_start", room=room)
        await at_alice.ask(type="message", room=room, content="a word")
        received = [event for event in await at_bob.until_quiet() if event.get("room") == room]
        assert {event["type"] for event in received} == ({"typing", "message"} if kind == "public" else set())
        await at_bob.ask(type="unsubscribe", room=room)
    for left in (alice, bob, at_alice, at_bob):
        await (left.close() if isinstance(left, RawSocket) else left.__aexit__())
