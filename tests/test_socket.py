"""The socket: every frame, every close code, every limit of the protocol."""

import asyncio
import json
import socket as tcp
import struct
from contextlib import suppress
from pathlib import Path

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.frames import Frame, Opcode

from tests.conftest import MakeServer, newcomer, user_id
from tests.http import HttpClient
from tests.raw import PATIENCE, RawSocket

pytestmark = pytest.mark.long_on_postgresql


@pytest.fixture
async def room(people):
    """Alice and Bob, and a public room of theirs."""
    alice, bob = await people(2)
    made = await alice.create_room(f"room of {alice.user.username}")
    await bob.join(made.id)
    return alice, bob, made.id


# Greeting


async def test_hello_with_a_token_is_answered_by_connect(people, sockets) -> None:
    (alice,) = await people(1)
    made = await alice.create_room(f"hello {alice.user.username}")
    socket = await sockets(None, greet=False)
    await socket.send(type="hello", token=alice.token)
    connect = await socket.expect("connect")
    assert connect["user"]["username"] == alice.user.username
    assert connect["session"] == alice.session
    assert [found["id"] for found in connect["rooms"]] == [made.id]
    assert connect["limits"]["message_length"] == 10_000
    assert connect["limits"]["large_room"] == 500


async def test_a_client_known_by_its_handshake_is_greeted_even_if_it_says_nothing(people, sockets) -> None:
    (alice,) = await people(1)
    socket = await sockets(alice, greet=False)
    assert (await socket.next())["type"] == "connect"


async def test_a_ticket_opens_one_socket_once(people, server) -> None:
    (alice,) = await people(1)
    ticket = await alice.ticket()
    socket = await RawSocket.open(f"{server.socket_url}?ticket={ticket}")
    await socket.send(type="hello")
    assert (await socket.expect("connect"))["user"]["id"] == user_id(alice)
    await socket.close()
    again = await RawSocket.open(f"{server.socket_url}?ticket={ticket}")
    assert await again.closed() == 4401
    assert ticket not in server.log


async def test_the_subprotocol_is_taken_when_offered(people, server) -> None:
    (alice,) = await people(1)
    socket = await RawSocket.open(
        server.socket_url, {"Authorization": f"Bearer {alice.token}"}, subprotocols=["other", "hubbub.v1"]
    )
    assert socket.connection.subprotocol == "hubbub.v1"
    await socket.close()


# Frames


async def test_message_edit_reaction_delete(room, sockets) -> None:
    alice, bob, number = room
    at_alice, at_bob = await sockets(alice), await sockets(bob)
    ack = await at_alice.ask(type="message", room=number, content="one", key="k")
    assert (ack["type"], ack["seq"]) == ("ack", 1)
    got = await at_bob.expect("message", seq=1)
    assert got["content"] == "one"
    assert got["version"] == ack["version"]
    assert got["at"] == ack["at"]
    assert got["sender"]["id"] == user_id(alice)
    assert "edited_at" not in got
    again = await at_alice.ask(type="message", room=number, content="one", key="k")
    assert again["seq"] == 1
    await at_alice.ask(type="edit", room=number, seq=1, content="two")
    edited = await at_bob.expect("message", seq=1)
    assert (edited["content"], edited["version"]) == ("two", ack["version"] + 1)
    await at_bob.ask(type="reaction", room=number, seq=1, emoji="👍", op="add")
    reaction = await at_alice.expect("reaction")
    assert reaction == {
        "type": "reaction", "room": number, "seq": 1, "version": ack["version"] + 2, "user": user_id(bob),
        "emoji": "👍", "op": "add",
    }  # fmt: skip
    await at_alice.ask(type="delete", room=number, seq=1)
    deleted = await at_bob.expect("message", seq=1)
    assert deleted["deleted"] is True
    assert deleted["content"] == ""
    assert deleted["reactions"] == []


async def test_join_and_leave(people, sockets) -> None:
    alice, bob = await people(2)
    made = await alice.create_room(f"doors {alice.user.username}")
    at_alice, at_bob = await sockets(alice), await sockets(bob)
    assert (await at_bob.ask(type="join_room", room=made.id))["type"] == "ack"
    member = await at_alice.expect("member", room=made.id)
    assert (member["user"]["id"], member["rank"]) == (user_id(bob), "member")
    assert member["user"]["status"] == "online"
    await at_alice.ask(type="message", room=made.id, content="welcome")
    assert (await at_bob.expect("message"))["content"] == "welcome"
    assert (await at_bob.ask(type="leave_room", room=made.id))["type"] == "ack"
    gone = await at_alice.expect("member", room=made.id)
    assert "rank" not in gone
    await at_alice.ask(type="message", room=made.id, content="he is gone")
    assert [event for event in await at_bob.until_quiet() if event["type"] == "message"] == []


