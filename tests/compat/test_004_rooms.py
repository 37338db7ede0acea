"""The rooms interface: its list of capabilities, then every endpoint with every status."""

import asyncio
import json

import pytest
from websockets.exceptions import InvalidStatus

from tests.compat.conftest import event_source, fresh_name
from tests.http import HttpClient
from tests.raw import RawSocket


@pytest.fixture
async def room(join):
    """Two users, and a room that the first created."""
    alice, bob = await join(), await join()
    made = await alice.post("/rooms", json={"name": fresh_name("room")})
    return alice, bob, made.json()["roomId"]


@pytest.fixture
async def feed(server):
    """`await feed(alice, "/room/1/subscribe")`: the feed over a WebSocket."""
    opened = []

    async def open_feed(http, path: str, **headers: str) -> RawSocket:
        headers = {"Authorization": f"Bearer {http.token}", **{k.replace("_", "-"): v for k, v in headers.items()}}
        opened.append(await RawSocket.open(server.url.replace("http", "ws") + path, headers))
        return opened[-1]

    yield open_feed
    for socket in opened:
        await socket.close()


async def say(http, room: int, content: str) -> dict:
    answer = await http.post(f"/room/{room}/messages", json={"content": content})
    assert answer.status_code == 201, answer.text
    return answer.json()


async def write(http, to: str, content: str) -> dict:
    answer = await http.post("/messages", json={"to": to, "content": content})
    assert answer.status_code == 201, answer.text
    return answer.json()


# Rooms


async def test_rooms_can_be_listed_and_made(make_server, join) -> None:
    server = make_server("rate_limits=off")
    alice = await join(at=server)
    assert (await alice.get("/rooms")).json() == []
    made = await alice.post("/rooms", json={"name": "General"})
    assert made.status_code == 201
    assert made.headers["location"] == f"{server.url}/room/{made.json()['roomId']}"
    assert (await alice.get(made.headers["location"])).json() == made.json()
    assert (await alice.get("/rooms")).json() == [{"roomId": made.json()["roomId"], "name": "General"}]
    for name in ("General", "general", "ＧＥＮＥＲＡＬ"):
        refused = await alice.post("/rooms", json={"name": name})
        assert (refused.status_code, refused.json()["code"]) == (409, "conflict")
    for body in (
        {},
        {"name": ""},
        {"name": " "},
        {"name": 5},
        {"name": "x" * 81},
        {"name": "x", "kind": "private"},
        [],
    ):
        refused = await alice.post("/rooms", json=body)
        assert (refused.status_code, refused.json()["code"]) == (400, "invalid_input")
    # All public rooms, however many; no private ones.
    for number in range(0, 420, 20):
        await asyncio.gather(*(alice.post("/rooms", json={"name": f"room {n}"}) for n in range(number, number + 20)))
    await alice.post("/api/rooms", json={"kind": "private", "name": "secret"})
    listed = (await alice.get("/rooms")).json()
    assert len(listed) == 421
    assert {"room 0", "room 419", "General"} <= {one["name"] for one in listed}


async def test_the_address_of_a_new_room_is_below_the_public_one(make_server, join) -> None:
    server = make_server("public_url=https://chat.example.org/", "allowed_hosts=127.0.0.1,localhost")
    alice = await join(at=server)
    made = await alice.post("/rooms", json={"name": "General"})
    assert made.headers["location"] == "https://chat.example.org/room/1"


