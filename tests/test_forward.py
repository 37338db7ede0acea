"""Forwarded messages: whoever reads them sees the text and its author, and the source only where they may read it."""

import asyncio
import json
from pathlib import Path

import httpx
import msgspec
import pytest

from hubbub.chat import forwarding, members, messages, room_purge, rooms
from hubbub.chat.forwarded import FORWARD, Forwarded
from hubbub.chat.limits import Limits
from hubbub.client import Client
from hubbub.errors import HubbubError, InvalidInput, NotAllowed, NotFound
from tests.conftest import MakeServer, People, newcomer, user_id
from tests.http import HttpClient
from tests.plugins.plugin_files import plugin_file
from tests.server import Server
from tests.stores import Chat

LIMITS = Limits()


async def forward(chat: Chat, actor: int, source: tuple[int, int], room: int, comment: str = "", **place):
    original = await chat.read(forwarding.OriginalOf(actor, *source))
    command = forwarding.compose(original, actor, comment, LIMITS, room, **place)
    return (await chat.write(command)).message


async def source(chat: Chat, actor: int, room: int, seq: int) -> tuple[int, int] | str | None:
    try:
        found = await chat.read(forwarding.SourceOf(actor, room, seq))
    except HubbubError as error:
        return error.reason
    return found.room.id, found.seq


def extra(message) -> Forwarded:
    return msgspec.convert(message.extra, Forwarded)


async def test_only_who_may_read_the_source_learns_of_it(chat: Chat) -> None:
    secret = await chat.room("private", "secret", who=[])
    hall = await chat.room("public", "hall", who=[chat.bob])
    await chat.post(chat.alice, secret, "the plan of @bob")
    sent = await forward(chat, chat.alice, (secret, 1), hall, "look, @carol")
    assert (sent.kind, extra(sent).text, extra(sent).comment) == (FORWARD, "the plan of @bob", "look, @carol")
    assert (extra(sent).author.username, sent.mentions) == ("alice", [chat.carol])
    assert sent.content == "look, @carol\n\nForwarded from Alice:\nthe plan of @bob"
    assert await source(chat, chat.alice, hall, sent.seq) == (secret, 1)
    for other in (chat.bob, chat.carol):
        assert await source(chat, other, hall, sent.seq) == "no_source"
    # As one's place in the source's room changes.
    await chat.write(members.AddMember(chat.alice, secret, LIMITS, chat.bob))
    assert await source(chat, chat.bob, hall, sent.seq) == (secret, 1)
    await chat.write(members.RemoveMember(chat.alice, secret, chat.bob, LIMITS))
    assert await source(chat, chat.bob, hall, sent.seq) == "no_source"
    # What everybody reads has no trace of the room.
    (event,) = [message for message in (await chat.history(chat.bob, hall)).messages if message.seq == sent.seq]
    assert "secret" not in json.dumps(msgspec.to_builtins(event))
    assert set(event.extra) == {"text", "author", "at", "comment"}


async def test_a_public_source_is_linked_for_all_until_it_is_private(chat: Chat) -> None:
    lobby = await chat.room("public", "lobby", who=[])
    hall = await chat.room("public", "hall", who=[chat.bob])
    await chat.post(chat.alice, lobby, "welcome")
    sent = await forward(chat, chat.bob, (lobby, 1), hall)
    assert sent.content == "Forwarded from Alice:\nwelcome"
    assert await source(chat, chat.carol, hall, sent.seq) == (lobby, 1)
    await chat.write(rooms.ChangeRoom(chat.alice, lobby, kind="private"))
    assert [await source(chat, who, hall, sent.seq) for who in (chat.bob, chat.carol)] == ["no_source"] * 2


async def test_what_may_not_be_read_or_written_is_not_forwarded(chat: Chat) -> None:
    secret = await chat.room("private", "secret")
    hall = await chat.room("private", "hall", who=[chat.carol])
    await chat.post(chat.alice, secret, "the plan")
    await chat.post(chat.alice, secret, "gone")
    await chat.write(messages.DeleteMessage(chat.alice, secret, 2))
    for actor, place, into, reason in (
        (chat.carol, (secret, 1), hall, "no_room"),  # an outsider
        (chat.alice, (secret, 2), hall, "message_deleted"),
        (chat.alice, (secret, 3), hall, "no_message"),
        (chat.alice, (99, 1), hall, "no_room"),
        (chat.bob, (secret, 1), hall, "no_room"),  # into a room of others
    ):
        with pytest.raises((NotFound, NotAllowed)) as refused:
            await forward(chat, actor, place, into)
        assert refused.value.reason == reason
    await chat.write(members.RemoveMember(chat.bob, secret, chat.bob, LIMITS))
    with pytest.raises(NotFound):
        await forward(chat, chat.bob, (secret, 1), secret)
    assert (await chat.history(chat.alice, hall)).messages == []