async def test_subscribe_hears_a_public_room_without_joining(room, people, sockets) -> None:
    alice, _, number = room
    (carol,) = await people(1)
    at_alice, at_carol = await sockets(alice), await sockets(carol)
    await at_alice.ask(type="message", room=number, content="before")
    assert (await at_carol.ask(type="subscribe", room=number, since=0))["type"] == "ack"
    before = at_carol.seen
    assert [e["content"] for e in before if e["type"] == "message"] == ["before"]
    assert [e["type"] for e in before if e["type"] in ("synced", "room")] == ["room", "synced"]
    await at_alice.ask(type="message", room=number, content="after")
    assert (await at_carol.expect("message"))["content"] == "after"
    await at_carol.ask(type="unsubscribe", room=number)
    await at_alice.ask(type="message", room=number, content="unheard")
    assert [e for e in await at_carol.until_quiet() if e["type"] == "message"] == []


async def test_typing_is_told_to_others_and_ends_with_the_message(room, sockets) -> None:
    alice, bob, number = room
    at_alice, at_bob = await sockets(alice), await sockets(bob)
    await at_alice.send(type="typing_start", room=number)
    assert await at_bob.expect("typing") == {"type": "typing", "room": number, "user": user_id(alice), "on": True}
    await at_alice.ask(type="message", room=number, content="done")
    assert (await at_bob.expect("typing"))["on"] is False
    assert [e for e in at_alice.seen if e["type"] == "typing"] == []


async def test_typing_expires_by_itself(room, sockets) -> None:
    alice, bob, number = room
    at_alice, at_bob = await sockets(alice), await sockets(bob)
    await at_alice.send(type="typing_start", room=number)
    await at_bob.expect("typing", on=True)
    await at_bob.expect("typing", on=False)


async def test_presence_goes_to_those_who_share_a_room(room, people, sockets) -> None:
    alice, bob, _ = room
    (stranger,) = await people(1)
    at_bob, at_stranger = await sockets(bob), await sockets(stranger)
    at_alice = await sockets(alice)
    assert (await at_bob.expect("presence", user=user_id(alice)))["status"] == "online"
    for status, seen in (("away", "away"), ("busy", "busy"), ("invisible", "offline"), ("online", "online")):
        assert (await at_alice.ask(type="presence", status=status))["type"] == "ack"
        assert (await at_bob.expect("presence", user=user_id(alice)))["status"] == seen
    assert alice.user.id in [user.id for user in await bob.users(online=True, limit=200)]
    await at_alice.close()
    offline = await at_bob.expect("presence", user=user_id(alice))
    assert offline["status"] == "offline"
    assert offline["last_seen"]
    assert [e for e in await at_stranger.until_quiet() if e.get("user") == user_id(alice)] == []


async def test_invisible_stays_so_on_the_next_connection(room, sockets) -> None:
    alice, bob, number = room
    at_alice = await sockets(alice)
    await at_alice.ask(type="presence", status="invisible")
    await at_alice.close()
    at_bob = await sockets(bob)
    again = await sockets(alice)
    await again.ask(type="message", room=number, content="here I am")
    await at_bob.expect("message")
    # Alice sees herself as others do; nobody was informed of her connection.
    assert (await bob.users(alice.user.username))[0].status == "offline"
    assert [e for e in at_bob.seen if e["type"] == "presence" and e["user"] == user_id(alice)] == []


async def test_read_markers_are_told(room, sockets) -> None:
    alice, bob, number = room
    at_alice, at_bob = await sockets(alice), await sockets(bob)
    await at_alice.ask(type="message", room=number, content="read me")
    assert (await at_bob.ask(type="read", room=number, seq=1))["seq"] == 1
    assert await at_alice.expect("read") == {"type": "read", "room": number, "user": user_id(bob), "seq": 1}


async def test_ping_is_answered(room, sockets) -> None:
    alice, _, _ = room
    socket = await sockets(alice)
    assert await socket.ask(type="ping", ref="now") == {"type": "pong", "ref": "now"}
    pong = await socket.connection.ping()
    await asyncio.wait_for(pong, 30)


