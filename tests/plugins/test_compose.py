"""The `compose` hook: plugins change and refuse messages, on every interface, and fail without taking them along."""

import asyncio
import signal
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from hubbub.client import Client
from hubbub.errors import InvalidInput, Unavailable
from tests.conftest import MakeServer, newcomer
from tests.http import HttpClient
from tests.plugins.plugin_files import plugin_file
from tests.raw import PATIENCE, RawSocket

FILTER = """
from hubbub.plugins import Draft, Refused, hookimpl

@hookimpl
{kind} compose(draft: Draft) -> str | None:
    if "secret" in draft.content:
        raise Refused("Do not tell secrets here.", reason="secret")
    if "teh" in draft.content:
        return draft.content.replace("teh", "the")
    return None
"""


@pytest.fixture(params=["def", "async def"])
def filtered(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return plugin_file(tmp_path, "words", FILTER.replace("{kind}", request.param))


async def test_a_plugin_changes_and_refuses_on_every_interface(make_server: MakeServer, filtered: str) -> None:
    server = make_server(f"plugins={filtered}")
    alice, bob = await newcomer(server.url, "alice"), await newcomer(server.url, "bob")
    room = (await alice.create_room("kitchen")).id
    calls = [
        ("/api/messages", {"room": room}, "content"),
        ("/api/messages", {"to": "bob"}, "content"),
        (f"/api/rooms/{room}/messages", {}, "content"),
        ("/v1/messages", {"dest_username": "bob"}, "message"),
        (f"/room/{room}/messages", {}, "content"),
        ("/messages", {"to": "bob"}, "content"),
    ]
    async with HttpClient(base_url=server.url, headers={"Authorization": f"Bearer {alice.token}"}) as http:
        conversation = await http.post("/conversations", json={"participants": ["bob"]})
        calls.append((f"/conversations/{conversation.json()['id']}/message", {}, "content"))
        for path, body, field in calls:
            refused = await http.post(path, json={**body, field: "a secret"})
            assert refused.status_code == 400, (path, refused.text)
            assert "Do not tell secrets here." in refused.text
            sent = await http.post(path, json={**body, field: "teh cat"})
            assert sent.is_success, (path, sent.text)
            assert "the cat" in sent.text
        stored = (await http.get(f"/api/rooms/{room}/messages")).json()["messages"]
        assert {message["content"] for message in stored} == {"the cat"}
        reply = await http.post("/api/messages", json={"room": room, "content": "teh reply", "thread": 1})
        assert (reply.json()["content"], reply.json()["thread"]["root"]) == ("the reply", 1)
    await alice.__aexit__(), await bob.__aexit__()


async def test_a_scheduled_message_is_looked_at_when_it_is_sent(make_server: MakeServer, filtered: str) -> None:
    server = make_server(f"plugins={filtered}")
    alice = await newcomer(server.url, "alice")
    room = (await alice.create_room("kitchen")).id
    since = (await alice.stream()).position
    # `at` is far enough ahead that the text of the last one is changed before it.
    at = (datetime.now(UTC) + timedelta(seconds=2)).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    received = await alice.schedule(room, "a secret", at)
    sent = await alice.schedule(room, "teh cat", at)
    changed = await alice.schedule(room, "harmless", at)
    await alice.change_scheduled(changed.id, content="a secret after all")
    left = {received.id, sent.id, changed.id}
    async with alice.live(stream=since) as live:
        async for event in live:
            if getattr(event, "kind", None) != "scheduled":
                continue
            waiting = {one.id for one in await alice.scheduled() if one.failed is None}
            left &= waiting
            if not left:
                break
    assert [message.content for message in (await alice.history(room)).messages] == ["the cat"]
    assert {one.id: one.failed for one in await alice.scheduled()} == {received.id: "refused", changed.id: "refused"}
    await alice.__aexit__()


LOOKING = """
import asyncio
from pathlib import Path
from hubbub.plugins import hookimpl

@hookimpl
async def compose(draft):
    (Path(__file__).parent / "begun").touch()
    while not (Path(__file__).parent / "go").exists():
        await asyncio.sleep(0.01)
    return f"{draft.content}!"
"""


async def test_a_scheduled_message_that_is_changed_while_a_plugin_looks_at_it(
    make_server: MakeServer, tmp_path: Path
) -> None:
    server = make_server(f"plugins={plugin_file(tmp_path, 'looking', LOOKING)}", "hook_seconds=60")
    alice = await newcomer(server.url, "alice")
    room = (await alice.create_room("kitchen")).id
    since = (await alice.stream()).position
    at = (datetime.now(UTC) + timedelta(seconds=1)).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    made = await alice.schedule(room, "tea", at)
    async with asyncio.timeout(PATIENCE):
        while not (tmp_path / "begun").exists():
            await asyncio.sleep(0.01)
    await alice.change_scheduled(made.id, content="coffee")
    (tmp_path / "go").touch()
    async with alice.live(stream=since) as live:
        events = aiter(live)
        while await alice.scheduled():
            await anext(events)
    assert [message.content for message in (await alice.history(room)).messages] == ["coffee!"]
    await alice.__aexit__()


async def test_a_refusal_names_the_plugin_and_its_reason_over_both_ways(make_server: MakeServer, filtered: str) -> None:
    server = make_server(f"plugins={filtered}")
    alice = await newcomer(server.url, "alice")
    room = (await alice.create_room("kitchen")).id
    with pytest.raises(InvalidInput) as refused:
        await alice.send("a secret", room=room)
    (error,) = refused.value.errors
    assert (error.field, error.code, error.params) == ("content", "refused", {"plugin": "words", "reason": "secret"})
    message = await alice.send("fine", room=room)
    with pytest.raises(InvalidInput, match="secrets"):
        await alice.edit(room, message.seq, "a secret after all")
    assert (await alice.edit(room, message.seq, "teh edit")).content == "the edit"
    socket = await RawSocket.open(server.socket_url, {"Authorization": f"Bearer {alice.token}"})
    await socket.send(type="hello")
    await socket.expect("connect")
    await socket.send(type="message", room=room, content="a secret", ref=1)
    error = await socket.expect("error")
    assert (error["ref"], error["code"], error["errors"][0]["code"]) == (1, "invalid_input", "refused")
    await socket.send(type="edit", room=room, seq=1, content="a secret", ref=2)
    assert (await socket.expect("error"))["errors"][0]["params"] == {"plugin": "words", "reason": "secret"}
    await socket.ask(type="message", room=room, content="teh dog")
    assert (await alice.history(room)).messages[-1].content == "the dog"
    await socket.close()
    await alice.__aexit__()


FAILING = """
import asyncio
from hubbub.plugins import hookimpl, required

{decorator}
async def compose(draft):
    {failure}
"""
FAILURES = {
    "raises": "raise ZeroDivisionError",
    "hangs": "await asyncio.Event().wait()",
    "hangs and cannot be cancelled": "\n    ".join(
        ["while True:", "    try:", "        await asyncio.Event().wait()", "    except asyncio.CancelledError: pass"]
    ),
    "is cancelled": "raise asyncio.CancelledError",
    "returns no text": "return 7",
    "exits": "raise SystemExit(3)",
}


@pytest.mark.parametrize("failure", FAILURES)
async def test_a_plugin_that_fails_is_named_and_the_message_is_delivered(
    make_server: MakeServer, tmp_path: Path, failure: str
) -> None:
    broken = FAILING.replace("{decorator}", "@hookimpl").replace("{failure}", FAILURES[failure])
    working = FILTER.replace("{kind}", "def")
    files = plugin_file(tmp_path, "broken", broken), plugin_file(tmp_path, "words", working)
    server = make_server(f"plugins={','.join(files)}", "hook_seconds=0.2")
    alice = await newcomer(server.url, "alice")
    room = (await alice.create_room("kitchen")).id
    assert (await alice.send("teh cat", room=room)).content == "the cat"
    async with alice.live() as live:
        await live.ready()
        await live.send("teh dog", room=room)
    assert [message.content for message in (await alice.history(room)).messages] == ["the cat", "the dog"]
    assert '"plugin":"broken"' in server.log.replace('": "', '":"')
    await alice.__aexit__()
    assert server.terminate() == 0


@pytest.mark.parametrize("failure", FAILURES)
async def test_nothing_passes_a_required_plugin_that_fails(
    make_server: MakeServer, tmp_path: Path, failure: str
) -> None:
    broken = FAILING.replace("{decorator}", "@hookimpl\n@required").replace("{failure}", FAILURES[failure])
    server = make_server(f"plugins={plugin_file(tmp_path, 'broken', broken)}", "hook_seconds=0.2")
    alice = await newcomer(server.url, "alice")
    room = (await alice.create_room("kitchen")).id
    with pytest.raises(Unavailable) as refused:
        await alice.send("hello", room=room)
    assert refused.value.reason == "plugin_failed"
    assert (await alice.history(room)).messages == []
    await alice.__aexit__()


SLOW = """
import asyncio
from hubbub.plugins import hookimpl

turn = asyncio.Event()

@hookimpl
async def compose(draft):
    # The first one is let go by the second one.
    if draft.content == "first":
        await turn.wait()
    turn.set()
"""


async def test_messages_of_one_person_keep_their_order(make_server: MakeServer, tmp_path: Path) -> None:
    server = make_server(f"plugins={plugin_file(tmp_path, 'slow', SLOW)}", "hook_seconds=60")
    alice = await newcomer(server.url, "alice")
    room = (await alice.create_room("kitchen")).id
    socket = await RawSocket.open(server.socket_url, {"Authorization": f"Bearer {alice.token}"})
    await socket.send(type="hello")
    await socket.expect("connect")
    await socket.send(type="message", room=room, content="first", ref=1)
    await socket.send(type="message", room=room, content="second", ref=2)
    await socket.send(type="leave_room", room=room, ref=3)
    assert [(await socket.expect("ack"))["ref"] for _ in range(3)] == [1, 2, 3]
    assert [message.content for message in (await history(alice, room))] == ["first", "second"]
    await socket.close()
    await alice.__aexit__()


WAITS = """
import asyncio
from pathlib import Path
from hubbub.plugins import hookimpl

@hookimpl
async def compose(draft):
    Path("began").touch()
    while not Path("go").exists():
        await asyncio.sleep(0.02)
"""


async def test_a_message_that_is_with_a_plugin_is_stored_before_the_server_stops(
    make_server: MakeServer, tmp_path: Path
) -> None:
    server = make_server(f"plugins={plugin_file(tmp_path, 'waits', WAITS)}", "hook_seconds=60")
    alice = await newcomer(server.url, "alice")
    room = (await alice.create_room("kitchen")).id
    socket = await RawSocket.open(server.socket_url, {"Authorization": f"Bearer {alice.token}"})
    await socket.send(type="hello")
    await socket.expect("connect")
    await socket.send(type="message", room=room, content="just in time", ref=1)
    async with asyncio.timeout(60):
        while not (tmp_path / "began").exists():
            await asyncio.sleep(0.02)
        server.process.send_signal(signal.SIGTERM)
        while "draining" not in server.log:
            await asyncio.sleep(0.02)
    (tmp_path / "go").touch()
    assert (await socket.expect("ack"))["seq"] == 1
    assert server.process.wait(60) == 0
    server.start()
    assert [message.content for message in await history(alice, room)] == ["just in time"]
    await alice.__aexit__()


async def history(client: Client, room: int) -> list:
    return (await client.history(room)).messages
