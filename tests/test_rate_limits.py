"""Rate limits, over all surfaces together, per account or address, with the time to retry."""

import asyncio
import json
from base64 import b64encode

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from websockets.frames import Frame, Opcode

from hubbub.chat.addresses import network
from hubbub.chat.rate_limiter import Rate, RateLimiter
from hubbub.client import Client
from hubbub.errors import RateLimited, Unavailable
from hubbub.surfaces.fair_queue import FairQueue
from hubbub.surfaces.keyed_semaphore import KeyedSemaphore
from tests.conftest import PASSWORD, MakeServer, newcomer
from tests.http import HttpClient
from tests.raw import RawSocket
from tests.server import Server
from tests.test_avatars import picture


@pytest.fixture
async def two(make_server: MakeServer):
    """`await two("setting=…")`: a server with these settings, and two users as HTTP clients."""
    opened: list[Client | httpx.AsyncClient] = []

    async def start(*settings: str) -> tuple[Server, httpx.AsyncClient, httpx.AsyncClient]:
        server = make_server(*settings)
        http = []
        for name in ("alice", "bob"):
            client = await newcomer(server.url, name)
            http.append(HttpClient(base_url=server.url, headers={"Authorization": f"Bearer {client.token}"}))
            opened.extend((client, http[-1]))
        return server, *http

    yield start
    for each in opened:
        await each.__aexit__()


def refused(answer: httpx.Response) -> bool:
    """Whether it is a proper 429."""
    if answer.status_code != 429:
        return False
    assert answer.json()["code"] == "rate_limited"
    assert int(answer.headers["retry-after"]) >= 1
    return True


async def greeted(server: Server, http: httpx.AsyncClient) -> RawSocket:
    return await RawSocket.greeted(server.socket_url, http.headers["authorization"].partition(" ")[2])


# Limits of an account, over all surfaces


async def test_requests_of_one_account_are_counted_over_every_surface(two) -> None:
    _, alice, bob = await two("requests_per_user=12/hour")
    surfaces = ("/api/users/me", "/v1/group_chat/messages", "/conversations", "/rooms", "/messages", "/nothing/here")
    for path in (*surfaces, *surfaces):
        assert not refused(await alice.get(path)), path
    for path in surfaces:
        assert refused(await alice.get(path)), path
    assert (await bob.get("/api/users/me")).status_code == 200
    # Another session counts for the same account; health checks are not counted.
    again = await bob.post(
        "/api/login", json={"username": "alice", "password": PASSWORD}, headers={"Authorization": ""}
    )
    assert refused(await bob.get("/rooms", headers={"Authorization": f"Bearer {again.json()['token']}"}))
    assert [(await alice.get("/healthz")).status_code for _ in range(20)] == [200] * 20


async def test_frames_count_as_requests_over_all_sockets_and_each_refusal_names_its_frame(two) -> None:
    server, alice, bob = await two("requests_per_user=20/hour")
    sockets = [await greeted(server, alice) for _ in range(2)]
    answers = [await socket.ask(type="ping", ref=f"p{n}") for n in range(12) for socket in sockets]
    kinds = [answer["type"] for answer in answers]
    assert kinds == sorted(kinds, reverse=True)  # pongs, then only errors
    over = [answer for answer in answers if answer["type"] == "error"]
    assert over
    assert {answer["code"] for answer in over} == {"rate_limited"}
    assert all(answer["retry_after"] > 0 for answer in over)
    assert refused(await alice.get("/api/users/me"))
    other = await greeted(server, bob)
    assert (await other.ask(type="ping"))["type"] == "pong"
    for socket in (*sockets, other):
        await socket.close()


