"""Threads over REST, `/ws` and the Python client: what clients send and receive."""

import pytest

from hubbub.chat.events import MessageEvent, ThreadEvent
from hubbub.chat.thread_shapes import ThreadReader
from hubbub.client import Client
from hubbub.errors import InvalidInput, NotAllowed, NotFound
from tests.conftest import People, user_id
from tests.http import HttpClient
from tests.raw import RawSocket
from tests.server import Server


async def started(people: People) -> tuple[Client, Client, int]:
    """Alice and bob in a private room in which alice has asked something."""
    alice, bob = await people(2)
    room = await alice.create_room(kind="private", name="plans", members=[user_id(bob)])
    await alice.send("shall we?", room=room.id)
    await bob.mark_read(room.id, 1)
    return alice, bob, room.id


async def test_a_thread_from_its_first_reply_to_its_end(people: People) -> None:
    alice, bob, room = await started(people)
    first = await bob.send("yes", room=room, thread=1)
    assert first.thread is not None
    assert (first.root, first.thread.count, first.thread.people) == (1, 1, [user_id(bob)])
    assert (await alice.room(room)).me.unread == 0
    (followed,) = (await alice.threads()).threads
    assert (followed.room, followed.root.content, followed.me.unread) == (room, "shall we?", 1)
    assert followed.root.thread == (await alice.thread(room, 1)).root.thread
    assert await alice.mark_thread_read(room, 1, 2) == ThreadReader(True, 2, 0, 0)
    assert (await alice.threads(unread=True)).threads == []
    second = await alice.send("then let us", room=room, thread=1, also_in_room=True)
    assert [m.seq for m in (await bob.history(room)).messages] == [1, 2, 3]
    assert [m.seq for m in (await bob.history(room, threads="apart")).messages] == [1, 3]
    assert (await bob.room(room)).me.unread == 1
    page = await bob.thread(room, 1)
    assert ([m.content for m in page.messages], page.me) == (["yes", "then let us"], ThreadReader(True, 2, 1, 0))
    assert not (await bob.follow_thread(room, 1, follow=False)).following
    assert (await bob.threads()).threads == []
    assert (await bob.follow_thread(room, 1)) == ThreadReader(True, second.seq, 0, 0)
    # A quote is something else, and goes with a thread.
    quoting = await bob.send("this", room=room, thread=1, reply_to=2)
    assert (quoting.reply_to, quoting.root) == (2, 1)
    assert [m.seq for m in (await bob.replies(room, 2)).messages] == [quoting.seq]


async def test_replies_come_live_with_the_counts_of_their_thread(people: People, sockets) -> None:
    alice, bob, room = await started(people)
    at_alice, at_bob, beside = await sockets(alice), await sockets(bob), await sockets(bob)
    ack = await at_bob.ask(type="message", room=room, content="yes", thread=1)
    assert (ack["type"], ack["seq"]) == ("ack", 2)
    received = await at_alice.expect("message")
    counts = {"count": 1, "last": 2, "last_at": received["at"], "people": [user_id(bob)]}
    assert received["thread"] == {"root": 1, **counts}
    await at_alice.until_quiet()
    assert [event for event in at_alice.seen if event["type"] == "thread"] == [
        {"type": "thread", "room": room, "user": user_id(alice), "root": 1, "following": True, "read_seq": 1}
    ]
    await at_bob.ask(type="message", room=room, content="and here", thread=1, also_in_room=True)
    assert (await at_alice.expect("message"))["thread"]["also_in_room"]
    await bob.delete(room, 2)
    gone = await at_alice.expect("message")
    assert (gone["deleted"], gone["thread"]["count"], gone["thread"]["root"]) == (True, 1, 1)
    # Reading and following reach the user's other connections, and nobody else.
    await at_alice.until_quiet()
    assert (await at_bob.ask(type="follow", room=room, thread=1, on=False))["type"] == "ack"
    assert (await beside.expect("thread", following=False))["root"] == 1
    assert (await at_bob.ask(type="follow", room=room, thread=1))["seq"] == 3
    await beside.expect("thread", following=True)
    await alice.send("one more", room=room, thread=1)
    assert (await at_bob.ask(type="read", room=room, thread=1, seq=4))["seq"] == 4
    await beside.expect("thread", read_seq=4)
    assert [event for event in await at_alice.until_quiet() if event["type"] in ("thread", "read")] == []
    assert (await bob.room(room)).me.read_seq == 3