# Resuming


async def test_resume_gives_what_changed_once_and_then_live(room, sockets) -> None:
    alice, bob, number = room
    for text in ("one", "two", "three"):
        await alice.send(text, room=number)
    held = (await bob.room(number)).version
    await alice.edit(number, 1, "one, edited")
    await alice.delete(number, 2)
    await alice.send("four", room=number)
    await bob.react(number, 3, "🎉")
    head = (await bob.room(number)).version
    socket = await sockets(bob, greet=False)
    await socket.send(type="hello", since={str(number): held})
    await socket.expect("synced")
    changed = [(e["seq"], e["content"], e["version"]) for e in socket.seen if e["type"] == "message"]
    assert changed == [(1, "one, edited", held + 1), (2, "", held + 2), (4, "four", held + 3), (3, "three", head)]
    assert socket.seen[-1] == {"type": "synced", "room": number, "version": head}
    assert socket.seen[-2]["type"] == "room"
    await alice.send("five", room=number)
    assert (await socket.expect("message"))["version"] == head + 1


async def test_resume_tells_of_members(room, people, sockets) -> None:
    alice, bob, number = room
    (carol,) = await people(1)
    held = (await alice.room(number)).version
    await carol.join(number)
    await bob.remove_member(number, user_id(bob))
    socket = await sockets(alice, greet=False)
    await socket.send(type="hello", since={str(number): held})
    await socket.expect("synced")
    got = [(e["user"]["id"], e.get("rank")) for e in socket.seen if e["type"] == "member"]
    assert got == [(user_id(carol), "member"), (user_id(bob), None)]


async def test_resync_when_too_much_changed(make_server: MakeServer) -> None:
    server = make_server("rate_limits=off", "resync_after=5")
    alice = await newcomer(server.url, "alice")
    made = await alice.create_room("busy")
    for number in range(7):
        await alice.send(f"m{number}", room=made.id)
    head = (await alice.room(made.id)).version
    socket = await RawSocket.open(server.socket_url, {"Authorization": f"Bearer {alice.token}"})
    await socket.send(type="hello", since={str(made.id): 1})
    assert await socket.expect("resync") == {"type": "resync", "room": made.id, "version": head}
    assert [e for e in socket.seen if e["type"] in ("message", "synced")] == []
    await alice.send("live", room=made.id)
    assert (await socket.expect("message"))["content"] == "live"
    await socket.close()
    await alice.__aexit__()


async def test_resuming_a_room_one_may_not_see_any_more(people, sockets) -> None:
    alice, bob = await people(2)
    made = await alice.create_room(kind="private", members=[user_id(bob)])
    await alice.remove_member(made.id, user_id(bob))
    await alice.send("not for bob", room=made.id)
    socket = await sockets(bob, greet=False)
    await socket.send(type="hello", since={str(made.id): 1})
    refused = await socket.expect("error")
    assert (refused["code"], refused["room"]) == ("not_found", made.id)
    assert [e for e in await socket.until_quiet() if e["type"] == "message"] == []


async def test_resuming_while_others_write_misses_and_doubles_nothing(room, sockets) -> None:
    alice, bob, number = room
    at_alice = await sockets(alice)
    stop = asyncio.Event()

    async def write() -> int:
        count = 0
        while not stop.is_set():
            count += 1
            await at_alice.ask(type="message", room=number, content=f"m{count}")
        return count

    held = (await bob.room(number)).version
    writing = asyncio.create_task(write())
    heard: list[int] = []
    for _ in range(15):
        socket = await sockets(bob, greet=False)
        await socket.send(type="hello", since={str(number): held})
        while len([e for e in socket.seen if e["type"] == "message"]) < 20:
            await socket.next()
        versions = [e["version"] for e in socket.seen if e["type"] == "message"]
        heard += versions
        held = versions[-1]
        socket.connection.transport.abort()
    stop.set()
    await writing
    assert heard == list(range(heard[0], heard[0] + len(heard)))


async def test_a_room_turned_private_falls_silent_for_those_outside(room, people, sockets) -> None:
    alice, bob, number = room
    (carol,) = await people(1)
    at_bob, at_carol = await sockets(bob), await sockets(carol)
    await at_carol.ask(type="subscribe", room=number)
    await alice.change_room(number, kind="private", topic="secret plans")
    refused = await at_carol.expect("error", room=number)
    assert refused["code"] == "not_found"
    await alice.send("among us", room=number)
    assert (await at_bob.expect("message"))["content"] == "among us"
    assert [e for e in await at_carol.until_quiet() if e.get("room", e.get("id")) == number] == []
    assert "secret plans" not in str(at_carol.seen)