async def test_messages_of_one_account_are_counted_over_rest_and_sockets(two) -> None:
    server, alice, bob = await two("messages_per_user=9/hour")
    room = (await alice.post("/api/rooms", json={"name": "general"})).json()["id"]
    socket, other = await greeted(server, alice), await greeted(server, alice)
    text = {"content": "hello"}

    async def everywhere() -> list[bool]:
        frame = {"type": "message", "room": room, **text}
        return [
            refused(await alice.post(f"/api/rooms/{room}/messages", json=text)),
            refused(await alice.post("/api/messages", json={"room": room, **text})),
            refused(await alice.post(f"/room/{room}/messages", json=text)),
            refused(await alice.post("/messages", json={"to": "bob", **text})),
            refused(await alice.post("/v1/messages", json={"dest_username": "bob", "message": "hello"})),
            refused(await alice.patch(f"/api/rooms/{room}/messages/1", json={"content": "edited"})),
            refused(await alice.put(f"/api/rooms/{room}/messages/1/reactions/👍")),
            (await socket.ask(**frame)).get("code") == "rate_limited",
            (await other.ask(**frame)).get("code") == "rate_limited",
        ]

    assert await everywhere() == [False] * 9
    assert await everywhere() == [True] * 9
    # Reads still work, and so do other accounts.
    assert (await alice.get(f"/api/rooms/{room}/messages")).status_code == 200
    assert (await bob.post(f"/api/rooms/{room}/messages", json=text)).status_code == 201
    for each in (socket, other):
        await each.close()


async def test_what_is_told_to_rooms_is_counted_as_messages_are(two) -> None:
    """Otherwise a moderator could rename a room without limit, at the cost of a message each."""
    server, alice, bob = await two("messages_per_user=10/hour")
    room = (await alice.post("/api/rooms", json={"name": "general"})).json()["id"]
    place = f"/api/rooms/{room}"
    await bob.post(f"{place}/messages", json={"content": "hello"})
    ids = {name: (await http.get("/api/users/me")).json()["user"]["id"] for name, http in (("a", alice), ("b", bob))}
    socket = await greeted(server, alice)
    image = b64encode(picture()).decode()

    async def everything() -> list[bool]:
        return [
            refused(await alice.patch(place, json={"name": "another"})),
            refused(await alice.patch(place, json={"topic": "another"})),
            refused(await alice.put(f"{place}/pins/1")),
            refused(await alice.post(f"{place}/members", json={"user": "bob"})),
            refused(await alice.patch(f"{place}/members/{ids['b']}", json={"rank": "moderator"})),
            refused(await alice.delete(f"{place}/members/{ids['b']}")),
            refused(await alice.patch("/api/users/me", json={"display_name": "Another"})),
            refused(await alice.put("/api/users/me/avatar", json={"image": image})),
            (await socket.ask(type="join_room", room=room)).get("code") == "rate_limited",
            (await socket.ask(type="leave_room", room=room)).get("code") == "rate_limited",
        ]

    assert await everything() == [False] * 10
    assert await everything() == [True] * 10
    assert refused(await alice.post(f"{place}/messages", json={"content": "hello"}))
    # Only in one's own rooms.
    assert (await bob.post(f"{place}/members", json={})).status_code == 201
    await socket.close()


async def test_rooms_made_are_counted_and_those_not_made_are_not(two) -> None:
    _, alice, bob = await two("rooms_per_user=4/hour")
    makes = (
        ("/api/rooms", {"name": "one"}),
        ("/rooms", {"name": "two"}),
        ("/v1/group_chat", {}),
        ("/conversations", {"participants": ["bob"]}),
    )
    for path, body in makes[:3]:
        assert (await alice.post(path, json=body)).status_code in (200, 201)
        # Refused commands: a taken name, an unknown user, and so on.
        assert (await alice.post("/api/rooms", json={"name": "one"})).status_code == 409
        assert (await alice.post("/api/rooms", json={"kind": "private", "members": ["nobody"]})).status_code == 404
    assert (await alice.post("/conversations", json={"participants": ["bob"]})).status_code == 201
    for number, (path, body) in enumerate(makes):
        assert refused(await alice.post(path, json=body | {"name": f"more {number}"} if number < 3 else body)), path
    assert (await bob.post("/api/rooms", json={"name": "bob's"})).status_code == 201