async def test_who_is_not_signed_in_gets_401_everywhere(server) -> None:
    async with HttpClient(base_url=server.url) as http:
        for method, path, body in [
            ("GET", "/rooms", None), ("POST", "/rooms", {"name": "x"}), ("GET", "/room/1", None),
            ("GET", "/room/1/messages", None), ("POST", "/room/1/messages", {"content": "x"}),
            ("GET", "/room/1/subscribe", None), ("GET", "/room/1/subscribe?wait=1", None),
            ("GET", "/messages", None), ("POST", "/messages", {"to": "x", "content": "x"}),
            ("GET", "/messages/subscribe", None),
        ]:  # fmt: skip
            for headers in ({}, {"Authorization": "Bearer nonsense"}, {"Authorization": "Basic YTpi"}):
                answer = await http.request(method, path, json=body, headers=headers)
                assert (path, answer.status_code) == (path, 401)
        stream = await http.get("/room/1/subscribe", headers={"Accept": "text/event-stream"})
        assert stream.status_code == 401
    for path in ("/room/1/subscribe", "/messages/subscribe"):
        for headers in ({}, {"Authorization": "Bearer nonsense"}):
            with pytest.raises(InvalidStatus) as refused:
                await RawSocket.open(server.url.replace("http", "ws") + path, headers)
            assert refused.value.response.status_code == 401


# Messages


async def test_messages_of_any_room_without_joining(room, join) -> None:
    alice, bob, number = room
    assert (await bob.get(f"/room/{number}/messages")).json()["messages"] == []
    for count in range(5):
        await say(bob, number, f"m{count}")
    page = (await alice.get(f"/room/{number}/messages", params={"limit": 2})).json()
    assert ([m["content"] for m in page["messages"]], page["has_more"]) == (["m3", "m4"], True)
    page = (await alice.get(f"/room/{number}/messages", params={"before": 4, "limit": 2})).json()
    assert [m["content"] for m in page["messages"]] == ["m1", "m2"]
    page = (await alice.get(f"/room/{number}/messages", params={"after": 4})).json()
    assert [m["content"] for m in page["messages"]] == ["m4"]
    assert (await bob.get("/api/rooms", params={"mine": True})).json()["rooms"] == []
    for body in ({}, {"content": ""}, {"content": "x" * 10_001}, {"content": None}, {"message": "x"}):
        assert (await bob.post(f"/room/{number}/messages", json=body)).status_code == 400
    again = [await bob.post(f"/room/{number}/messages", json={"content": "once", "key": "k"}) for _ in range(2)]
    assert [answer.status_code for answer in again] == [201, 200]
    assert again[0].json() == again[1].json()


async def test_rooms_that_are_not_there_for_one_are_404(room) -> None:
    alice, bob, _ = room
    private = (await alice.post("/api/rooms", json={"kind": "private", "name": "secret"})).json()["id"]
    await say(alice, private, "hidden")
    for number in (private, 2**62):
        for answer in (
            await bob.get(f"/room/{number}"),
            await bob.get(f"/room/{number}/messages"),
            await bob.post(f"/room/{number}/messages", json={"content": "x"}),
            await bob.get(f"/room/{number}/subscribe"),
            await bob.get(f"/room/{number}/subscribe?wait=5"),
            await bob.get(f"/room/{number}/subscribe", headers={"Accept": "text/event-stream"}),
        ):
            assert answer.status_code == 404
            assert answer.json() == (await bob.get(f"/room/{2**62}")).json()
        with pytest.raises(InvalidStatus) as refused:
            await RawSocket.open(
                str(bob.base_url).replace("http", "ws") + f"/room/{number}/subscribe",
                {"Authorization": f"Bearer {bob.token}"},
            )
        assert refused.value.response.status_code == 404
    for number in ("abc", "0", "-1", str(2**63)):
        assert (await bob.get(f"/room/{number}/messages")).status_code == 400


async def test_messages_to_one_person(room, join) -> None:
    alice, bob, _ = room
    carol = await join()
    assert (await alice.get("/messages")).json() == {"messages": [], "has_more": False}
    for count in range(3):
        await write(bob, alice.name, f"bob {count}")
        await write(carol, alice.name, f"carol {count}")
        await write(alice, bob.name, f"not to alice {count}")
    page = (await alice.get("/messages")).json()
    assert sorted(m["content"] for m in page["messages"]) == sorted(
        f"{n} {c}" for n in ("bob", "carol") for c in range(3)
    )
    found, before = [], {}
    while page := (await alice.get("/messages", params={"limit": 2, **before})).json()["messages"]:
        found = page + found
        before = {"before": f"{page[0]['room']}-{page[0]['seq']}"}
    assert len(found) == 6
    after = {"after": f"{found[2]['room']}-{found[2]['seq']}"}
    assert (await alice.get("/messages", params=after)).json()["messages"] == found[3:]
    for query in ({"before": "x"}, {"after": "0-1"}, {"limit": 0}, {"before": f"{2**63}-1"}):
        assert (await alice.get("/messages", params=query)).status_code == 400
    assert (await alice.post("/messages", json={"to": "nobody at all", "content": "x"})).status_code == 404
    for body in (
        {"to": bob.name},
        {"content": "x"},
        {"to": bob.name, "content": ""},
        {"to": alice.name, "content": "x"},
    ):
        assert (await alice.post("/messages", json=body)).status_code == 400


