"""A page of history that comes late: what was said meanwhile is shown, and kept by the browser."""

import asyncio
import json
import re

from playwright.async_api import Page, Route, expect

from hubbub.client import Client
from tests.conftest import PASSWORD, newcomer
from tests.server import Server
from tests.web.conftest import Enter
from tests.web.talking import comes_true, create, field, is_kept, line, texts

IS_KEPT_AT = """(version) => new Promise((done) => {
    const { id } = JSON.parse(localStorage.getItem("hubbub.user"));
    const open = indexedDB.open(`hubbub-${id}`);
    open.onsuccess = () => {
        const asked = open.result.transaction(["rooms"]).objectStore("rooms").getAll();
        asked.onsuccess = () => {
            open.result.close();
            done(asked.result.some((room) => room.version === version));
        };
    };
})"""
HISTORY = re.compile(r"/api/rooms/1/messages\?")


class HeldBack:
    """The answers to requests for history: fetched at once, and given to the page once `release` is set."""

    def __init__(self) -> None:
        self.answered = asyncio.Event()
        self.release = asyncio.Event()

    async def __call__(self, route: Route) -> None:
        response = await route.fetch()
        self.answered.set()
        await self.release.wait()
        await route.fulfill(response=response)


async def received(page: Page, text: str) -> "asyncio.Future[None]":
    """Done when a message with this text has come over the socket."""
    came: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def look(frame: str | bytes) -> None:
        if json.loads(frame).get("content") == text and not came.done():
            came.set_result(None)

    page.on("websocket", lambda socket: socket.on("framereceived", look))
    return came


async def test_messages_that_come_before_the_first_page_are_shown(enter: Enter, server: Server) -> None:
    bob = await newcomer(server.url, "bob")
    await bob.create_room("kitchen")
    alice = await enter("alice")
    held, came = HeldBack(), await received(alice, "while it was on its way")
    await alice.route(HISTORY, held)
    await alice.goto(f"{server.url}/chat/1")
    await held.answered.wait()
    await bob.send("while it was on its way", room=1)
    await came
    held.release.set()
    await expect(texts(alice)).to_have_text(["while it was on its way"])
    await bob.send("after it", room=1)
    await expect(texts(alice)).to_have_text(["while it was on its way", "after it"])
    await alice.get_by_role("button", name="Join this room").click()
    await expect(field(alice)).to_be_visible()
    await bob.__aexit__()


async def test_a_page_that_comes_late_is_kept_by_the_browser(enter: Enter, server: Server) -> None:
    """Nothing else changes in the room after it has come: the user has read it all, and knows its notices."""
    alice = await enter("alice")
    phone = Client(server.url)
    await phone.sign_in("alice", PASSWORD)
    released = asyncio.Event()

    async def slow(route: Route) -> None:
        await released.wait()
        await route.continue_()

    await alice.route(HISTORY, slow)
    await create(alice, "kitchen")
    await phone.send("said before", room=1)
    # With the message's version, but without the message.
    version = (await phone.room(1)).version
    await comes_true(alice, IS_KEPT_AT, version)
    released.set()
    await expect(line(alice, "said before")).to_have_count(1)
    await is_kept(alice, "said before")
    await phone.__aexit__()