async def test_people_brought_into_rooms_are_counted(two) -> None:
    server, alice, _ = await two("people_added_per_user=3/hour")
    others = [await newcomer(server.url, name) for name in ("carol", "dora", "emma")]
    room = (await alice.post("/api/rooms", json={"kind": "private", "members": ["bob", "carol"]})).json()["id"]
    assert (await alice.post(f"/api/rooms/{room}/members", json={"user": "dora"})).status_code == 201
    assert refused(await alice.post(f"/api/rooms/{room}/members", json={"user": "emma"}))
    assert refused(await alice.post(f"/v1/group_chat/{room}/participants", json={"username": "emma"}))
    assert refused(await alice.post("/api/rooms", json={"kind": "private", "members": ["emma"]}))
    assert (await alice.post("/api/rooms", json={"kind": "private"})).status_code == 201
    for each in others:
        await each.__aexit__()


async def test_uploads_tickets_and_sign_ins_are_counted(two) -> None:
    _, alice, bob = await two("uploads_per_user=2/hour", "tickets_per_user=3/hour", "sessions_per_user=2/hour")
    image = {"image": b64encode(picture()).decode()}
    answers = [await alice.put("/api/users/me/avatar", json=image) for _ in range(3)]
    assert [refused(answer) for answer in answers] == [False, False, True]
    answers = [await alice.post("/api/tickets", json={}) for _ in range(4)]
    assert [refused(answer) for answer in answers] == [False, False, False, True]
    # Each has signed in once already.
    for path in ("/api/login", "/v1/auth/login", "/login"):
        answer = await bob.post(path, json={"username": "alice", "password": PASSWORD})
        assert refused(answer) == (path != "/api/login"), path
        assert (await bob.get("/api/users/me")).status_code == 200


async def test_requests_of_nobody_in_particular_are_counted_for_their_address(make_server: MakeServer) -> None:
    server = make_server("requests_per_address=5/hour", "trusted_proxy=127.0.0.1")
    async with HttpClient(base_url=server.url) as http:

        async def ask(address: str, **headers: str) -> httpx.Response:
            return await http.get("/api/openapi.json", headers={"X-Forwarded-For": address, **headers})

        # An IPv6 /64 is one address; an invalid token counts as none.
        for number in range(5):
            headers = {"Authorization": "Bearer forged"} if number % 2 else {}
            assert (await ask(f"2001:db8:1:2::{number}", **headers)).status_code == 200
        assert refused(await ask("2001:db8:1:2:3::"))
        assert (await ask("2001:db8:1:3::")).status_code == 200


async def test_a_bot_that_sends_twenty_a_second_is_never_refused() -> None:
    """With the default limits, for an hour."""
    from hubbub.server.settings import Settings

    now = [1000.0]
    for rate in (Settings().messages_per_user, Settings().requests_per_user):
        limiter = RateLimiter("", Rate.parse(rate), clock=lambda: now[0])
        for _ in range(20 * 3600):
            limiter.hit("bot")
            now[0] += 1 / 20


# Fragmented messages


async def test_a_message_in_many_parts_comes_whole(two) -> None:
    server, alice, _ = await two("frames_per_second=1", "frame_burst=30")
    room = (await alice.post("/api/rooms", json={"name": "general"})).json()["id"]
    socket = await greeted(server, alice)
    content = "".join(f"{number:03d}," for number in range(140))
    await socket.connection.send(iter(in_parts(room, content)))
    await socket.expect("ack", ref="f")
    stored = (await alice.get(f"/api/rooms/{room}/messages")).json()["messages"]
    assert [message["content"] for message in stored] == [content]
    await socket.close()