async def test_the_copy_stays_as_it_was(chat: Chat) -> None:
    room, hall = await chat.room(), await chat.room("private", "hall")
    await chat.post(chat.alice, room, "first")
    await chat.write(messages.amend(chat.alice, room, 1, "second", LIMITS))
    sent = await forward(chat, chat.bob, (room, 1), hall)
    assert extra(sent).text == "second"
    await chat.write(messages.DeleteMessage(chat.alice, room, 1))
    (kept,) = (await chat.history(chat.alice, hall)).messages
    assert (extra(kept).text, await source(chat, chat.alice, hall, 1)) == ("second", "no_source")
    # Only the server says what somebody else wrote.
    for options in ({}, {"kind": FORWARD, "extra": {"text": "forged"}}):
        with pytest.raises(InvalidInput) as refused:
            await chat.write(messages.amend(chat.bob, hall, 1, "forged", LIMITS, **options))
        assert refused.value.errors[0].code == "reserved"
    await chat.write(messages.DeleteMessage(chat.bob, hall, 1))
    (gone,) = (await chat.history(chat.alice, hall)).messages
    assert (gone.kind, gone.extra, await source(chat, chat.bob, hall, 1)) == ("text", None, "message_deleted")


async def test_a_forward_of_a_forward_is_one_of_the_first(chat: Chat) -> None:
    secret = await chat.room("private", "secret", who=[])
    hall = await chat.room("private", "hall")
    club = await chat.room("public", "club", who=[chat.bob, chat.carol])
    await chat.post(chat.alice, secret, "the plan")
    await forward(chat, chat.alice, (secret, 1), hall, "for bob only")
    again = await forward(chat, chat.bob, (hall, 1), club, "@carol read this")
    assert extra(again) == Forwarded("the plan", extra(again).author, extra(again).at, "@carol read this")
    assert (extra(again).author.id, again.sender.id, again.mentions) == (chat.alice, chat.bob, [chat.carol])
    assert [await source(chat, who, club, 1) for who in (chat.alice, chat.bob)] == [(secret, 1), "no_source"]


async def test_in_threads_long_and_with_a_key(chat: Chat) -> None:
    room, hall = await chat.room(), await chat.room("private", "hall")
    await chat.post(chat.alice, room, "root")
    text, comment = "x" * LIMITS.message_length, "y" * LIMITS.message_length
    await chat.post(chat.alice, room, text, thread=1)
    await chat.post(chat.alice, hall, "another root")
    sent = await forward(chat, chat.bob, (room, 2), hall, comment, thread=1, also_in_room=True, key="one")
    assert (extra(sent).text, extra(sent).comment) == (text, comment)
    assert sent.thread is not None
    assert (sent.thread.root, sent.thread.also_in_room) == (1, True)
    assert (await forward(chat, chat.bob, (room, 2), hall, comment, thread=1, key="one")).seq == sent.seq
    found = await chat.read(forwarding.SourceOf(chat.bob, hall, sent.seq))
    assert (found.room.name, found.seq, found.thread) == ("room", 2, 1)
    with pytest.raises(InvalidInput) as refused:
        await forward(chat, chat.bob, (room, 2), hall, comment + "z")
    assert refused.value.errors[0].code == "too_long"
    # A room that is erased takes its sources along.
    await chat.write(rooms.DeleteRoom(chat.alice, hall))
    while await chat.write(room_purge.PurgeRoom(hall)):
        pass
    assert await chat.read(forwarding.OriginalOf(chat.bob, room, 2))


async def raw(client: Client, url: str, method: str, path: str, body: object = None) -> httpx.Response:
    async with HttpClient(base_url=url, headers={"Authorization": f"Bearer {client.token}"}) as http:
        return await http.request(method, path, json=body)