async def test_a_removed_member_hears_of_the_removal_and_nothing_more(room, sockets) -> None:
    alice, bob, number = room
    at_bob = await sockets(bob)
    await alice.remove_member(number, user_id(bob))
    gone = await at_bob.expect("member", room=number)
    assert (gone["user"]["id"], gone.get("rank")) == (user_id(bob), None)
    await alice.send("without him", room=number)
    await alice.change_room(number, topic="without him")
    assert [e for e in await at_bob.until_quiet() if e["type"] in ("message", "room")] == []


async def test_a_deleted_room_is_told_and_gone(room, sockets) -> None:
    alice, bob, number = room
    await alice.send("something", room=number)
    at_bob = await sockets(bob)
    await alice.delete_room(number)
    assert (await at_bob.expect("room", id=number))["deleted"] is True
    assert (await at_bob.ask(type="message", room=number, content="hello?"))["code"] == "not_found"


async def test_a_new_member_is_told_the_room_first(people, sockets) -> None:
    alice, bob = await people(2)
    at_bob = await sockets(bob)
    made = await alice.create_room("ours", kind="private", members=[user_id(bob)])
    got = await at_bob.expect("room", id=made.id)
    assert (got["name"], "me" in got) == ("ours", False)
    assert (await at_bob.next())["type"] == "member"
    await alice.send("hello", room=made.id)
    assert [(await at_bob.next())["kind"] for _ in range(2)] == ["created", "added"]
    assert (await at_bob.expect("message"))["version"] == got["version"] + 4


# Large rooms


async def test_a_large_room_tells_a_count_and_no_names(make_server: MakeServer) -> None:
    server = make_server("rate_limits=off", "large_room=3")
    clients = [await newcomer(server.url) for _ in range(5)]
    alice, bob = clients[:2]
    made = await alice.create_room("crowd", members=[user_id(client) for client in clients[1:4]])
    at_alice = await RawSocket.open(server.socket_url, {"Authorization": f"Bearer {alice.token}"})
    at_bob = await RawSocket.open(server.socket_url, {"Authorization": f"Bearer {bob.token}"})
    for socket in (at_alice, at_bob):
        await socket.send(type="hello")
        await socket.expect("connect")
    await at_bob.send(type="typing_start", room=made.id)
    await at_alice.expect("activity", room=made.id, online=2, typing=1)
    await clients[4].join(made.id)
    await at_bob.ask(type="read", room=made.id, seq=0)
    summary = await at_alice.expect("room")
    assert summary["member_count"] == 5
    await at_bob.ask(type="message", room=made.id, content="hello crowd")
    await at_alice.expect("message")
    # Invisible users are not counted; a new subscriber gets the counts though nothing changes.
    await at_bob.ask(type="presence", status="invisible")
    await at_alice.expect("activity", online=1, typing=0)
    assert alice.token is not None
    again = await RawSocket.greeted(server.socket_url, alice.token)
    await again.expect("activity", online=1)
    # Except for her own read markers and deliveries on her other devices.
    got = {e["type"] for e in at_alice.seen if e.get("user") != user_id(alice)}
    assert got == {"connect", "room", "message", "activity"}
    # The room shrinks: events name users again.
    for client in clients[2:4]:
        await client.remove_member(made.id, user_id(client))
    await again.expect("activity", online=0, typing=0)
    # Invisible users cause no events of this kind either.
    await at_bob.ask(type="presence", status="online")
    await at_bob.send(type="typing_start", room=made.id)
    await again.expect("typing", user=user_id(bob), on=True)
    for client in clients:
        await client.__aexit__()


# Close codes and limits


async def test_4400_after_five_bad_frames(people, sockets) -> None:
    (alice,) = await people(1)
    socket = await sockets(alice)
    for text in ("nope", "[]", '{"type":"nonsense"}', '{"type":"message","room":"x"}', '{"no":"type"}'):
        await socket.send_text(text)
    assert await socket.closed() == 4400
    errors = [event for event in socket.seen if event["type"] == "error"]
    assert [error["code"] for error in errors] == ["invalid_input"] * 5
    assert socket.seen[-1]["type"] == "disconnect"
    assert socket.seen[-1]["code"] == 4400