async def test_a_message_in_too_many_parts_is_refused_whole_and_named(two) -> None:
    server, alice, bob = await two("frames_per_second=1", "frame_burst=10")
    room = (await alice.post("/api/rooms", json={"name": "general"})).json()["id"]
    socket = await greeted(server, alice)
    content = "".join(f"{number:03d}," for number in range(75))
    await socket.connection.send(iter(in_parts(room, content)))
    assert (await socket.expect("error", ref="f"))["code"] == "rate_limited"
    assert (await alice.get(f"/api/rooms/{room}/messages")).json()["messages"] == []
    await socket.close()
    # The same if the first fragment exceeds the limit: the rest is not taken for a message.
    other = await greeted(server, bob)
    frames = [Frame(Opcode.TEXT, b'{"type":"ping"}')] * 10
    parts = [part.encode() for part in in_parts(room, "abc")]
    frames += [Frame(Opcode.TEXT, parts[0], fin=False), Frame(Opcode.CONT, parts[1], fin=False)]
    frames += [Frame(Opcode.CONT, b"".join(parts[2:]))]
    other.connection.transport.write(b"".join(frame.serialize(mask=True) for frame in frames))
    assert (await other.expect("error", ref="f"))["code"] == "rate_limited"
    assert {event.get("code") for event in other.seen if event["type"] == "error"} == {"rate_limited"}
    assert (await alice.get(f"/api/rooms/{room}/messages")).json()["messages"] == []
    await other.close()


def in_parts(room: int, content: str) -> list[str]:
    parts = [content[at : at + 4] for at in range(0, len(content), 4)]
    return [f'{{"type":"message","room":{room},"ref":"f","content":"', *parts, '"}']


async def test_every_frame_over_the_limit_is_answered_with_its_ref(two) -> None:
    server, alice, _ = await two("frames_per_second=1", "frame_burst=40")
    socket = await greeted(server, alice)
    frames = [Frame(Opcode.TEXT, json.dumps({"type": "ping", "ref": number}).encode()) for number in range(60)]
    socket.connection.transport.write(b"".join(frame.serialize(mask=True) for frame in frames))
    answered = [(await socket.next())["ref"] for _ in frames]
    assert sorted(answered) == list(range(60))
    assert {event["type"] for event in socket.seen} == {"connect", "pong", "error"}
    await socket.close()


# Password guessing


async def attempt(server: Server, name: str, password: str, address: str, path: str = "/api/login") -> httpx.Response:
    async with HttpClient(base_url=server.url, timeout=120) as http:
        body = {"username": name, "password": password}
        return await http.post(path, json=body, headers={"X-Forwarded-For": address})


@pytest.mark.parametrize("path", ["/api/login", "/login", "/v1/auth/login"])
async def test_guesses_made_at_once_are_counted_like_others(make_server: MakeServer, path: str) -> None:
    server = make_server("trusted_proxy=127.0.0.1", "failures_per_address=6/hour", "failures_per_account=4/hour")
    await (await newcomer(server.url, "bob")).__aexit__()
    guesses = [attempt(server, "bob", "wrong guess", "203.0.113.9", path) for _ in range(30)]
    statuses = [answer.status_code for answer in await asyncio.gather(*guesses)]
    assert len(statuses) - statuses.count(429) == 4
    names = [attempt(server, f"name{n}", "wrong guess", "203.0.113.10", path) for n in range(30)]
    statuses = [answer.status_code for answer in await asyncio.gather(*names)]
    assert len(statuses) - statuses.count(429) == 6


async def test_guesses_from_many_places_at_once_come_one_after_another(make_server: MakeServer) -> None:
    server = make_server("trusted_proxy=127.0.0.1")
    await (await newcomer(server.url, "bob")).__aexit__()
    guesses = [attempt(server, "bob", "wrong guess", f"203.0.113.{n}") for n in range(40)]
    statuses = [answer.status_code for answer in await asyncio.gather(*guesses)]
    # Five at once; further ones queue, so long that most are refused with a time to retry.
    assert 5 <= statuses.count(401) <= 12
    assert statuses.count(401) + statuses.count(429) == 40
    # From a known address there is no delay.
    assert (await attempt(server, "bob", PASSWORD, "127.0.0.1")).status_code == 200