async def test_who_resumes_has_the_counts_of_threads_that_went_on(people: People, server: Server) -> None:
    alice, bob, room = await started(people)
    version = (await alice.room(room)).version
    for text in ("one", "two", "three"):
        await bob.send(text, room=room, thread=1)
    await bob.delete(room, 3)
    changed = await alice.changes(room, version)
    assert [(m.seq, m.deleted, m.thread.root, m.thread.count, m.thread.last) for m in changed.messages] == [
        (2, False, 1, 2, 4),
        (4, False, 1, 2, 4),
        (3, True, 1, 2, 4),
    ]
    socket = await RawSocket.open(server.socket_url, {"Authorization": f"Bearer {alice.token}"})
    await socket.send(type="hello", since={room: version})
    last = [await socket.expect("message") for _ in range(3)][-1]
    assert {name: last["thread"][name] for name in ("root", "count", "last")} == {"root": 1, "count": 2, "last": 4}
    await socket.close()


async def test_the_live_client_of_python_has_threads(people: People) -> None:
    alice, bob, room = await started(people)
    async with alice.live() as at_alice, bob.live() as at_bob:
        await at_alice.ready()
        await (await at_bob.ready()).send("yes", room=room, thread=1)
        seen = []
        async for event in at_alice:
            seen += [event] if isinstance(event, MessageEvent | ThreadEvent) else []
            if len(seen) == 2:
                break
    assert {(type(event), event.root) for event in seen} == {(MessageEvent, 1), (ThreadEvent, 1)}


@pytest.mark.parametrize(
    ("body", "field", "code"),
    [
        ({"thread": 2}, "thread", "not_possible"),
        ({"thread": 99}, "thread", "no_such"),
        ({"thread": 0}, "thread", "too_small"),
        ({"thread": "1"}, "thread", "wrong_type"),
        ({"also_in_room": True}, "also_in_room", "not_possible"),
        ({"also_in_room": 1, "thread": 1}, "also_in_room", "wrong_type"),
    ],
)
async def test_bad_replies_are_refused_and_say_why(people: People, server: Server, body, field: str, code: str) -> None:
    alice, bob, room = await started(people)
    await bob.send("yes", room=room, thread=1)
    http = HttpClient(base_url=server.url, headers={"Authorization": f"Bearer {alice.token}"})
    answer = await http.post(f"/api/rooms/{room}/messages", json={"content": "hello", **body})
    (error,) = answer.json()["errors"]
    assert (answer.status_code, error["field"], error["code"]) == (400, field, code)
    assert error.get("params") == {"root": 1} if code == "not_possible" and field == "thread" else True
    socket = await RawSocket.greeted(server.socket_url, alice.token)
    refused = await socket.ask(type="message", room=room, content="hello", **body)
    assert (refused["code"], refused["errors"][0]["code"]) == ("invalid_input", code)
    await socket.close()
    await http.aclose()
    assert (await alice.room(room)).seq == 2


async def test_what_is_asked_of_no_thread_is_refused(people: People, server: Server) -> None:
    alice, bob, room = await started(people)
    (carol,) = await people(1)
    await bob.send("yes", room=room, thread=1)
    for client, root, reason in ((alice, 2, "is_reply"), (alice, 9, "no_message"), (carol, 1, "no_room")):
        for work in (
            client.thread(room, root),
            client.follow_thread(room, root),
            client.mark_thread_read(room, root, 1),
        ):
            with pytest.raises(NotFound) as gone:
                await work
            assert gone.value.reason == reason
    with pytest.raises(InvalidInput, match="last message is 2"):
        await alice.mark_thread_read(room, 1, 3)
    for after in ("", "1-2", "1-2-3-4", "x", "-1-2-3", "9" * 20 + "-1-1", "1-2-3\n"):
        with pytest.raises(InvalidInput):
            await alice.threads(after=after)
    with pytest.raises(InvalidInput):
        await alice.history(room, threads="beside")  # type: ignore[arg-type]
    assert (await alice.threads(after="0-0-0")).threads == []
    square = await alice.create_room(f"square of {alice.user.username}")
    await alice.send("all", room=square.id)
    await carol.send("me too", room=square.id, thread=1)
    assert (await carol.thread(square.id, 1)).me is None
    with pytest.raises(NotAllowed):
        await carol.follow_thread(square.id, 1)


async def test_the_list_of_threads_comes_by_pages(people: People) -> None:
    alice, bob, room = await started(people)
    for number in range(2, 8):
        await alice.send(f"and {number}?", room=room)
    for root in range(1, 8):
        await bob.send("yes", room=room, thread=root)
    seen: list[int] = []
    page = await alice.threads(limit=3)
    while True:
        seen += [one.root.seq for one in page.threads]
        if page.next is None:
            break
        page = await alice.threads(limit=3, after=page.next)
    assert seen == [7, 6, 5, 4, 3, 2, 1]