# Subscribing


async def test_202_says_where_to_listen(room, server) -> None:
    alice, _, number = room
    for path in (f"/room/{number}/subscribe", "/messages/subscribe"):
        answer = await alice.get(path)
        assert answer.status_code == 202
        here = server.url + path
        assert answer.json() == {
            "websocket": here.replace("http", "ws"),
            "event_stream": here,
            "long_poll": f"{here}?wait=30",
        }


async def test_server_sent_events_of_a_room(room) -> None:
    alice, bob, number = room
    await say(bob, number, "before")
    path = f"/room/{number}/subscribe"
    async with event_source(alice, path) as events:
        sent = await say(bob, number, "live")
        received = await events.next()
        assert {**received, "type": ""} == {**sent, "type": ""}
        first = events.last_id
        # Edits, reactions and deletions are delivered too.
        await bob.patch(f"/api/rooms/{number}/messages/{sent['seq']}", json={"content": "edited"})
        assert (await events.next())["content"] == "edited"
        await alice.put(f"/api/rooms/{number}/messages/{sent['seq']}/reactions/👍")
        assert (await events.next("reaction"))["emoji"] == "👍"
        last = events.last_id
    # What was missed comes first, and nothing twice.
    for count in range(3):
        await say(bob, number, f"meanwhile {count}")
    await bob.delete(f"/api/rooms/{number}/messages/{sent['seq']}")
    async with event_source(alice, path, last) as events:
        assert [(await events.next())["content"] for _ in range(4)] == ["meanwhile 0", "meanwhile 1", "meanwhile 2", ""]
        await say(bob, number, "live again")
        assert (await events.next())["content"] == "live again"
    # From an earlier position: each changed message once, in its present state.
    async with event_source(alice, path, first) as events:
        found = [await events.next() for _ in range(5)]
        assert [m["seq"] for m in found] == [3, 4, 5, 2, 6]
    async with event_source(alice, f"{path}?after={first}") as events:
        assert (await events.next())["seq"] == 3


async def test_server_sent_events_of_messages_to_one(room, join) -> None:
    alice, bob, number = room
    carol = await join()
    await write(bob, alice.name, "before")
    async with event_source(alice, "/messages/subscribe") as events:
        await say(bob, number, "in a room")
        await write(alice, bob.name, "one's own")
        sent = await write(bob, alice.name, "live")
        assert (await events.next())["content"] == "live"
        await bob.patch(f"/api/rooms/{sent['room']}/messages/{sent['seq']}", json={"content": "edited"})
        assert (await events.next())["content"] == "edited"
        last = events.last_id
    await write(carol, alice.name, "meanwhile, from somebody new")
    await write(bob, alice.name, "meanwhile")
    async with event_source(alice, "/messages/subscribe", last) as events:
        assert [(await events.next())["content"] for _ in range(2)] == ["meanwhile, from somebody new", "meanwhile"]
        await write(carol, alice.name, "live again")
        assert (await events.next())["content"] == "live again"