async def test_strangers_behind_the_same_address_lock_nobody_out(make_server: MakeServer) -> None:
    server = make_server("failures_per_address=3/hour", "failures_per_account=3/hour", "trusted_proxy=127.0.0.1")
    bob = await newcomer(server.url, "bob")
    here = "127.0.0.1"
    for number in range(3):
        assert (await attempt(server, f"stranger{number}", "wrong guess", here)).status_code == 401
    assert refused(await attempt(server, "stranger", "wrong guess", here))
    assert (await attempt(server, "bob", PASSWORD, here)).status_code == 200
    # With his own name, too: there it is slower, but not refused.
    for _ in range(4):
        assert (await attempt(server, "bob", "wrong guess", here)).status_code == 401
    for path in ("/api/login", "/login", "/v1/auth/login"):
        assert (await attempt(server, "bob", PASSWORD, here, path)).status_code == 200
    # Confirming the password in an open session is not affected.
    for _ in range(4):
        await attempt(server, "bob", "wrong guess", "203.0.113.9")
    async with HttpClient(base_url=server.url, headers={"Authorization": f"Bearer {bob.token}"}) as http:
        wrong, right = ({"current": password, "new": "a new password"} for password in ("wrong guess", PASSWORD))
        assert (await http.put("/api/users/me/password", json=wrong)).status_code == 403
        changed = await http.put("/api/users/me/password", json=right)
        assert changed.status_code == 200
        http.headers["Authorization"] = f"Bearer {changed.json()['token']}"
        guesses = [(await http.put("/api/users/me/password", json=wrong)).status_code for _ in range(5)]
        assert guesses == [403, 403, 403, 429, 429]
    await bob.__aexit__()


async def test_where_one_has_signed_in_is_known_after_a_restart(make_server: MakeServer) -> None:
    server = make_server("failures_per_address=1/hour")
    bob = await newcomer(server.url, "bob")
    await bob.sign_out()
    server.terminate()
    server.start()
    assert (await attempt(server, "stranger", "wrong guess", "")).status_code == 401
    assert refused(await attempt(server, "stranger", "wrong guess", ""))
    assert (await attempt(server, "bob", PASSWORD, "")).status_code == 200
    await bob.__aexit__()


# Being added to rooms


async def test_being_brought_into_rooms_uses_up_nothing_of_ones_own(two) -> None:
    _, mallory, bob = await two("groups_per_user=2")
    for _ in range(5):
        made = await mallory.post("/api/rooms", json={"kind": "private", "members": ["bob"]})
        assert made.status_code == 201
        me = (await mallory.get("/api/users/me")).json()["user"]["id"]
        assert (await mallory.delete(f"/api/rooms/{made.json()['id']}/members/{me}")).status_code == 204
    for _ in range(2):
        assert (await bob.post("/api/rooms", json={"kind": "private"})).status_code == 201
    # He has now reached the limit; others do not learn the number.
    full = await bob.post("/api/rooms", json={"kind": "private"})
    assert (full.status_code, full.json()["code"]) == (422, "limit_exceeded")
    received = await mallory.post("/api/rooms", json={"kind": "private", "members": ["bob"]})
    assert received.status_code == 422
    assert not any(character.isdigit() for character in received.json()["detail"])


# Units


@given(
    st.integers(1, 20), st.integers(1, 60), st.lists(st.tuples(st.floats(0, 30), st.integers(1, 4)), max_size=60)
)  # fmt: skip
def test_no_stretch_of_time_lets_more_through_than_it_may(most: int, seconds: int, steps) -> None:
    now = [0.0]
    limiter = RateLimiter("", Rate(most, seconds), clock=lambda: now[0])
    passed: list[tuple[float, int]] = []
    for wait, cost in steps:
        now[0] += wait
        try:
            limiter.hit("key", cost)
        except RateLimited as error:
            # A retry at the given time is accepted.
            now[0] += error.retry_after + 1e-6
            limiter.hit("key", cost)
        passed.append((now[0], min(cost, most)))
    for start in range(len(passed)):
        for end in range(start, len(passed)):
            length = passed[end][0] - passed[start][0]
            assert sum(cost for _, cost in passed[start : end + 1]) <= most + length * most / seconds + 1e-3


