"""What a page does not know is no reason to fail: kinds of messages, events and notices of a later server."""

import json
import re

import pytest
from playwright.async_api import WebSocketRoute, expect

from tests.conftest import MakeServer, newcomer, user_id
from tests.kinds_server import PREFIX
from tests.server import Server
from tests.web.conftest import Enter
from tests.web.talking import create, lines

LUNCH = {"question": "Lunch?", "options": ["yes", "no"]}
HINT = "shown as text"


@pytest.fixture
def server(make_server: MakeServer) -> Server:
    return make_server("rate_limits=off", prefix=PREFIX)


async def test_a_message_of_an_unknown_kind_is_shown_by_its_content(enter: Enter, server: Server) -> None:
    alice, bob = await enter("alice"), await newcomer(server.url, "bob")
    await create(alice, "kitchen")
    await bob.join(1)
    poll = await bob.send("", room=1, kind="poll", extra=LUNCH)
    await bob.send("a text", room=1)
    rows = lines(alice)
    for _ in range(2):
        await expect(rows).to_have_count(2)
        await expect(rows.first).to_contain_text("Lunch? yes / no")
        await expect(rows.first.get_by_text(HINT)).to_have_attribute("title", re.compile("poll"))
        await expect(rows.last).to_contain_text("a text")
        await expect(rows.last.get_by_text(HINT)).to_have_count(0)
        # The same from what the browser has kept.
        await alice.reload()
    await bob.edit(1, poll.seq, "Lunch is over")
    await expect(rows.first).to_contain_text("Lunch is over")
    await expect(rows.first.get_by_text(HINT)).to_be_visible()
    await bob.delete(1, poll.seq)
    await expect(rows.first).to_contain_text("This message was deleted.")
    await expect(alice.get_by_text(HINT)).to_have_count(0)
    await bob.__aexit__()


async def test_unknown_events_fields_and_notices_do_no_harm(enter: Enter, server: Server) -> None:
    alice, bob = await enter("alice"), await newcomer(server.url, "bob")
    await create(alice, "kitchen")
    await bob.join(1)
    sockets: list[WebSocketRoute] = []

    def between(socket: WebSocketRoute) -> None:
        socket.connect_to_server()
        sockets.append(socket)

    await alice.route_web_socket(re.compile(r"/ws$"), between)
    await alice.reload()
    await bob.send("before", room=1)
    await expect(lines(alice).last).to_contain_text("before")
    said = {"id": user_id(bob), "username": "bob", "display_name": "Bob", "colour": "red"}
    sockets[-1].send(json.dumps({"type": "invented", "room": 1, "version": 99}))
    sockets[-1].send(json.dumps({"type": "typing", "room": 1, "user": user_id(bob), "on": True, "colour": "red"}))
    await expect(alice.get_by_text("Bob is writing")).to_be_visible()
    last = await bob.send("after", room=1)
    await expect(lines(alice).last).to_contain_text("after")
    notice = {
        "type": "notice", "room": 1, "version": last.version + 1, "after_seq": last.seq, "at": last.at,
        "kind": "painted", "actor": said, "colour": "red",
    }  # fmt: skip
    sockets[-1].send(json.dumps(notice))
    await expect(alice.get_by_text("Bob changed the room")).to_be_visible()
    await bob.__aexit__()