async def test_long_polling(room) -> None:
    alice, bob, number = room
    for path, send in (
        (f"/room/{number}/subscribe", lambda text: say(bob, number, text)),
        ("/messages/subscribe", lambda text: write(bob, alice.name, text)),
    ):
        await send("before")
        nothing = await alice.get(f"{path}?wait=0")
        assert (nothing.status_code, nothing.content) == (204, b"")
        following = nothing.links["next"]["url"]
        # Messages between two polls are in the second.
        await send("between")
        news = await alice.get(following)
        assert (news.status_code, [m["content"] for m in news.json()["messages"]]) == (200, ["between"])
        assert news.links["next"]["url"].endswith(f"after={news.json()['position']}")
        # A message during a poll ends its waiting.
        following = news.links["next"]["url"].replace("wait=0", "wait=60")
        waiting = asyncio.create_task(alice.get(following))
        await send("meanwhile")
        news = await waiting
        assert [m["content"] for m in news.json()["messages"]] == ["meanwhile"]
        # A position may be given as a header, and be any earlier one.
        again = await alice.get(f"{path}?wait=5", headers={"Last-Event-ID": following.rpartition("=")[2]})
        assert again.json() == news.json()
    for wait in ("-1", "61", "x", "1.5"):
        assert (await alice.get(f"/room/{number}/subscribe?wait={wait}")).status_code == 400


async def test_a_long_backlog_comes_whole(room) -> None:
    alice, bob, number = room
    start = (await alice.get(f"/room/{number}/subscribe?wait=0")).links["next"]["url"].rpartition("=")[2]
    for count in range(0, 1100, 50):
        await asyncio.gather(*(say(bob, number, f"m{n}") for n in range(count, count + 50)))
    async with event_source(alice, f"/room/{number}/subscribe", start) as events:
        assert [(await events.next())["seq"] for _ in range(1100)] == list(range(1, 1101))
    found, position = [], start
    while len(found) < 1100:
        news = (await alice.get(f"/room/{number}/subscribe?wait=5&after={position}")).json()
        found += [m["seq"] for m in news["messages"]]
        position = news["position"]
    assert found == list(range(1, 1101))


async def test_a_websocket_of_a_room(room, feed) -> None:
    alice, bob, number = room
    path = f"/room/{number}/subscribe"
    await say(bob, number, "before")
    socket = await feed(alice, path)
    sent = await say(bob, number, "live")
    assert (await socket.next())["content"] == "live"
    await socket.close()
    await say(bob, number, "meanwhile")
    for again in (
        await feed(alice, f"{path}?after=room-{number}-{sent['version']}"),
        await feed(alice, path, Last_Event_ID=f"room-{number}-{sent['version']}"),
    ):
        assert (await again.next())["content"] == "meanwhile"
    await say(bob, number, "to both")
    assert (await again.next())["content"] == "to both"
    # It accepts no frames: they are answered with an error, and finally close it.
    await again.send(type="message", room=number, content="x")
    assert (await again.next())["code"] == "invalid_input"
    for _ in range(4):
        await again.send_text("x")
    assert await again.closed() == 4400


async def test_a_websocket_of_messages_to_one(room, feed, join) -> None:
    alice, bob, _ = room
    socket = await feed(alice, "/messages/subscribe")
    await write(bob, alice.name, "live")
    received = await socket.next()
    assert (received["content"], received["position"]) == ("live", f"inbox-{alice.id}-1")
    await socket.close()
    await write(bob, alice.name, "meanwhile")
    again = await feed(alice, f"/messages/subscribe?after={received['position']}")
    assert (await again.next())["content"] == "meanwhile"
    ticket = (await alice.post("/api/tickets", json={"use": "socket"})).json()["ticket"]
    alice.token = "not looked at"
    by_ticket = await RawSocket.open(str(alice.base_url).replace("http", "ws") + f"/messages/subscribe?ticket={ticket}")
    await write(bob, alice.name, "by ticket")
    assert (await by_ticket.next())["content"] == "by ticket"
    await by_ticket.close()