def test_what_is_given_back_can_be_used_again_and_nobody_elses_is() -> None:
    limiter = RateLimiter("", Rate(2, 3600))
    for _ in range(5):
        limiter.hit("a")
        limiter.give_back("a")
    limiter.hit("a", 2)
    limiter.hit("b")
    with pytest.raises(RateLimited):
        limiter.hit("a")


@pytest.mark.parametrize("text", ["", "often", "0/hour", "5/0 minutes", "5 minutes", "5/fortnight", "-1/hour", "5/"])
def test_what_is_no_rate_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="rate"):
        Rate.parse(text)


def test_rates() -> None:
    assert Rate.parse("200/hour") == Rate(200, 3600)
    assert Rate.parse("10/5 minutes") == Rate.parse("10 / 5minute") == Rate(10, 300)


def test_addresses_as_they_are_counted() -> None:
    assert network("203.0.113.9") == network("::ffff:203.0.113.9") == "203.0.113.9"
    assert network("2001:db8:0:1:2:3:4:5") == network("2001:db8:0:1::") != network("2001:db8:0:2::")
    assert network("fe80::1%eth0") == "fe80::/64"
    assert [network(text) for text in ("", "x:y")] == ["", "x:y"]


async def test_work_is_done_in_turns_between_those_who_ask_and_is_bounded() -> None:
    queue = FairQueue("test", threads=1, most=6, most_each=4)
    loop, begun, done = asyncio.get_running_loop(), asyncio.Event(), asyncio.Event()
    order: list[str] = []

    def hold() -> None:
        loop.call_soon_threadsafe(begun.set)
        asyncio.run_coroutine_threadsafe(done.wait(), loop).result()

    async def ask(key: str) -> str:
        try:
            await queue.run(key, order.append, key)
        except Unavailable:
            return "refused"
        return "done"

    first = asyncio.create_task(queue.run("flood", hold))
    await begun.wait()
    flood = [asyncio.create_task(ask("flood")) for _ in range(6)]
    others = [asyncio.create_task(ask(key)) for key in ("a", "b", "c", "a")]
    await asyncio.sleep(0)
    flood[0].cancel()
    done.set()
    await first
    answers = await asyncio.gather(*flood, *others, return_exceptions=True)
    assert list(answers[6:]) == ["done"] * 4  # keys with fewer entries are admitted
    assert answers[:6].count("refused") == 4
    assert order[:3] == ["flood", "a", "b"] or order[:3] == ["a", "b", "c"]
    assert sorted(order[-2:]) != ["flood", "flood"]
    queue.close()


async def test_each_key_holds_so_many_at_a_time_and_the_others_wait_in_order() -> None:
    semaphore = KeyedSemaphore(2)
    under_way: list[str] = []
    ended: list[str] = []
    going_on = asyncio.Event()

    async def work(key: str, name: str) -> None:
        async with semaphore.hold(key):
            under_way.append(name)
            await going_on.wait()
        ended.append(name)

    flood = [asyncio.create_task(work("flood", f"flood{number}")) for number in range(6)]
    other = asyncio.create_task(work("other", "other"))
    await asyncio.sleep(0)
    assert under_way == ["flood0", "flood1", "other"]
    flood[2].cancel()
    going_on.set()
    await asyncio.gather(*flood, other, return_exceptions=True)
    assert under_way == ["flood0", "flood1", "other", "flood3", "flood4", "flood5"]
    assert sorted(ended) == ["flood0", "flood1", "flood3", "flood4", "flood5", "other"]
    # Cancelled waiters leave nothing behind.
    async with asyncio.timeout(10):
        await asyncio.gather(work("flood", "again"), work("flood", "and again"), work("flood", "and once more"))


async def test_a_long_list_of_conversations_is_whole(two) -> None:
    _, alice, bob = await two("requests_per_user=10000/hour", "rooms_per_user=1000/hour")
    for number in range(45):
        made = await bob.post("/api/rooms", json={"kind": "private", "name": f"c{number}", "members": ["alice"]})
        assert made.status_code == 201
    listed = (await alice.get("/conversations")).json()["conversations"]
    assert sorted(one["name"] for one in listed if one["name"]) == sorted(f"c{number}" for number in range(45))
