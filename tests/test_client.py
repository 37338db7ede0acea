"""The Python client: every waiting call gets the error that ended its connection; what can be retried is retried."""

import asyncio
import json
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from websockets.asyncio.server import ServerConnection, serve

from hubbub.chat.events import MessageEvent, NoticeEvent
from hubbub.client import Client, Live, SyncClient
from hubbub.client.notice_text import notice_text
from hubbub.client.wire import Connected, Disconnected
from hubbub.errors import HubbubError, InvalidInput, NotAuthenticated, NotFound, Unavailable
from tests.conftest import PASSWORD, MakeServer, newcomer
from tests.raw import PATIENCE

_GREETING = {
    "type": "connect",
    "user": {"id": 1, "username": "a", "display_name": "A", "status": "online"},
    "session": 1,
    "server_time": "2026-01-01T00:00:00.000Z",
    "rooms": [],
}


@pytest.fixture
async def broken() -> AsyncIterator[Callable]:
    """`await broken("…")`: the address of a server that greets, waits for another frame, and sends this."""
    servers = []

    async def start(*frames: str | bytes) -> str:
        async def handle(socket: ServerConnection) -> None:
            await socket.recv()
            await socket.send(json.dumps(_GREETING))
            await socket.recv()
            for frame in frames:
                await socket.send(frame)
            await socket.wait_closed()

        server = await serve(handle, "127.0.0.1", 0, subprotocols=["hubbub.v1"])  # type: ignore[list-item]
        servers.append(server)
        return f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"

    yield start
    for server in servers:
        server.close()
        await server.wait_closed()


async def everybody_hears(live: Live, error: type[BaseException]) -> list[BaseException]:
    """Two senders and two iterators wait when the connection ends, and one of each starts later: all get the error."""

    async def iterate() -> None:
        async for _ in live:
            pass

    async def hears(waiting) -> BaseException:
        with pytest.raises(error) as caught:
            await asyncio.wait_for(waiting, PATIENCE)
        return caught.value

    together = await asyncio.gather(
        *[hears(each) for each in (live.send("a", 1), live.send("b", 1), iterate(), iterate())]
    )
    late = [await hears(each) for each in (live.send("c", 1), live.ready(), iterate())]
    return [*together, *late]


@pytest.mark.parametrize(
    "frame",
    [
        "no JSON at all",
        '{"type": "message"}',
        '{"type": "presence", "user": "bob"}',
        '{"no": "type"}',
        "[]",
        "null",
        b"\xff\xfe",
        '{"type": "message", "room": "1"',
    ],
)
async def test_a_frame_that_cannot_be_read_is_told_to_all(broken, frame: str | bytes) -> None:
    live = Live(await broken(frame), lambda: "token")
    async with live:
        await live.ready()
        for error in await everybody_hears(live, HubbubError):
            assert "cannot read" in str(error)


async def test_what_a_later_server_may_say_is_passed_over(broken) -> None:
    typing = '{"type": "message", "room": 1}'
    live = Live(await broken('{"type": "invented"}', typing), lambda: "token")
    async with live:
        await live.ready()
        with pytest.raises(HubbubError, match="cannot read"):
            await live.send("a", 1)


async def test_what_a_later_server_adds_to_an_event_is_passed_over(broken) -> None:
    """Fields, also within others, a kind of message and a kind of notice that this client does not know."""
    sender = {"id": 1, "username": "a", "display_name": "A", "colour": "red"}
    at = "2026-01-01T00:00:00.000Z"
    message = {
        "type": "message", "room": 1, "seq": 1, "version": 2, "sender": sender, "content": "as text", "at": at,
        "deleted": False, "mentions": [], "reactions": [], "kind": "invented", "extra": {"a": [1]}, "expires_at": at,
    }  # fmt: skip
    notice = {
        "type": "notice", "room": 1, "version": 3, "after_seq": 1, "at": at, "kind": "painted", "actor": sender,
        "colour": "red",
    }  # fmt: skip
    live = Live(await broken(json.dumps(message), json.dumps(notice)), lambda: "token")
    async with live:
        await live.ready()
        waiting = asyncio.create_task(live.send("a", 1))
        events = [await asyncio.wait_for(anext(live), PATIENCE) for _ in range(3)][1:]
        assert isinstance(events[0], MessageEvent)
        assert (events[0].content, events[0].kind, events[0].extra) == ("as text", "invented", {"a": [1]})
        assert isinstance(events[1], NoticeEvent)
        assert (events[1].kind, notice_text(events[1])) == ("painted", "a changed the room")
        waiting.cancel()


async def test_an_error_of_a_library_is_told_to_all(monkeypatch: pytest.MonkeyPatch) -> None:
    # Connections through such a proxy need a package that is not installed.
    for name in ("all_proxy", "ALL_PROXY", "http_proxy", "ws_proxy"):
        monkeypatch.setenv(name, "socks5://127.0.0.1:1")
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    live = Live("http://example.invalid", lambda: "token")
    async with live:
        for error in await everybody_hears(live, HubbubError):
            assert "python-socks" in str(error)


@pytest.mark.parametrize("kind", [ValueError, pytest.fail.Exception])
async def test_whatever_is_raised_in_its_task_is_told_to_all(server, kind: type[BaseException]) -> None:
    """A test's time-out, for example, is raised in whatever task runs at that moment."""

    def token() -> str:
        raise kind("in the middle of connecting")

    live = Live(server.url, token)
    try:
        async with live:
            for error in await everybody_hears(live, HubbubError if issubclass(kind, Exception) else kind):
                assert "in the middle of connecting" in str(error)
    except kind:
        # Exceptions that are not the client's are raised on exit too, as nobody may have waited.
        assert not issubclass(kind, Exception)