async def test_4401_without_a_hello_in_time(sockets) -> None:
    socket = await sockets(None, greet=False)
    assert await socket.closed() == 4401
    assert socket.seen[-1]["type"] == "disconnect"


async def test_4401_for_a_bad_token_in_hello(sockets) -> None:
    socket = await sockets(None, greet=False)
    await socket.send(type="hello", token="nonsense", ref=1)
    assert await socket.closed() == 4401
    assert socket.seen[0]["code"] == "not_authenticated"


async def test_401_for_a_bad_token_in_the_handshake(server) -> None:
    with pytest.raises(InvalidStatus) as refused:
        await RawSocket.open(server.socket_url, {"Authorization": "Bearer nonsense"})
    assert refused.value.response.status_code == 401


async def test_4401_for_a_frame_before_hello(sockets) -> None:
    socket = await sockets(None, greet=False)
    await socket.send(type="message", room=1, content="hi", ref=1)
    assert await socket.closed() == 4401
    assert (socket.seen[0]["code"], socket.seen[0]["ref"]) == ("not_authenticated", 1)


async def test_1009_for_a_frame_over_the_limit(people, sockets) -> None:
    (alice,) = await people(1)
    within = await sockets(alice)
    refused = await within.ask(type="message", room=1, content="x" * 131_000)
    assert refused["code"] == "invalid_input"
    over = await sockets(alice)
    await over.send(type="message", room=1, content="x" * 131_072)
    assert await over.closed() == 1009


async def test_the_longest_message_fits_however_it_is_written(people, sockets) -> None:
    """10,000 characters outside the basic plane, escaped in JSON: twelve bytes each."""
    (alice,) = await people(1)
    room = (await alice.create_room(f"long {alice.user.username}")).id
    text = "😀" * 10_000
    socket = await sockets(alice)
    headers = {"Authorization": f"Bearer {alice.token}", "Content-Type": "application/json"}
    async with HttpClient(base_url=alice.url, headers=headers) as http:
        body = json.dumps({"content": text, "key": "k" * 64})
        assert len(body) > 120_000
        sent = await http.post(f"/api/rooms/{room}/messages", content=body)
        assert sent.status_code == 201
        edited = await http.patch(f"/api/rooms/{room}/messages/1", content=json.dumps({"content": text[1:] + "x"}))
        assert edited.status_code == 200
        longer = await http.post(f"/api/rooms/{room}/messages", content=json.dumps({"content": text + "x"}))
        assert (longer.status_code, longer.json()["errors"][0]["field"]) == (400, "content")
    frame = json.dumps({"type": "message", "room": room, "content": text, "key": "l" * 64, "ref": "long"})
    await socket.send_text(frame)
    assert (await socket.expect("ack", ref="long"))["seq"] == 2
    assert [len(message.content) for message in (await alice.history(room)).messages] == [10_000, 10_000]


async def test_1009_for_fragments_over_the_limit(people, sockets) -> None:
    (alice,) = await people(1)
    socket = await sockets(alice)

    async def endless():
        for _ in range(200):
            yield "x" * 1000

    with suppress(ConnectionClosed):
        await socket.connection.send(endless())
    assert await socket.closed() == 1009


async def test_a_fragmented_message_is_put_together(room, sockets) -> None:
    alice, _, number = room
    socket = await sockets(alice)
    text = json.dumps({"type": "message", "room": number, "content": "in parts ✂", "ref": 9}, ensure_ascii=False)
    await socket.connection.send(iter([text[:10], text[10:30], text[30:]]))
    assert (await socket.expect("ack"))["ref"] == 9


async def test_1007_for_text_that_is_not_utf8(people, sockets) -> None:
    (alice,) = await people(1)
    socket = await sockets(alice)
    frame = Frame(Opcode.TEXT, b'{"type":"\xff"}').serialize(mask=True)
    socket.connection.transport.write(frame)
    assert await socket.closed() == 1007


async def test_binary_frames_are_refused(people, sockets) -> None:
    (alice,) = await people(1)
    socket = await sockets(alice)
    await socket.connection.send(b"\x00\x01")
    assert (await socket.expect("error"))["code"] == "invalid_input"


