"""Messages of other kinds than text, on a server that has some: clients that do not know a kind show its content."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from hubbub.chat.events import MessageEvent
from hubbub.client import Client, SyncClient
from hubbub.errors import HubbubError, InvalidInput
from tests.compat.conftest import event_source
from tests.conftest import PASSWORD, NewDatabase, newcomer, user_id
from tests.http import HttpClient
from tests.kinds_server import PREFIX
from tests.raw import RawSocket
from tests.server import Server
from tests.test_terminal import Terminal

pytestmark = pytest.mark.long_on_postgresql

LUNCH = {"question": "Lunch?", "options": ["yes", "no"]}
HOME = {"latitude": 48.2, "longitude": 16.4, "label": "home"}


@pytest.fixture(scope="module")
def kinds_server(tmp_path_factory: pytest.TempPathFactory, database: NewDatabase) -> Iterator[Server]:
    running = Server(tmp_path_factory.mktemp("kinds") / "data", "rate_limits=off", prefix=PREFIX, database=database())
    yield running
    running.stop()


class Scene(NamedTuple):
    server: Server
    alice: Client
    bob: Client
    room: int
    http: HttpClient
    """Alice, without our client library."""


@pytest.fixture
async def scene(kinds_server: Server) -> AsyncIterator[Scene]:
    """Alice and Bob in a room of their own."""
    alice, bob = await newcomer(kinds_server.url), await newcomer(kinds_server.url)
    room = await alice.create_room(kind="private", members=[user_id(bob)])
    http = HttpClient(base_url=kinds_server.url, headers={"Authorization": f"Bearer {alice.token}"})
    yield Scene(kinds_server, alice, bob, room.id, http)
    await http.aclose()
    await alice.__aexit__()
    await bob.__aexit__()


async def test_a_message_of_a_kind_arrives_with_its_extra_everywhere(scene: Scene) -> None:
    socket = await RawSocket.greeted(scene.server.socket_url, scene.bob.token or "")
    body = {"content": "Vote: lunch?", "kind": "poll", "extra": LUNCH}
    sent = await scene.http.post(f"/api/rooms/{scene.room}/messages", json=body)
    assert sent.status_code == 201
    received = await socket.expect("message", room=scene.room)
    page = (await scene.http.get(f"/api/rooms/{scene.room}/messages")).json()
    changes = (await scene.http.get(f"/api/rooms/{scene.room}/changes?since=1")).json()
    one = (await scene.http.get(f"/api/rooms/{scene.room}/messages/1")).json()
    await socket.send(type="hello", since={str(scene.room): 1}, ref="again")
    resumed = await socket.expect("message", room=scene.room)
    for message in (sent.json(), received, page["messages"][0], changes["messages"][0], one, resumed):
        assert {name: message[name] for name in body} == body
    await socket.close()


async def test_nothing_changes_for_a_plain_message(scene: Scene) -> None:
    socket = await RawSocket.greeted(scene.server.socket_url, scene.bob.token or "")
    sent = (await scene.http.post("/api/messages", json={"room": scene.room, "content": "hi", "kind": "text"})).json()
    received = await socket.expect("message", room=scene.room)
    listed = (await scene.http.get(f"/api/rooms/{scene.room}/messages")).json()["messages"][0]
    for message in (sent, received, listed):
        assert not {"kind", "extra"} & set(message)
    await socket.close()


async def test_the_python_client_sends_and_receives_kinds(scene: Scene) -> None:
    async with scene.bob.live() as live:
        await live.ready()
        await scene.alice.send("", room=scene.room, kind="poll", extra=LUNCH)
        async with scene.alice.live() as writing:
            await writing.send("here", room=scene.room, kind="place", extra=HOME)
        received = []
        async for event in live:
            if isinstance(event, MessageEvent):
                received.append((event.content, event.kind, event.extra))
            if len(received) == 2:
                break
    assert received == [("Lunch? yes / no", "poll", LUNCH), ("here", "place", HOME)]
    with SyncClient(scene.server.url, scene.alice.token) as script:
        assert script.send("", room=scene.room, kind="poll", extra=LUNCH).extra == LUNCH


async def test_a_retry_with_the_same_key_finds_the_first_message(scene: Scene) -> None:
    first = await scene.alice.send("", room=scene.room, key="k", kind="poll", extra=LUNCH)
    again = await scene.alice.send("other", room=scene.room, key="k", kind="place", extra=HOME)
    assert again == first
    socket = await RawSocket.greeted(scene.server.socket_url, scene.alice.token or "")
    ack = await socket.ask(type="message", room=scene.room, content="", key="k", kind="poll", extra=LUNCH)
    assert ack["seq"] == first.seq
    await socket.close()


REFUSED: list[tuple[dict[str, Any], str, str]] = [
    ({"kind": "pol", "extra": LUNCH}, "kind", "not_a_choice"),
    ({"kind": "k" * 65}, "kind", "too_long"),
    ({"kind": 1}, "kind", "wrong_type"),
    ({"kind": None}, "kind", "wrong_type"),
    ({"kind": "call", "extra": {"seconds": 1}}, "kind", "reserved"),
    ({"extra": LUNCH}, "extra", "not_possible"),
    ({"kind": "poll"}, "extra.question", "required"),
    ({"kind": "poll", "extra": []}, "extra", "wrong_type"),
    ({"kind": "poll", "extra": {**LUNCH, "options": [1]}}, "extra.options.0", "wrong_type"),
    ({"kind": "poll", "extra": {**LUNCH, "votes": 1}}, "extra.votes", "unknown"),
    ({"kind": "poll", "extra": {**LUNCH, "question": "x" * 500}}, "extra", "too_long"),
    ({"kind": "place", "extra": HOME, "content": ""}, "content", "blank"),
    ({"kind": "poll", "extra": LUNCH, "content": " "}, "content", "blank"),
]


@pytest.mark.parametrize(("fields", "field", "code"), REFUSED)
async def test_what_does_not_fit_is_refused_and_nothing_is_stored(
    scene: Scene, fields: dict[str, Any], field: str, code: str
) -> None:
    body = {"content": "x", **fields}
    refused = await scene.http.post(f"/api/rooms/{scene.room}/messages", json=body)
    assert refused.status_code == 400
    assert [(error["field"], error["code"]) for error in refused.json()["errors"]] == [(field, code)]
    socket = await RawSocket.greeted(scene.server.socket_url, scene.alice.token or "")
    error = await socket.ask(type="message", room=scene.room, **body)
    assert [(one["field"], one["code"]) for one in error["errors"]] == [(field, code)]
    await socket.close()
    assert (await scene.alice.history(scene.room)).messages == []


async def test_extra_that_is_nested_too_deeply_is_refused(scene: Scene) -> None:
    body = '{"content":"x","kind":"poll","extra":{"question":' + "[" * 50_000 + "]" * 50_000 + "}}"
    path = f"/api/rooms/{scene.room}/messages"
    refused = await scene.http.post(path, content=body, headers={"Content-Type": "application/json"})
    assert (refused.status_code, refused.json()["code"]) == (400, "invalid_input")
    assert "request_failed" not in scene.server.log


async def test_a_kind_whose_text_fails_is_named_in_the_log_and_harms_nobody_else(scene: Scene) -> None:
    body = {"content": "", "kind": "broken", "extra": {"seconds": 5}}
    failed = await scene.http.post(f"/api/rooms/{scene.room}/messages", json=body)
    assert (failed.status_code, failed.json()["code"]) == (500, "internal")
    socket = await RawSocket.greeted(scene.server.socket_url, scene.alice.token or "")
    assert (await socket.ask(type="message", room=scene.room, **body))["code"] == "internal"
    assert (await socket.ask(type="message", room=scene.room, **{**body, "content": "x"}))["seq"] == 1
    assert "no text for 5 s" in scene.server.log
    assert '"kind": "broken"' in scene.server.log
    await socket.close()


async def test_an_edit_changes_content_and_where_allowed_extra(scene: Scene) -> None:
    place = await scene.alice.send("here", room=scene.room, kind="place", extra=HOME)
    edited = await scene.alice.edit(scene.room, place.seq, "there")
    assert (edited.content, edited.kind, edited.extra) == ("there", "place", HOME)
    work = {**HOME, "label": "work"}
    edited = await scene.alice.edit(scene.room, place.seq, "there", kind="place", extra=work)
    assert (edited.content, edited.extra, edited.version) == ("there", work, place.version + 2)
    assert (await scene.bob.message(scene.room, place.seq)).extra == work
    assert [edit.content for edit in await scene.bob.edits(scene.room, place.seq)] == ["here"]
    # The same once more changes nothing.
    assert (await scene.alice.edit(scene.room, place.seq, "there", kind="place", extra=work)) == edited
    poll = await scene.alice.send("", room=scene.room, kind="poll", extra=LUNCH)
    for fields, field, code in (
        ({"kind": "poll", "extra": LUNCH}, "extra", "not_possible"),
        ({"kind": "place", "extra": HOME}, "kind", "not_possible"),
        ({"kind": "text", "extra": HOME}, "extra", "not_possible"),
        ({"kind": "place"}, "extra", "required"),
        ({"kind": "pol", "extra": HOME}, "kind", "not_a_choice"),
    ):
        path = f"/api/rooms/{scene.room}/messages/{poll.seq}"
        refused = await scene.http.patch(path, json={"content": "x", **fields})
        assert [(error["field"], error["code"]) for error in refused.json()["errors"]] == [(field, code)], fields
    assert await scene.alice.message(scene.room, poll.seq) == poll


async def test_a_deleted_message_has_neither_kind_nor_extra(scene: Scene) -> None:
    sent = await scene.alice.send("", room=scene.room, kind="poll", extra=LUNCH)
    socket = await RawSocket.greeted(scene.server.socket_url, scene.bob.token or "")
    await scene.alice.delete(scene.room, sent.seq)
    received = await socket.expect("message", room=scene.room)
    listed = (await scene.http.get(f"/api/rooms/{scene.room}/messages")).json()["messages"][0]
    for message in (received, listed):
        assert (message["deleted"], message["content"]) == (True, "")
        assert not {"kind", "extra"} & set(message)
    stored = f"SELECT kind, extra FROM messages WHERE room_id = {scene.room}"
    assert scene.server.sql(stored) == [(None, None)]
    await socket.close()


async def test_content_of_a_kind_is_treated_like_any_other(scene: Scene) -> None:
    """It mentions, is replied to, counts as unread and takes reactions."""
    assert scene.bob.user is not None
    question = {"question": f"Lunch, @{scene.bob.user.username}?", "options": ["yes"]}
    poll = await scene.alice.send("", room=scene.room, kind="poll", extra=question)
    assert poll.mentions == [user_id(scene.bob)]
    me = (await scene.bob.room(scene.room)).me
    assert me is not None
    assert (me.unread, me.mentions) == (1, 1)
    reply = await scene.bob.send("yes", room=scene.room, reply_to=poll.seq)
    assert (await scene.alice.replies(scene.room, poll.seq)).messages == [reply]
    reacted = await scene.bob.react(scene.room, poll.seq, "👍")
    assert (reacted.kind, reacted.extra) == ("poll", question)


async def test_the_other_interfaces_show_it_by_its_content(scene: Scene) -> None:
    v1 = HttpClient(base_url=f"{scene.server.url}/v1")
    assert scene.alice.user is not None
    signing_in = {"username": scene.alice.user.username, "password": PASSWORD}
    assert (await v1.post("/auth/login", json=signing_in)).status_code == 200
    async with event_source(scene.http, f"/room/{scene.room}/subscribe") as events:
        body = {"content": "", "kind": "poll", "extra": LUNCH}
        assert (await scene.http.post(f"/room/{scene.room}/messages", json=body)).status_code == 201
        received = await events.next()
    assert (received["content"], received["kind"]) == ("Lunch? yes / no", "poll")
    for path in (f"/room/{scene.room}/messages", f"/conversations/{scene.room}"):
        assert [one["content"] for one in (await scene.http.get(path)).json()["messages"]] == ["Lunch? yes / no"]
    listed = (await v1.get(f"/group_chat/messages/group/{scene.room}")).json()["messages"]
    assert [one["message"] for one in listed] == ["Lunch? yes / no"]
    await v1.aclose()


async def test_the_terminal_shows_it_by_its_content(kinds_server: Server) -> None:
    carol = await newcomer(kinds_server.url)
    assert carol.user is not None
    terminal = await Terminal.open(kinds_server.url, "dora")
    await carol.send("", to="dora", kind="poll", extra=LUNCH)
    assert await terminal.until("Lunch?") == f"[@{carol.user.username}] {carol.user.username}: Lunch? yes / no (1)\n"
    await terminal.quit()
    await carol.__aexit__()


async def test_it_is_there_after_a_restart(tmp_path: Path, database: NewDatabase) -> None:
    server = Server(tmp_path / "data", "rate_limits=off", prefix=PREFIX, database=database())
    alice = await newcomer(server.url)
    room = await alice.create_room("room")
    sent = await alice.send("", room=room.id, kind="poll", extra=LUNCH)
    server.kill()
    server.start()
    assert await alice.message(room.id, sent.seq) == sent
    # A server that does not know the kind, such as one whose extension was removed, still has it.
    server.kill()
    server.stop()
    plain = Server(tmp_path / "data", "rate_limits=off", database=server._database, port=server.port)
    assert await alice.message(room.id, sent.seq) == sent
    assert (await alice.edit(room.id, sent.seq, "Lunch is over")).extra == LUNCH
    with pytest.raises(InvalidInput, match="use text") as refused:
        await alice.send("", room=room.id, kind="poll", extra=LUNCH)
    assert isinstance(refused.value, HubbubError)
    plain.stop()
    await alice.__aexit__()
