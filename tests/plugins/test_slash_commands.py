"""Slash commands: run over REST and the socket, answered to their caller or posted in their name."""

from pathlib import Path

import pytest

from hubbub.chat.shapes import Message
from hubbub.client.responses import CommandAnswer
from hubbub.errors import InvalidInput, NotAllowed, NotFound
from tests.conftest import MakeServer, newcomer
from tests.http import HttpClient
from tests.plugins.plugin_files import plugin_file
from tests.raw import RawSocket
from tests.server import Server

COMMANDS = """
import argparse
import asyncio
import msgspec
from hubbub.chat.message_kinds import MessageKind
from hubbub.errors import NotAllowed
from hubbub.plugins import Answer, Invocation, Post, Refused, SlashCommand, hookimpl

class Roll(msgspec.Struct):
    faces: int

count = 0

async def whisper(call: Invocation):
    return Answer(f"{call.user} {call.room} {call.to} {call.arguments!r}")

async def shout(call: Invocation):
    if call.arguments == "no":
        raise Refused("Say something else.", reason="no")
    if call.arguments == "forbidden":
        raise NotAllowed("Not you.")
    return Post(call.arguments.upper())

async def roll(call: Invocation):
    return Post("rolled a 4", "roll", {"faces": 4})

async def tick(call: Invocation):
    global count
    count += 1
    return Answer(str(count))

async def fail(call: Invocation):
    raise ZeroDivisionError

async def hang(call: Invocation):
    await asyncio.Event().wait()

async def nothing(call: Invocation):
    return "a text"

def plain(call: Invocation):
    return Answer("not awaited")

async def no_text(call: Invocation):
    return Answer(7)

async def half(call: Invocation):
    return Answer("\\ud800")

async def no_content(call: Invocation):
    return Post(None)

async def no_extra(call: Invocation):
    return Post("rolled", "roll", [4])

async def usage(call: Invocation):
    argparse.ArgumentParser().parse_args(call.arguments.split())

BROKEN = (fail, hang, nothing, plain, no_text, half, no_content, no_extra, usage)

@hookimpl
def slash_commands():
    return [
        SlashCommand(run.__name__, f"Does {run.__name__}.", run, "[text]")
        for run in (whisper, shout, roll, tick, *BROKEN)
    ]

@hookimpl
def message_kinds():
    return [MessageKind("roll", Roll, from_clients=False)]
"""
BROKEN = ("fail", "hang", "nothing", "plain", "no_text", "half", "no_content", "no_extra", "usage")


@pytest.fixture
def commands(make_server: MakeServer, tmp_path: Path) -> Server:
    return make_server(f"plugins={plugin_file(tmp_path, 'party', COMMANDS)}", "hook_seconds=0.5")


async def test_an_answer_is_for_the_caller_only_and_a_post_is_a_message_of_theirs(commands: Server) -> None:
    alice, bob = await newcomer(commands.url, "alice"), await newcomer(commands.url, "bob")
    room = (await alice.create_room("kitchen")).id
    await bob.join(room)
    answer = await alice.command("/whisper  hello there ", room=room)
    assert answer == CommandAnswer("whisper", f"1 {room} None 'hello there'")
    assert await alice.command("/WHISPER", to="bob") == CommandAnswer("whisper", "1 None bob ''")
    posted = await alice.command("/shout tea is ready", room=room, reply_to=None)
    assert isinstance(posted, Message)
    assert (posted.content, posted.sender.username) == ("TEA IS READY", "alice")
    # In a thread, what it posts is a reply there.
    with pytest.raises(InvalidInput, match="no message 9"):
        await alice.command("/shout", room=room, thread=9)
    reply = await alice.command("/shout in a thread", room=room, thread=1)
    assert isinstance(reply, Message)
    assert (reply.content, reply.root) == ("IN A THREAD", 1)
    await alice.delete(room, reply.seq)
    rolled = await alice.command("/roll", room=room)
    assert isinstance(rolled, Message)
    assert (rolled.kind, rolled.extra, rolled.content) == ("roll", {"faces": 4}, "rolled a 4")
    with pytest.raises(InvalidInput) as refused:
        await alice.edit(room, rolled.seq, "rolled a 6")
    assert [(error.field, error.code) for error in refused.value.errors] == [("kind", "reserved")]
    received = [message.content for message in (await bob.history(room, threads="apart")).messages]
    assert received == ["TEA IS READY", "rolled a 4"]
    await alice.__aexit__(), await bob.__aexit__()


async def test_over_the_socket(commands: Server) -> None:
    alice = await newcomer(commands.url, "alice")
    room = (await alice.create_room("kitchen")).id
    async with alice.live() as live:
        await live.ready()
        answer = await live.command("/whisper psst", room=room)
        assert (answer.answer, answer.seq) == (f"1 {room} None 'psst'", None)
        posted = await live.command("/shout over the socket", room=room)
        assert (posted.answer, posted.seq) == (None, 1)
        with pytest.raises(InvalidInput, match="Say something else"):
            await live.command("/shout no", room=room)
        assert (await live.send("/shout as text", room=room)).seq == 2
    contents = [message.content for message in (await alice.history(room)).messages]
    assert contents == ["OVER THE SOCKET", "/shout as text"]
    await alice.__aexit__()


