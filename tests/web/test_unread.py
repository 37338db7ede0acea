"""A message that has not been on the screen is not marked as read, however the room is opened."""

import json
from typing import Any

import pytest
from playwright.async_api import Page, expect

from tests.conftest import newcomer
from tests.plug import Plug
from tests.server import Server
from tests.web.conftest import Enter
from tests.web.talking import line, room

WAYS = ("address", "number", "last number", "sidebar", "palette", "notification", "back", "reconnect", "hidden")
ON_SCREEN = """() => {
    const box = document.querySelector('[role="log"]').getBoundingClientRect();
    const rows = [...document.querySelectorAll('[role="log"] [data-seq]')];
    const seen = rows.filter((row) => {
        const { top, bottom } = row.getBoundingClientRect();
        return bottom > box.top && top < box.bottom;
    });
    return seen.map((row) => Number(row.dataset.seq));
}"""


def told_as_read(page: Page, room_id: int) -> list[int]:
    """Record what the page reports as read from now on."""
    told: list[int] = []

    def sent(frame: Any) -> None:
        said = json.loads(frame)
        if said["type"] == "read" and said["room"] == room_id:
            told.append(said["seq"])

    page.on("websocket", lambda socket: socket.on("framesent", sent))
    return told


async def unread(page: Page, name: str) -> None:
    await expect(room(page, name)).to_contain_text("unread message")


async def come_in(page: Page, way: str, address: str, plug: Plug) -> None:
    match way:
        case "address":
            await page.goto(address)
        case "number":
            await page.goto(f"{address}/50")
        case "last number":
            await page.goto(f"{address}/70")
        case "sidebar":
            await page.goto(plug.url)
            await room(page, "kitchen").click()
        case "palette":
            await page.goto(plug.url)
            await unread(page, "kitchen")
            await page.keyboard.press("Control+k")
            await page.get_by_role("dialog").get_by_role("combobox").fill("kitchen")
            await page.keyboard.press("Enter")
        case "notification":
            await page.goto(plug.url)
            await unread(page, "kitchen")
            # Like the service worker after a click on a notification.
            await page.evaluate(
                "data => navigator.serviceWorker.dispatchEvent(new MessageEvent('message', {data}))",
                {"go": f"{address}/70"},
            )
        case "back":
            await page.goto(plug.url)
            await unread(page, "kitchen")
            await page.evaluate("address => history.pushState(null, '', address)", address)
            await page.evaluate("history.pushState(null, '', '/')")
            await page.go_back()


@pytest.mark.parametrize("way", WAYS)
async def test_unread_survives(enter: Enter, server: Server, way: str) -> None:
    plug = await Plug(server.port).put_in()
    bob = await enter("bob", at=plug)
    alice = await newcomer(server.url, "alice")
    kitchen = await alice.create_room("kitchen", members=["bob"])
    for number in range(1, 11):
        await alice.send(f"message {number}.", room=kitchen.id)
    await room(bob, "kitchen").click()
    await expect(line(bob, "message 10.")).to_be_visible()
    await expect(room(bob, "kitchen")).not_to_contain_text("unread")
    address = bob.url
    if way == "hidden":
        await bob.evaluate("document.hasFocus = () => false")
    elif way == "reconnect":
        await plug.pull()
    else:
        await bob.goto("about:blank")
    told = told_as_read(bob, kitchen.id)
    for number in range(11, 71):
        await alice.send(f"message {number}.", room=kitchen.id)
    if way == "reconnect":
        await plug.put_in()
    elif way == "hidden":
        await unread(bob, "kitchen")
        await expect(line(bob, "message 20.")).to_be_attached()
        await bob.evaluate("document.hasFocus = () => true; dispatchEvent(new Event('focus'))")
    else:
        await come_in(bob, way, address, plug)
    await expect(line(bob, "message 50.")).to_be_attached()
    await expect(bob.get_by_role("log").get_by_text("New", exact=True)).to_be_attached()
    # One more, and an edit that is shown after it: by then all read markers of the sixty have been sent.
    await alice.send("message 71.", room=kitchen.id)
    await alice.edit(kitchen.id, 50, "message 50, edited.")
    await expect(line(bob, "message 50, edited.")).to_be_attached()
    await unread(bob, "kitchen")
    seen = await bob.evaluate(ON_SCREEN)
    assert max(told, default=10) <= max(seen)
    assert still_unread(server, kitchen.id) >= 30
    # Scrolled to the end, it is read.
    if way in ("last number", "notification"):
        await bob.get_by_role("button", name="Mark all as read").click()
    else:
        await bob.get_by_role("log").hover()
        for _ in range(30):
            await bob.mouse.wheel(0, 400)
    await expect(room(bob, "kitchen")).not_to_contain_text("unread")
    await alice.__aexit__()
    await plug.pull()


def still_unread(server: Server, room_id: int) -> int:
    [(reached,)] = server.sql(
        f"SELECT read_seq FROM members JOIN users ON users.id = members.user_id "
        f"WHERE room_id = {room_id} AND users.username = 'bob'"
    )
    return 71 - int(reached)