async def test_4429_for_a_flood(make_server: MakeServer) -> None:
    server = make_server("frames_per_second=50", "frame_burst=100")
    alice = await newcomer(server.url, "alice")
    socket = await RawSocket.open(server.socket_url, {"Authorization": f"Bearer {alice.token}"})
    await socket.send(type="hello")
    await socket.expect("connect")
    frames = b"".join(Frame(Opcode.TEXT, b'{"type":"ping"}').serialize(mask=True) for _ in range(400))
    socket.connection.transport.write(frames)
    assert await socket.closed() == 4429
    answers = [event["type"] for event in socket.seen]
    assert answers.count("pong") >= 99
    limited = [event for event in socket.seen if event["type"] == "error"]
    assert {event["code"] for event in limited} == {"rate_limited"}
    assert len(limited) == 100
    await alice.__aexit__()


async def test_4408_for_a_client_that_does_not_read_and_nobody_else_waits(make_server: MakeServer) -> None:
    server = make_server("rate_limits=off", "waiting_bytes=65536")
    alice, bob, stalled = [await newcomer(server.url) for _ in range(3)]
    made = await alice.create_room("slow", members=[user_id(bob), user_id(stalled)])
    at_alice = await RawSocket.open(server.socket_url, {"Authorization": f"Bearer {alice.token}"})
    at_bob = await RawSocket.open(server.socket_url, {"Authorization": f"Bearer {bob.token}"})
    for socket in (at_alice, at_bob):
        await socket.send(type="hello")
    silent = tcp.create_connection(("127.0.0.1", server.port))
    silent.setsockopt(tcp.SOL_SOCKET, tcp.SO_RCVBUF, 4096)
    silent.sendall(_handshake(server.port, stalled.token) + _client_frame({"type": "hello"}))
    await at_alice.expect("connect")

    async def read_all(socket: RawSocket, number: int) -> None:
        for _ in range(number):
            await socket.expect("message")

    total = 0
    while '"code": 4408' not in server.log and total < 60_000:
        sends = 200
        reading = asyncio.gather(read_all(at_bob, sends))
        for _ in range(sends):
            await at_alice.send(type="message", room=made.id, content="x" * 1000)
        await read_all(at_alice, sends)
        await reading
        total += sends
    # Bob, who reads, received everything; the other client was closed.
    assert '"code": 4408' in server.log
    silent.close()
    for client in (alice, bob, stalled):
        await client.__aexit__()


async def test_a_socket_is_closed_when_what_was_missed_cannot_be_read(make_server: MakeServer) -> None:
    """Otherwise it would receive no more events of that room. The client resumes on its next connection."""
    server = make_server("rate_limits=off")
    alice = await newcomer(server.url)
    room = (await alice.create_room("room")).id
    await alice.send("missed", room=room)
    # So that the replay cache does not have it.
    await asyncio.to_thread(server.terminate)
    await asyncio.to_thread(server.start)
    server.sql("ALTER TABLE messages RENAME TO lost")
    cut_off = await RawSocket.open(server.socket_url)
    await cut_off.send(type="hello", token=alice.token, since={room: 1})
    # A temporary failure of the database; to PostgreSQL a missing table is a fault of the server.
    assert await cut_off.closed() in (1013, 1011)
    server.sql("ALTER TABLE lost RENAME TO messages")
    again = await RawSocket.open(server.socket_url)
    await again.send(type="hello", token=alice.token, since={room: 1})
    assert (await again.expect("message"))["content"] == "missed"
    await again.expect("synced")
    await again.close()
    await alice.__aexit__()


async def test_a_second_hello_that_cannot_be_answered_closes_the_socket(make_server: MakeServer) -> None:
    """Otherwise joins meanwhile would never be sent. The client is greeted on its next connection."""
    server = make_server("rate_limits=off")
    alice = await newcomer(server.url)
    socket = await RawSocket.open(server.socket_url)
    await socket.send(type="hello", token=alice.token)
    await socket.expect("connect")
    server.sql("ALTER TABLE sessions RENAME TO lost")
    await socket.send(type="hello", ref=2)
    assert await socket.closed() in (1013, 1011)
    server.sql("ALTER TABLE lost RENAME TO sessions")
    again = await RawSocket.open(server.socket_url)
    await again.send(type="hello", token=alice.token)
    await again.expect("connect")
    await again.send(type="hello", ref=2)
    await again.expect("connect")
    room = (await alice.create_room("made after the second greeting")).id
    assert (await again.expect("room"))["id"] == room
    await again.close()
    await alice.__aexit__()