async def test_what_is_no_command_is_text(commands: Server) -> None:
    alice = await newcomer(commands.url, "alice")
    room = (await alice.create_room("kitchen")).id
    texts = ["/unknown thing", "//shout twice", " /shout", "/shoutout", "/", "/usr/bin", "a /shout", "/shout/it"]
    async with HttpClient(base_url=commands.url, headers={"Authorization": f"Bearer {alice.token}"}) as http:
        for text in texts:
            sent = await http.post("/api/messages", json={"room": room, "content": text})
            assert (sent.status_code, sent.json()["content"]) == (201, text.strip() if text[0] != " " else text), text
        as_text = await http.post(f"/api/rooms/{room}/messages", json={"content": "/shout this", "as_text": True})
        assert (as_text.status_code, as_text.json()["content"]) == (201, "/shout this")
        # An edit runs nothing, nor do the other interfaces.
        edited = await http.patch(f"/api/rooms/{room}/messages/1", json={"content": "/shout this"})
        assert edited.json()["content"] == "/shout this"
        other = await http.post(f"/room/{room}/messages", json={"content": "/shout this"})
        assert other.json()["content"] == "/shout this"
    assert (await alice.send("/shout this", room=room)).content == "/shout this"
    await alice.__aexit__()


async def test_who_may_not_post_may_not_run_a_command_there(commands: Server) -> None:
    alice, bob = await newcomer(commands.url, "alice"), await newcomer(commands.url, "bob")
    room = (await alice.create_room("kitchen")).id
    private = (await alice.create_room(kind="private")).id
    await alice.change_room(room, archived=True)
    with pytest.raises(NotAllowed):
        await alice.command("/whisper me too", room=room)
    with pytest.raises(NotFound):
        await bob.command("/whisper me too", room=private)
    with pytest.raises(NotFound):
        await bob.command("/whisper me too", to="nobody")
    with pytest.raises(InvalidInput, match="oneself"):
        await bob.command("/whisper me too", to="bob")
    hall = (await bob.create_room("hall")).id
    with pytest.raises(InvalidInput, match="no message 7"):
        await bob.command("/whisper me too", room=hall, reply_to=7)
    with pytest.raises(InvalidInput, match="no message 7"):
        await bob.command("/whisper me too", to="alice", reply_to=7)
    await alice.__aexit__(), await bob.__aexit__()


async def test_refusals_and_failures(commands: Server) -> None:
    alice = await newcomer(commands.url, "alice")
    room = (await alice.create_room("kitchen")).id
    with pytest.raises(InvalidInput) as refused:
        await alice.command("/shout no", room=room)
    assert refused.value.errors[0].params == {"plugin": "party", "reason": "no"}
    with pytest.raises(NotAllowed, match="Not you"):
        await alice.command("/shout forbidden", room=room)
    with pytest.raises(InvalidInput):
        await alice.command("/shout", room=room)  # it would post an empty message
    for name in BROKEN:
        answer = await alice.command(f"/{name} --what", room=room)
        assert isinstance(answer, CommandAnswer)
        assert "This command failed." in answer.answer
        assert [line for line in commands.log.splitlines() if f"/{name}" in line and '"party"' in line]
    assert (await alice.send("still here", room=room)).seq == 1
    await alice.__aexit__()
    assert commands.terminate() == 0


async def test_with_the_same_key_a_command_runs_once(commands: Server) -> None:
    alice = await newcomer(commands.url, "alice")
    room = (await alice.create_room("kitchen")).id
    answers = [await alice.command("/tick", room=room, key="one") for _ in range(3)]
    assert {answer.answer for answer in answers if isinstance(answer, CommandAnswer)} == {"1"}
    second = await alice.command("/tick", room=room, key="two")
    assert second == CommandAnswer("tick", "2")
    # A key is one of a room, as for messages.
    other = (await alice.create_room("hall")).id
    assert await alice.command("/tick", room=other, key="one") == CommandAnswer("tick", "3")
    posted = [await alice.command("/shout once", room=room, key="three") for _ in range(2)]
    assert [message.seq for message in posted if isinstance(message, Message)] == [1, 1]
    await alice.__aexit__()


async def test_commands_are_listed_and_counted(make_server: MakeServer, tmp_path: Path) -> None:
    server = make_server(f"plugins={plugin_file(tmp_path, 'party', COMMANDS)}", "messages_per_user=3/hour")
    alice = await newcomer(server.url, "alice")
    async with HttpClient(base_url=server.url, headers={"Authorization": f"Bearer {alice.token}"}) as http:
        listed = (await http.get("/api/commands")).json()["commands"]
        assert [one["name"] for one in listed] == sorted(["roll", "shout", "tick", "whisper", *BROKEN])
        assert listed[0] == {"name": "fail", "usage": "[text]", "description": "Does fail."}
        room = (await alice.create_room("kitchen")).id
        statuses = [
            (await http.post("/api/messages", json={"room": room, "content": content})).status_code
            for content in ("/tick", "/shout a", "text", "/tick", "/shout b")
        ]
        assert statuses == [202, 201, 201, 429, 429]
        bob = await newcomer(server.url, "bob")
        http.headers["Authorization"] = f"Bearer {bob.token}"
        # Nothing is posted, but the command has run.
        statuses = [
            (await http.post("/api/messages", json={"to": "alice", "content": "/shout"})).status_code for _ in range(4)
        ]
        assert statuses == [400, 400, 400, 429]
    await alice.__aexit__(), await bob.__aexit__()


async def test_without_plugins_there_are_none(server: Server) -> None:
    alice = await newcomer(server.url)
    room = (await alice.create_room(f"room of {alice.user.username}")).id
    assert await alice.commands() == []
    assert (await alice.send("/shout", room=room)).content == "/shout"
    posted = await alice.command("/shout", room=room)
    assert isinstance(posted, Message)
    socket = await RawSocket.open(server.socket_url, {"Authorization": f"Bearer {alice.token}"})
    await socket.send(type="hello")
    await socket.expect("connect")
    assert (await socket.ask(type="message", room=room, content="/me"))["seq"] == 3
    await socket.close()
    await alice.__aexit__()