@pytest.mark.parametrize("word", ["x", "5", "room-1", "room-0-1", "room-1--1", "room-1-²", "room-99999-1", "inbox-1 1"])
async def test_positions_that_are_not_ours_are_400(room, word: str) -> None:
    alice, bob, number = room
    other = f"room-{number + 1}-1"
    for path in (f"/room/{number}/subscribe", "/messages/subscribe"):
        for wrong in (word, other, f"inbox-{bob.id}-1"):
            encoded = wrong.encode()
            streamed = await alice.get(path, headers=[(b"Accept", b"text/event-stream"), (b"Last-Event-ID", encoded)])
            polled = await alice.get(path, params={"wait": 1, "after": wrong})
            for answer in (streamed, polled):
                assert (answer.status_code, answer.json()["code"]) == (400, "invalid_input")
    with pytest.raises(InvalidStatus) as refused:
        await RawSocket.open(
            str(alice.base_url).replace("http", "ws") + f"/room/{number}/subscribe",
            {"Authorization": f"Bearer {alice.token}", "Last-Event-ID": "room-1-x"},
        )
    assert refused.value.response.status_code == 400


async def test_positions_from_the_future_begin_now(room, feed) -> None:
    alice, bob, number = room
    await say(bob, number, "before")
    future = f"room-{number}-{2**62}"
    async with event_source(alice, f"/room/{number}/subscribe", future) as events:
        polling = asyncio.create_task(alice.get(f"/room/{number}/subscribe?wait=60&after={future}"))
        socket = await feed(alice, f"/room/{number}/subscribe?after={future}")
        await began(alice, f"/room/{number}/subscribe")
        await say(bob, number, "live")
        assert (await events.next())["content"] == "live"
        assert (await socket.next())["content"] == "live"
        assert [m["content"] for m in (await polling).json()["messages"]] == ["live"]
    async with event_source(alice, "/messages/subscribe", f"inbox-{alice.id}-{2**62}") as events:
        await write(bob, alice.name, "to you")
        assert (await events.next())["content"] == "to you"


async def began(http, path: str) -> None:
    """Wait until earlier polls have begun: later ones have been answered."""
    for _ in range(5):
        assert (await http.get(f"{path}?wait=0")).status_code == 204


async def test_everything_ends_with_the_session_the_membership_and_the_room(room, join, feed) -> None:
    alice, _, _ = room
    for end in ("session", "membership", "room"):
        carol = await join()
        private = (await alice.post("/api/rooms", json={"kind": "private", "members": [carol.name]})).json()["id"]
        path = f"/room/{private}/subscribe"
        async with event_source(carol, path) as events:
            socket = await feed(carol, path)
            await say(alice, private, "all hear this")
            assert (await events.next())["content"] == (await socket.next())["content"] == "all hear this"
            position = events.last_id
            polling = asyncio.create_task(carol.get(f"{path}?wait=60&after={position}"))
            await began(carol, path)
            if end == "session":
                await carol.post("/logout")
            elif end == "membership":
                await alice.delete(f"/api/rooms/{private}/members/{carol.id}")
            else:
                await alice.delete(f"/api/rooms/{private}")
            await events.ended()
            assert await socket.closed() == (4401 if end == "session" else 1000)
            assert (await polling).status_code == (401 if end == "session" else 404)


async def test_a_public_room_that_turns_private_is_lost_to_those_outside(room, feed) -> None:
    alice, bob, number = room
    path = f"/room/{number}/subscribe"
    async with event_source(bob, path) as outside, event_source(alice, path) as inside:
        socket = await feed(bob, path)
        await alice.patch(f"/api/rooms/{number}", json={"kind": "private"})
        await say(alice, number, "among us")
        assert (await inside.next())["content"] == "among us"
        assert "among us" not in "".join(await outside.ended())
        assert await socket.closed() == 1000


async def test_a_crash_loses_and_doubles_nothing_for_any_of_the_three(make_server, join) -> None:
    server = make_server("rate_limits=off")
    alice, bob = await join(at=server), await join(at=server)
    number = (await alice.post("/rooms", json={"name": "room"})).json()["roomId"]
    path = f"/room/{number}/subscribe"
    async with event_source(alice, path) as events:
        await say(bob, number, "one")
        assert (await events.next())["content"] == "one"
        position = events.last_id
        await say(bob, number, "two")
        server.kill()
    server.start()
    await say(bob, number, "three")
    async with event_source(alice, path, position) as events:
        assert [(await events.next())["content"] for _ in range(2)] == ["two", "three"]
    polled = (await alice.get(f"{path}?wait=5&after={position}")).json()["messages"]
    assert [m["content"] for m in polled] == ["two", "three"]