async def test_4408_is_told_to_a_client_that_reads_again_in_time(make_server: MakeServer) -> None:
    server = make_server("rate_limits=off", "waiting_bytes=65536")
    alice, slow = [await newcomer(server.url) for _ in range(2)]
    made = await alice.create_room("slow", members=[user_id(slow)])
    at_alice = await RawSocket.open(server.socket_url, {"Authorization": f"Bearer {alice.token}"})
    await at_alice.send(type="hello")
    # A small receive window, so that unread data waits at the server.
    reading = tcp.socket()
    reading.setsockopt(tcp.SOL_SOCKET, tcp.SO_RCVBUF, 2048)
    reading.connect(("127.0.0.1", server.port))
    reading.sendall(_handshake(server.port, slow.token))
    received = b""
    while b'"connect"' not in received:
        received += await asyncio.to_thread(reading.recv, 4096)
    # Until the system's buffers are full and several times the limit waits in the server.
    taken, before = 0, -1
    while taken > before:
        for _ in range(399):
            await at_alice.send(type="message", room=made.id, content="x" * 1000)
        await at_alice.ask(type="message", room=made.id, content="x" * 1000)
        taken, before = _not_read_yet(server.port, reading.getsockname()[1]), taken
    # From now on as fast as possible.
    reading.setsockopt(tcp.SOL_SOCKET, tcp.SO_RCVBUF, 1 << 20)
    while chunk := await asyncio.to_thread(reading.recv, 1 << 20):
        received = received[-400:] + chunk
    assert struct.pack("!H", 4408) in received[-400:]
    reading.close()
    await at_alice.close()
    for client in (alice, slow):
        await client.__aexit__()


def _not_read_yet(server: int, client: int, by_the_server: bool = False) -> int:
    """Bytes in the system's buffers that the server, or else the client, wrote (proc(5), /proc/net/tcp)."""
    for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
        _, local, remote, _, queues, *_ = line.split()
        if (int(local[-4:], 16), int(remote[-4:], 16)) == (server, client):
            return int(queues.partition(":")[2 if by_the_server else 0], 16)
    raise AssertionError("the connection is gone")


async def test_frames_that_come_a_byte_at_a_time_are_read(people, server) -> None:
    """Also when the data ends exactly after the head of a frame, its length, or its mask."""
    (alice,) = await people(1)
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    port = writer.get_extra_info("sockname")[1]
    writer.write(_handshake(server.port, alice.token))
    await reader.readuntil(b"\r\n\r\n")
    stream = _client_frame({"type": "hello"}) + Frame(Opcode.PING, b"x" * 125).serialize(mask=True)
    stream += _client_frame({"type": "ping", "ref": "short"}) + _client_frame({"type": "ping", "ref": "é" * 60})
    for byte in stream:
        writer.write(bytes([byte]))
        while _not_read_yet(server.port, port, by_the_server=True):
            await asyncio.sleep(0)
    received = b""
    while received.count(b'"pong"') < 2:
        received += await reader.readuntil(b"}")
    assert b"\x8a\x7d" + b"x" * 125 in received
    writer.close()


async def test_frames_in_one_packet_with_the_handshake_or_cut_anywhere_are_read(people, server) -> None:
    (alice,) = await people(1)
    ping = _client_frame({"type": "ping", "ref": "whole"}) + _client_frame({"type": "ping", "ref": "é" * 60})
    request = _handshake(server.port, alice.token)
    stream = request + _client_frame({"type": "hello"}) + ping
    for cut in (0, 5, len(request) - 3, len(request), len(request) + 1, len(request) + 7, len(stream) - 80):
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        writer.write(stream[:cut])
        await writer.drain()
        if cut >= len(request):
            await reader.readuntil(b"\r\n\r\n")  # the first part has been read by the server
        writer.write(stream[cut:])
        received = b""
        while received.count(b'"pong"') < 2:
            received += await asyncio.wait_for(reader.read(65536), PATIENCE)
        assert b'"whole"' in received
        assert ("é" * 60).encode() in received
        writer.close()


async def test_1011_when_two_heartbeats_are_missed(make_server: MakeServer) -> None:
    server = make_server("heartbeat_seconds=1")
    alice = await newcomer(server.url, "alice")
    silent = tcp.create_connection(("127.0.0.1", server.port))
    silent.sendall(_handshake(server.port, alice.token))
    silent.settimeout(60)
    received = b""
    # The client reads, but answers no pings: pings arrive, then the close.
    while chunk := await asyncio.to_thread(silent.recv, 65536):
        received += chunk
    assert received.count(b"\x89\x00") == 2
    assert struct.pack("!H", 1011) in received
    silent.close()
    await alice.__aexit__()