async def test_over_rest_and_live(people: People, server: Server) -> None:
    alice, bob = await people(2)
    secret = (await alice.create_room(kind="private", name="the secret room")).id
    first = await alice.send("the *plan*", room=secret)
    async with bob.live(stream=0) as live:
        await live.ready()
        sent = await alice.forward((secret, first.seq), to=user_id(bob), comment="for you", key="k")
        assert (await alice.forward((secret, first.seq), to=user_id(bob), comment="for you", key="k")).seq == sent.seq
        async for event in live:
            if getattr(event, "kind", None) == FORWARD:
                break
    assert event.extra == sent.extra
    assert sent.extra is not None
    assert sent.extra["author"]["id"] == user_id(alice)
    found = await alice.source(sent.room, sent.seq)
    assert (found.room.name, found.seq) == ("the secret room", 1)
    with pytest.raises(NotFound) as refused:
        await bob.source(sent.room, sent.seq)
    assert refused.value.reason == "no_source"
    # Sent again it is the same message, also when the original has gone meanwhile.
    await alice.delete(secret, first.seq)
    assert (await alice.forward((secret, first.seq), to=user_id(bob), comment="for you", key="k")).seq == sent.seq
    assert (await alice.forward((secret, first.seq), room=sent.room, comment="for you", key="k")).seq == sent.seq
    for key in (None, "another"):
        with pytest.raises(NotFound) as refused:
            await alice.forward((secret, first.seq), to=user_id(bob), key=key)
        assert refused.value.reason == "message_deleted"
    with pytest.raises(NotFound):
        await bob.forward((secret, first.seq), room=sent.room, key="k")
    # Who only asks whether there is a source is answered without an error.
    path = f"/api/rooms/{sent.room}/messages/{sent.seq}/source"
    assert [(await raw(one, server.url, "GET", f"{path}?missing=empty")).status_code for one in (alice, bob)] == [
        204
    ] * 2
    assert (await raw(bob, server.url, "GET", path)).status_code == 404
    assert (await raw(bob, server.url, "GET", f"{path}?missing=nothing")).status_code == 400
    # Nothing that bob can read names the room: history, changes, stream, activity, what he saved.
    await bob.save_message(sent.room, sent.seq)
    for path in (
        f"/api/rooms/{sent.room}/messages",
        f"/api/rooms/{sent.room}/changes?since=0",
        f"/api/rooms/{sent.room}/messages/{sent.seq}",
        "/api/stream?after=0",
        "/api/saved",
        "/api/activity",
        "/api/rooms?mine=true",
        "/direct",
    ):
        answer = await raw(bob, server.url, "GET", path)
        assert "the secret room" not in answer.text, path
        assert "source_room" not in answer.text, path


FORGED = [
    ({"kind": "forward", "extra": {"text": "forged"}}, "kind", "reserved"),
    ({"kind": "forward"}, "kind", "reserved"),
    ({"forward": {"room": 1}}, "forward.seq", "required"),
    ({"forward": {"room": 1, "seq": 0}}, "forward.seq", "too_small"),
    ({"forward": {"room": 1, "seq": 2**63}}, "forward.seq", "too_large"),
    ({"forward": {"room": "1", "seq": 1}}, "forward.room", "wrong_type"),
    ({"forward": {"room": 1, "seq": 1, "author": 1}}, "forward.author", "unknown"),
    ({"forward": [1, 1]}, "forward", "wrong_type"),
    ({"forward": {"room": 1, "seq": 1}, "kind": "text", "extra": {}}, "kind", "not_possible"),
    ({"forward": {"room": 1, "seq": 1}, "kind": "poll"}, "kind", "not_possible"),
    ({}, "content", "blank"),
]


@pytest.mark.parametrize(("body", "field", "code"), FORGED)
async def test_what_is_forged_or_odd_is_refused(
    people: People, server: Server, body: dict[str, object], field: str, code: str
) -> None:
    (alice,) = await people(1)
    room = (await alice.create_room(kind="private", name="notes")).id
    for path, place in ((f"/api/rooms/{room}/messages", {}), ("/api/messages", {"room": room})):
        answer = await raw(alice, server.url, "POST", path, {"content": "", **place, **body})
        assert answer.status_code == 400, answer.text
        assert [(error["field"], error["code"]) for error in answer.json()["errors"]] == [(field, code)]
    assert (await alice.history(room)).messages == []


FILTER = """
from hubbub.plugins import Draft, hookimpl

@hookimpl
async def compose(draft: Draft) -> str | None:
    return draft.content.replace("darn", "****") if draft.kind == "forward" else None
"""


async def test_a_plugin_sees_and_changes_what_is_forwarded(make_server: MakeServer, tmp_path: Path) -> None:
    server = make_server(f"plugins={plugin_file(tmp_path, 'filter', FILTER)}")
    alice = await newcomer(server.url)
    notes = (await alice.create_room(kind="private", name="notes")).id
    await alice.send("darn", room=notes)
    clean = await alice.forward((notes, 1), room=notes)
    assert (clean.kind, clean.extra, clean.content.endswith("\n****")) == ("text", None, True)
    await alice.send("fine", room=notes)
    assert (await alice.forward((notes, 3), room=notes)).kind == FORWARD
    await alice.__aexit__()


async def test_several_at_once_are_each_stored_once(people: People) -> None:
    (alice,) = await people(1)
    notes = (await alice.create_room(kind="private", name="notes")).id
    await alice.send("note", room=notes)
    sent = await asyncio.gather(*[alice.forward((notes, 1), room=notes) for _ in range(5)])
    assert sorted(message.seq for message in sent) == [2, 3, 4, 5, 6]
    assert {(await alice.source(notes, message.seq)).seq for message in sent} == {1}