async def test_a_shutdown_ends_streams_and_polls(make_server, join) -> None:
    server = make_server("rate_limits=off")
    alice = await join(at=server)
    number = (await alice.post("/rooms", json={"name": "room"})).json()["roomId"]
    path = f"/room/{number}/subscribe"
    async with event_source(alice, path) as events:
        polling = asyncio.create_task(alice.get(f"{path}?wait=60"))
        await began(alice, path)
        assert await asyncio.to_thread(server.terminate) == 0
        await events.ended()
        assert (await polling).status_code == 503


async def test_an_account_has_so_many_feeds_and_no_more(make_server, join) -> None:
    server = make_server("max_connections_per_user=2")
    alice = await join(at=server)
    number = (await alice.post("/rooms", json={"name": "room"})).json()["roomId"]
    path = f"/room/{number}/subscribe"
    async with event_source(alice, path), event_source(alice, path):
        for answer in (
            await alice.get(path, headers={"Accept": "text/event-stream"}),
            await alice.get(f"{path}?wait=1"),
        ):
            assert (answer.status_code, answer.json()["code"]) == (429, "rate_limited")
            assert int(answer.headers["retry-after"]) > 0
        with pytest.raises(InvalidStatus) as refused:
            await RawSocket.open(server.url.replace("http", "ws") + path, {"Authorization": f"Bearer {alice.token}"})
        assert refused.value.response.status_code == 429


async def test_a_reader_that_stalls_ends_and_resumes(make_server, join) -> None:
    """The send queue of a stream is bounded. What was cut off can be resumed."""
    server = make_server("rate_limits=off", "waiting_bytes=65536", "message_length=16000")
    alice, bob = await join(at=server), await join(at=server)
    number = (await alice.post("/rooms", json={"name": "room"})).json()["roomId"]
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port, limit=1024)
    writer.write(
        f"GET /room/{number}/subscribe HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n"
        f"Authorization: Bearer {alice.token}\r\n\r\n".encode()
    )
    await reader.readuntil(b"retry: 2000")
    big = "x" * 15000
    for _ in range(20):
        await asyncio.gather(*(say(bob, number, big) for _ in range(50)))
    everything = bytearray()
    while chunk := await reader.read(1 << 20):
        everything += chunk
    writer.close()
    ids = [line for line in everything.decode().splitlines() if line.startswith("id: ")]
    seen = {json.loads(line[6:])["seq"] for line in everything.decode().splitlines() if line.startswith("data: {")}
    assert len(seen) < 1000
    assert seen == set(range(1, len(seen) + 1))
    async with event_source(alice, f"/room/{number}/subscribe", ids[-1][4:]) as events:
        rest = [(await events.next())["seq"] for _ in range(1000 - len(seen))]
    assert rest == list(range(len(seen) + 1, 1001))


async def test_a_stream_that_broke_before_its_first_event_is_resumed(room) -> None:
    alice, bob, number = room
    for path, speak in (
        (f"/room/{number}/subscribe", lambda: say(bob, number, "meanwhile")),
        ("/messages/subscribe", lambda: bob.post("/messages", json={"to": alice.name, "content": "meanwhile"})),
    ):
        async with event_source(alice, path) as events:
            position = events.last_id
        await speak()
        async with event_source(alice, path, position) as events:
            assert events.last_id == position
            assert (await events.next())["content"] == "meanwhile"


async def test_following_a_room_does_not_show_one_as_on_line(room) -> None:
    alice, bob, number = room
    async with event_source(alice, f"/room/{number}/subscribe") as events:
        await say(bob, number, "live")
        await events.next()
        assert (await bob.get(f"/users/{alice.id}")).json()["status"] == "offline"
    assert (await bob.get(f"/users/{alice.id}")).json() == {
        "id": alice.id, "username": alice.name, "status": "offline", "last_seen": None,
    }  # fmt: skip
