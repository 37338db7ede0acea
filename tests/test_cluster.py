"""Several servers on one PostgreSQL and one NATS behave like one."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import asyncpg
import pytest

from hubbub.chat.kept_shapes import Draft
from hubbub.client import Client
from hubbub.errors import Conflict, NotAuthenticated, Unavailable
from tests.cluster import Cluster
from tests.conftest import PASSWORD, user_id
from tests.nats import Nats
from tests.postgres import Postgres
from tests.raw import RawSocket
from tests.test_kept import in_seconds


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory, postgres: Postgres, nats: Nats) -> Iterator[Cluster]:
    running = Cluster(tmp_path_factory.mktemp("cluster"), postgres, nats.url)
    yield running
    running.stop()


Connect = Callable[..., Awaitable[RawSocket]]


@pytest.fixture
async def connect(cluster: Cluster) -> AsyncIterator[Connect]:
    """`await connect(client, at=2)`: a bare WebSocket of that user at that server, greeted."""
    opened: list[RawSocket] = []

    async def open_socket(client: Client, at: int) -> RawSocket:
        assert client.token is not None
        socket = await RawSocket.greeted(cluster.servers[at].socket_url, client.token)
        opened.append(socket)
        return socket

    yield open_socket
    for socket in opened:
        await socket.close()


async def test_what_is_said_at_one_server_is_heard_at_the_others(cluster: Cluster, connect: Connect) -> None:
    alice, bob = await cluster.person("alice"), await cluster.person("bob", at=1)
    room = await alice.create_room("everywhere", members=[user_id(bob)])
    at_home, elsewhere, far = await connect(alice, 0), await connect(bob, 1), await connect(bob, 2)
    await at_home.send(type="message", room=room.id, content="hello", ref=1)
    for socket in (at_home, elsewhere, far):
        assert (await socket.expect("message"))["content"] == "hello"
    await elsewhere.send(type="message", room=room.id, content="hello yourself", ref=1)
    for socket in (at_home, elsewhere, far):
        assert (await socket.expect("message"))["content"] == "hello yourself"
    await cluster.seen_from(bob, 2).react(room.id, 1, "👍")
    await alice.edit(room.id, 1, "hello, all")
    for socket in (at_home, elsewhere, far):
        assert (await socket.expect("reaction"))["emoji"] == "👍"
        assert (await socket.expect("message"))["content"] == "hello, all"
    await at_home.send(type="typing_start", room=room.id)
    for socket in (elsewhere, far):
        assert (await socket.expect("typing"))["on"] is True
    await at_home.send(type="typing_stop", room=room.id)
    for socket in (elsewhere, far):
        assert (await socket.expect("typing"))["on"] is False


async def test_many_write_at_all_servers_and_everybody_gets_one_order(cluster: Cluster, connect: Connect) -> None:
    people = [await cluster.person(f"writer{'xyz'[number]}", at=number) for number in range(3)]
    room = await people[0].create_room("busy", members=[user_id(person) for person in people[1:]])
    sockets = [await connect(person, number) for number, person in enumerate(people)]
    each = 60
    for number in range(each):
        for socket in sockets:
            await socket.send(type="message", room=room.id, content=f"m{number}", ref=number)
    orders = []
    for socket in sockets:
        received: list[dict] = []
        while len(received) < 3 * each:
            received.append(await socket.expect("message"))
        orders.append([(event["version"], event["seq"], event["sender"]["id"], event["content"]) for event in received])
    assert orders[0] == orders[1] == orders[2]
    assert [version for version, *_ in orders[0]] == list(range(room.version + 1, room.version + 1 + 3 * each))


async def test_who_is_added_or_removed_is_so_at_every_server(cluster: Cluster, connect: Connect) -> None:
    owner, guest = await cluster.person("owner"), await cluster.person("guest", at=1)
    there = await connect(guest, 2)
    room = await owner.create_room("invited")
    await owner.add_member(room.id, user_id(guest))
    assert (await there.expect("room"))["id"] == room.id
    await owner.send("welcome", room=room.id)
    assert (await there.expect("message"))["content"] == "welcome"
    await owner.remove_member(room.id, user_id(guest))
    gone = await there.expect("member")
    assert (gone["user"]["id"], gone.get("rank")) == (user_id(guest), None)
    await owner.send("without the guest", room=room.id)
    assert [event for event in await there.until_quiet() if event["type"] == "message"] == []


async def test_a_session_that_ends_is_over_at_every_server(cluster: Cluster, connect: Connect) -> None:
    carol = await cluster.person("carol")
    there = await connect(carol, 2)
    elsewhere = cluster.seen_from(carol, 1)
    await elsewhere.profile()
    await carol.sign_out()
    assert await there.closed() == 4401
    while await signed_in(elsewhere):
        pass


async def signed_in(client: Client) -> bool:
    try:
        await client.profile()
    except NotAuthenticated:
        return False
    return True


async def test_one_name_is_given_once_however_many_ask_at_once(cluster: Cluster) -> None:
    async def register(at: int) -> bool:
        client = Client(cluster.servers[at].url)
        try:
            await client.register("thesame", PASSWORD)
        except Conflict:
            return False
        return True

    assert sum(await asyncio.gather(*[register(number % 3) for number in range(12)])) == 1


async def test_two_who_write_to_each_other_first_have_one_room(cluster: Cluster) -> None:
    dave, erin = await cluster.person("dave"), await cluster.person("erin", at=1)
    sent = await asyncio.gather(
        *[dave.send(f"d{number}", to=user_id(erin)) for number in range(5)],
        *[erin.send(f"e{number}", to=user_id(dave)) for number in range(5)],
    )
    assert len({message.room for message in sent}) == 1
    assert sorted(message.seq for message in sent) == list(range(1, 11))


async def test_who_is_on_line_is_seen_at_every_server(cluster: Cluster, connect: Connect) -> None:
    frank, grace = await cluster.person("frank"), await cluster.person("grace", at=1)
    await frank.create_room("company", members=[user_id(grace)])
    watching = await connect(frank, 0)

    async def seen_as(status: str) -> None:
        """What nodes say of a person in the same moment can come in either order; what they agree on stays."""
        while True:
            event = await watching.expect("presence")
            if event["user"] == user_id(grace) and event["status"] == status:
                return

    one = await connect(grace, 1)
    await seen_as("online")
    assert [user.status for user in await frank.users("grace", online=True)] == ["online"]
    other = await connect(grace, 2)
    await one.send(type="presence", status="away")
    await other.send(type="presence", status="away")
    await seen_as("away")
    await other.send(type="presence", status="busy")
    await seen_as("busy")
    await one.send(type="presence", status="invisible")
    await seen_as("offline")
    await one.send(type="presence", status="online")
    await seen_as("online")
    await one.close()
    await other.close()
    await seen_as("offline")


async def test_threads_are_followed_and_read_wherever_one_is(cluster: Cluster, connect: Connect) -> None:
    lena, mike = await cluster.person("lena"), await cluster.person("mike", at=1)
    room = (await lena.create_room("thread", kind="private", members=[user_id(mike)])).id
    await lena.send("shall we?", room=room)
    at_first, at_second = await connect(lena, 1), await connect(lena, 2)
    reply = await mike.send("yes", room=room, thread=1)
    for socket in (at_first, at_second):
        got: dict[str, dict[str, Any]] = {}
        while not {"message", "thread"} <= got.keys():
            event = await socket.next()
            got[event["type"]] = event
        assert (got["message"]["thread"]["root"], got["message"]["thread"]["count"]) == (1, 1)
        assert (got["thread"]["root"], got["thread"]["following"]) == (1, True)
    await cluster.seen_from(lena, 0).mark_thread_read(room, 1, reply.seq)
    for socket in (at_first, at_second):
        assert (await socket.expect("thread"))["read_seq"] == reply.seq
    assert (await cluster.seen_from(lena, 2).threads(unread=True)).threads == []


async def test_what_is_kept_follows_from_server_to_server(cluster: Cluster) -> None:
    """Saved, pinned, drafted, reacted and scheduled, each at another server; of drafts the one typed last wins."""
    nina, otto = await cluster.person("nina"), await cluster.person("otto", at=1)
    room = (await nina.create_room("kept", kind="private", members=[user_id(otto)])).id
    await nina.send("tea at five", room=room)
    at_nodes = [cluster.seen_from(nina, at) for at in range(3)]
    device = await RawSocket.open(cluster.servers[2].socket_url, {"Authorization": f"Bearer {nina.token}"})
    await device.send(type="hello", stream={})
    await device.expect("stream")
    await at_nodes[0].save_message(room, 1, remind_at=in_seconds(1))
    await device.expect("entry", kind="saved")
    await otto.pin(room, 1)
    assert (await device.expect("message", seq=1))["pinned"] is True
    await otto.react(room, 1, "🎉")
    await device.expect("entry", kind="reaction")
    typed = [datetime.now(UTC) - timedelta(seconds=seconds) for seconds in range(12)]
    saves = [
        at_nodes[number % 3].save_draft(room, f"draft {number}", at=at.isoformat().replace("+00:00", "Z"))
        for number, at in enumerate(typed)
    ]
    answers = await asyncio.gather(*saves[::-1], return_exceptions=True)
    assert {type(answer) for answer in answers} <= {Draft, Conflict}
    for client in at_nodes:
        assert (await client.draft(room)).content == "draft 0"
    later = await asyncio.gather(
        *(at_nodes[number % 3].schedule(room, f"later {number}", in_seconds(2)) for number in range(12))
    )
    await at_nodes[1].drop_scheduled(later[0].id)
    while await at_nodes[0].scheduled():
        await device.expect("entry", kind="scheduled")
    while not any(event.get("kind") == "reminder" for event in device.seen):
        await device.next()
    page = await at_nodes[1].history(room, limit=50)
    sent = [message.content for message in page.messages if message.content.startswith("later")]
    assert sorted(sent) == sorted(f"later {number}" for number in range(1, 12))
    positions = [event["position"] for event in device.seen if event["type"] == "entry"]
    assert positions == sorted(set(positions))
    await device.close()


async def test_what_is_unread_is_exact_at_every_server(cluster: Cluster, connect: Connect) -> None:
    """Three people write to a room and its threads, and read, at three servers at once."""
    random = Random("unread")
    people = [await cluster.person(f"reader{'xyz'[number]}", at=number) for number in range(3)]
    room = (await people[0].create_room("counted", members=[user_id(person) for person in people[1:]])).id
    roots = [(await people[number].send(f"thread {number}", room=room)).seq for number in range(2)]
    sockets = [await connect(person, at) for at, person in enumerate(people)]

    async def take_part(client: Client) -> None:
        for number in range(25):
            root = random.choice([None, None, *roots])
            sent = await client.send(
                f"{number}", room=room, thread=root, also_in_room=root is not None and number % 3 == 0
            )
            if number % 5 == 0:
                await client.delete(room, sent.seq)
            if number % 7 == 0:
                await client.mark_read(room, random.randint(1, sent.seq))
            if root is not None and number % 4 == 0:
                await client.mark_thread_read(room, root, sent.seq)

    await asyncio.gather(*(take_part(person) for person in people))
    stored = (await people[0].history(room, limit=200)).messages
    head = (await people[0].room(room)).version
    for socket in sockets:
        while max(event.get("version", 0) for event in socket.seen) < head:
            await socket.next()
        versions = [event["version"] for event in socket.seen if event["type"] == "message"]
        assert versions == sorted(set(versions))
    for person in people:
        for at in range(3):
            client = cluster.seen_from(person, at)
            me = (await client.room(room)).me
            shown = [one for one in stored if one.thread is None or one.thread.root is None or one.thread.also_in_room]
            assert me.unread == sum(one.seq > me.read_seq and not one.deleted for one in shown)
            listed = await client.threads()
            for one in listed.threads:
                replies = [reply for reply in stored if reply.root == one.root.seq and not reply.deleted]
                assert one.root.thread.count == len(replies)
                assert one.me.unread == sum(reply.seq > one.me.read_seq for reply in replies)
            assert listed.unread == sum(one.me.unread > 0 for one in listed.threads)
            assert len(listed.threads) == len(roots)


async def test_an_inbox_is_followed_wherever_it_is_written_to(cluster: Cluster) -> None:
    heidi, ivan = await cluster.person("heidi"), await cluster.person("ivan", at=1)
    headers = {"Authorization": f"Bearer {ivan.token}"}
    inbox = await RawSocket.open(cluster.servers[2].socket_url.replace("/ws", "/messages/subscribe"), headers)
    judy = await cluster.person("judy", at=2)
    for number in range(3):
        for writer in (heidi, judy):
            await writer.send(f"{writer.user.username} {number}", to=user_id(ivan))
            while f"{writer.user.username} {number}" not in str(await inbox.next()):
                pass
    await inbox.close()


async def test_a_room_that_another_server_holds_holds_up_no_other(cluster: Cluster) -> None:
    mallory, oscar = await cluster.person("mallory"), await cluster.person("oscar")
    held, free = await mallory.create_room("held"), await oscar.create_room("free")
    hanging = await asyncpg.connect(cluster.database)
    async with hanging.transaction():
        await hanging.execute("SELECT id FROM rooms WHERE id = $1 FOR UPDATE", held.id)
        sends = [asyncio.create_task(mallory.send(f"m{number}", room=held.id)) for number in range(10)]
        await asyncio.gather(*[oscar.send(f"o{number}", room=free.id) for number in range(10)])
        results = await asyncio.gather(*sends, return_exceptions=True)
        assert {type(result) for result in results} == {Unavailable}
    await hanging.close()
    assert (await mallory.send("after all", room=held.id)).seq == 1