async def test_a_session_that_ended_is_told_to_all(people) -> None:
    (alice,) = await people(1)
    live = alice.live()
    async with live:
        await live.ready()
        waiting = asyncio.create_task(anext_but_greeting(live))
        await alice.sign_out()
        with pytest.raises(NotAuthenticated):
            await asyncio.wait_for(waiting, PATIENCE)


async def anext_but_greeting(live: Live) -> None:
    async for _ in live:
        pass


async def test_what_is_too_much_at_once_is_sent_later(make_server: MakeServer) -> None:
    server = make_server("frames_per_second=20", "frame_burst=10")
    alice = await newcomer(server.url, "alice")
    room = (await alice.create_room("room")).id
    async with alice.live() as live:
        await live.ready()
        acks = await asyncio.gather(*[live.send(f"{number}", room=room) for number in range(60)])
    assert sorted(ack.seq for ack in acks) == list(range(1, 61))
    assert {m.content for m in (await alice.history(room, limit=200)).messages} == {f"{n}" for n in range(60)}
    await alice.__aexit__()


async def test_versions_are_there_once_it_is_ready(people) -> None:
    alice, bob = await people(2)
    room = (await alice.create_room(f"r {alice.user.username}", members=[bob.user.id])).id
    await bob.send("before", room=room)
    async with alice.live() as live:
        await live.ready()
        kept = dict(live.versions)
    assert kept[room] == (await alice.room(room)).version
    await bob.send("in between", room=room)
    async with alice.live(since=kept) as live:
        async for event in live:
            if isinstance(event, MessageEvent):
                assert event.content == "in between"
                break


async def test_that_the_line_is_lost_is_an_event(make_server: MakeServer) -> None:
    server = make_server()
    alice = await newcomer(server.url, "alice")
    async with alice.live() as live:
        await live.ready()
        assert isinstance(await anext(live), Connected)
        await asyncio.to_thread(server.kill)
        while not isinstance(event := await anext(live), Disconnected):
            pass
        assert event.code == 1006
        await asyncio.to_thread(server.start)
        # Once only, however many attempts the reconnect took.
        while not isinstance(event := await anext(live), Connected):
            assert not isinstance(event, Disconnected)
    await alice.__aexit__()


async def test_rooms_come_in_pages(make_server: MakeServer) -> None:
    server = make_server("rate_limits=off")
    alice = await newcomer(server.url, "alice")
    made = [(await alice.create_room(f"room {number}")).id for number in range(205)]
    for mine in (False, True):
        page = await alice.rooms(mine=mine, limit=3)
        assert ([room.id for room in page], page.has_more) == (made[:3], True)
        assert [room.id async for room in alice.all_rooms(mine=mine)] == made
    assert not (await alice.rooms("room 204")).has_more
    assert (await alice.create_room("equals", "private", joins_as="owner")).joins_as == "owner"
    await alice.__aexit__()


def test_a_script(server) -> None:
    with SyncClient(server.url) as client:
        name = "script" + "abcdefgh"[id(client) % 8]
        client.register(name, PASSWORD)
        client.sign_in(name, PASSWORD)
        room = client.create_room(f"of {name}", "private")
        with client.live() as live:
            assert room.id in live.versions
            assert live.send("heard", room=room.id).seq == 1
            assert next(event.content for event in live if isinstance(event, MessageEvent)) == "heard"
        assert [found.id for found in client.all_rooms(mine=True)] == [room.id]
        with pytest.raises(NotFound):
            client.room(999_999)
        with pytest.raises(TypeError):
            client.change_room(room.id, nmae="x")  # type: ignore[call-arg]
    with SyncClient(server.url, client.token) as again, pytest.raises(InvalidInput):
        again.change_room(room.id, name="")
    with SyncClient("http://127.0.0.1:9") as nobody, pytest.raises(Unavailable):
        nobody.profile()


def test_both_clients_can_do_the_same() -> None:
    def public(kind: type) -> set[str]:
        return {name for name in dir(kind) if not name.startswith("_")}

    assert public(Client) - public(SyncClient) == {"healthy"}
    assert public(SyncClient) - public(Client) <= {"token", "user"}


def test_a_mistyped_name_is_found_by_a_type_checker(tmp_path: Path) -> None:
    (tmp_path / "script.py").write_text(
        "from hubbub.client import Client, SyncClient\n"
        "async def main(client: Client) -> None:\n"
        "    await client.change_room(1, name='right')\n"
        "    await client.change_room(1, nmae='wrong')\n"
        "    await client.change_profile(display_nmae='wrong')\n"
        "    await client.keep_own(1, muted='wrong')\n"
        "def script(client: SyncClient) -> str:\n"
        "    client.change_room(1, nmae='wrong')\n"
        "    return client.room('wrong').topic or client.rooms()[0].name or ''\n"
    )
    command = [sys.executable, "-m", "mypy", "--strict", "--cache-dir", f"{tmp_path}/cache", "script.py"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path)
    wrong = {line.split(":")[1] for line in done.stdout.splitlines() if ": error:" in line}
    assert wrong == {"4", "5", "6", "8", "9"}, done.stdout + done.stderr
