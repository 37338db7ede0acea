"""What one does on another device is shown here, also when the passing event of it is dropped on the way."""

import json
import re

from playwright.async_api import WebSocketRoute, expect

from hubbub.client import Client
from tests.conftest import PASSWORD, newcomer
from tests.server import Server
from tests.web.conftest import Enter
from tests.web.talking import create, room

PASSING = ("read", "membership")


async def test_marks_of_another_device_arrive_though_passing_events_are_dropped(enter: Enter, server: Server) -> None:
    alice, bob = await enter("alice"), await newcomer(server.url, "bob")
    await create(alice, "kitchen")
    await create(alice, "hall")
    await bob.join(1)

    def between(socket: WebSocketRoute) -> None:
        to_server = socket.connect_to_server()

        def passed_on(frame: str | bytes) -> None:
            if json.loads(frame)["type"] not in PASSING:
                socket.send(frame)

        to_server.on_message(passed_on)

    await alice.route_web_socket(re.compile(r"/ws$"), between)
    await alice.reload()
    kitchen = room(alice, "kitchen")
    await bob.send("are you there?", room=1)
    await expect(kitchen).to_contain_text("unread message")
    phone = Client(server.url)
    await phone.sign_in("alice", PASSWORD)
    await phone.mark_read(1, 1)
    await expect(kitchen).not_to_contain_text("unread message")
    await phone.keep_own(1, muted=True)
    await expect(kitchen.get_by_role("img", name="Muted")).to_be_visible()
    await phone.keep_own(1, marked_unread=True)
    await expect(kitchen).to_contain_text("marked as unread")
    for client in (phone, bob):
        await client.__aexit__()