async def test_a_client_that_answers_heartbeats_stays(make_server: MakeServer) -> None:
    server = make_server("heartbeat_seconds=1")
    alice, bob = await newcomer(server.url, "alice"), await newcomer(server.url, "bob")
    stays = await RawSocket.open(server.socket_url, {"Authorization": f"Bearer {alice.token}"})
    silent = tcp.create_connection(("127.0.0.1", server.port))
    silent.sendall(_handshake(server.port, bob.token))
    silent.settimeout(60)
    # When a client that does not answer is closed, one that does is still connected.
    listening = asyncio.create_task(stays.expect("pong"))
    while await asyncio.to_thread(silent.recv, 65536):
        pass
    await stays.send(type="ping")
    assert (await listening)["type"] == "pong"
    silent.close()
    await stays.close()
    for client in (alice, bob):
        await client.__aexit__()


async def test_compression_is_negotiated_without_context_takeover(room, sockets) -> None:
    alice, bob, number = room
    squeezed = await sockets(bob, compression="deflate")
    (extension,) = squeezed.connection.protocol.extensions
    assert extension.remote_no_context_takeover
    text = "long and repetitive " * 45
    await alice.send(text, room=number)
    assert (await squeezed.expect("message"))["content"] == text
    await alice.send("short", room=number)
    assert (await squeezed.expect("message"))["content"] == "short"
    ack = await squeezed.ask(type="message", room=number, content=text)
    assert ack["type"] == "ack"


async def test_connections_per_user_can_be_bounded(make_server: MakeServer) -> None:
    server = make_server("max_connections_per_user=2")
    alice = await newcomer(server.url, "alice")
    opened = []
    for _ in range(2):
        socket = await RawSocket.open(server.socket_url, {"Authorization": f"Bearer {alice.token}"})
        await socket.send(type="hello")
        await socket.expect("connect")
        opened.append(socket)
    third = await RawSocket.open(server.socket_url, {"Authorization": f"Bearer {alice.token}"})
    assert await third.closed() == 4429
    for socket in opened:
        await socket.close()
    await alice.__aexit__()


async def test_connections_per_address_are_bounded(make_server: MakeServer) -> None:
    server = make_server("max_connections_per_address=3")
    opened = [await RawSocket.open(server.socket_url) for _ in range(3)]
    with pytest.raises(InvalidStatus) as refused:
        await RawSocket.open(server.socket_url)
    assert refused.value.response.status_code == 429
    for socket in opened:
        await socket.close()


def _handshake(port: int, token: str | None) -> bytes:
    return (
        f"GET /ws HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
        f"Authorization: Bearer {token}\r\n\r\n"
    ).encode()


def _client_frame(frame: dict[str, object]) -> bytes:
    return Frame(Opcode.TEXT, json.dumps(frame).encode()).serialize(mask=True)


async def test_what_reached_a_client_is_told_to_the_sender_without_its_doing_anything(people, sockets) -> None:
    alice, bob = await people(2)
    room = await alice.create_room(kind="private", members=[bob.user.username])
    at_alice = await sockets(alice)
    await at_alice.ask(type="message", room=room.id, content="while bob is away")
    at_bob = await sockets(bob, greet=False)
    await at_bob.send(type="hello", since={room.id: room.version})
    await at_bob.expect("synced")
    reading = asyncio.create_task(at_bob.expect("message", seq=2))  # reading also answers pings
    assert (await at_alice.expect("delivered"))["seq"] == 1
    await at_alice.ask(type="message", room=room.id, content="while bob is there")
    delivered = await at_alice.expect("delivered")
    assert (delivered["room"], delivered["user"], delivered["seq"]) == (room.id, user_id(bob), 2)
    await reading
    async with HttpClient(base_url=alice.url, headers={"Authorization": f"Bearer {alice.token}"}) as http:
        found = (await http.get(f"/api/rooms/{room.id}/receipts")).json()["receipts"]
    assert {mark["user"]: (mark["delivered_seq"], mark["read_seq"]) for mark in found} == {
        user_id(alice): (2, 2),
        user_id(bob): (2, 0),
    }


async def test_history_that_was_fetched_was_delivered(people, sockets) -> None:
    alice, bob = await people(2)
    at_alice = await sockets(alice)
    room = (await at_alice.ask(type="message", to=bob.user.username, content="hello"))["room"]
    assert len((await bob.history(room)).messages) == 1
    assert (await at_alice.expect("delivered"))["user"] == user_id(bob)
