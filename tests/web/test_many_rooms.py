"""Hundreds of rooms: only visible ones are in the page, keyboard and screen readers reach all, a change stores one."""

import asyncio
import re

import pytest
from playwright.async_api import Page, expect

from hubbub.client import Client
from tests.conftest import MakeServer, newcomer
from tests.server import Server
from tests.web.conftest import Enter
from tests.web.talking import comes_true, create, field, line, lines, room

MANY = 400
DRAWN = 100
"""Rows at the most: what a high screen holds, and a few beside it."""

COUNT_WRITES = """() => {
    window.writes = [];
    const { put } = IDBObjectStore.prototype;
    IDBObjectStore.prototype.put = function (value, ...rest) {
        window.writes.push([this.name, JSON.stringify(value).length]);
        return put.call(this, value, ...rest);
    };
}"""


@pytest.fixture
def server(make_server: MakeServer) -> Server:
    return make_server("rate_limits=off", "groups_per_user=10000")


async def many_rooms(bob: Client, member: str, count: int = MANY, unread: int = 0) -> dict[str, int]:
    """`room 0000` and so on, ordered by id; the last `unread` ones have a message."""
    found: dict[str, int] = {}
    for first in range(0, count, 20):
        names = [f"room {number:04}" for number in range(first, min(first + 20, count))]
        made = await asyncio.gather(*(bob.create_room(name, "private", members=[member]) for name in names))
        found |= {name: one.id for name, one in zip(names, made, strict=True)}
    for number in range(count - unread, count):
        await bob.send("something unread", room=found[f"room {number:04}"])
    return found


def rows(page: Page):
    return page.get_by_role("navigation").get_by_role("listitem").filter(has=page.locator("[data-room]"))


async def test_only_what_is_in_sight_is_drawn_and_all_of_it_is_reached(enter: Enter, server: Server) -> None:
    alice = await enter("alice", viewport={"width": 1280, "height": 800})
    await create(alice, "mine")
    bob = await newcomer(server.url, "bob")
    mine = await many_rooms(bob, "alice", unread=40)
    await expect(rows(alice).first).to_have_attribute("aria-setsize", str(MANY + 1))
    assert await rows(alice).count() <= DRAWN
    # By keyboard, with the focus in the list while it scrolls.
    focused = alice.locator("nav li:focus-within")
    await rows(alice).first.get_by_role("link").focus()
    await alice.keyboard.press("Home")
    await expect(focused).to_have_attribute("aria-posinset", "1")
    await alice.keyboard.press("End")
    await expect(focused).to_have_attribute("aria-posinset", str(MANY + 1))
    await expect(focused).to_be_in_viewport()
    await alice.keyboard.press("PageUp")
    await alice.keyboard.press("ArrowUp")
    walked = await focused.inner_text()
    other = "room 0008" if "room 0007" in walked else "room 0007"
    assert await rows(alice).count() <= DRAWN
    # The focused room keeps the focus when the list is scrolled away and reordered.
    await alice.locator("nav .scroller").evaluate("(list) => list.scrollTo(0, 0)")
    await expect(rows(alice).first).to_have_attribute("aria-posinset", "1")
    await bob.send("hello @alice", room=mine[other])
    await expect(rows(alice).first).to_contain_text(other)
    [moved] = re.findall(r"room \d{4}", walked)
    await expect(focused).to_contain_text(moved)
    # And when it is itself the one that moves up.
    await bob.send("hello @alice", room=mine[moved])
    await expect(rows(alice).first).to_contain_text(moved)
    await expect(focused).to_contain_text(moved)
    await alice.keyboard.press("Home")
    await alice.keyboard.press("Enter")
    await expect(alice.get_by_role("heading", name=moved, level=1)).to_be_visible()
    # One key skips the whole list.
    assert await alice.locator("nav a[tabindex='0']").count() == 1
    await bob.__aexit__()


async def test_what_is_new_out_of_sight_is_told_and_the_open_room_comes_into_sight(
    enter: Enter, server: Server
) -> None:
    alice = await enter("alice", viewport={"width": 1280, "height": 600})
    await create(alice, "mine")
    bob = await newcomer(server.url, "bob")
    await many_rooms(bob, "alice", 300, unread=40)
    list_ = alice.locator("nav .scroller")
    below = alice.locator("nav .news.below")
    await expect(below).to_be_visible()
    seen = await list_.evaluate("(list) => list.scrollTop")
    await below.click()
    await alice.wait_for_function("(seen) => document.querySelector('nav .scroller').scrollTop > seen", arg=seen)
    await list_.evaluate("(list) => list.scrollTo(0, list.scrollHeight)")
    # Rooms to which the user was just added count as mentions too.
    above = alice.get_by_role("navigation").get_by_role("button", name=re.compile(r"^2\d\d unread$"))
    await expect(above).to_be_visible()
    await list_.evaluate("(list) => list.scrollTo(0, 0)")
    # The palette opens a room far down the list: its row is scrolled into view.
    await alice.keyboard.press("Control+k")
    await alice.get_by_role("combobox").fill("room 0011")
    await expect(alice.get_by_role("option").first).to_contain_text("room 0011")
    await alice.keyboard.press("Enter")
    await expect(alice.get_by_role("heading", name="room 0011", level=1)).to_be_visible()
    await expect(room(alice, "room 0011")).to_be_in_viewport()
    await bob.__aexit__()


async def test_the_filter_finds_what_the_browsers_own_search_cannot(enter: Enter, server: Server) -> None:
    alice = await enter("alice")
    bob = await newcomer(server.url, "bob")
    await many_rooms(bob, "alice", 260)
    wanted = alice.get_by_role("searchbox", name="Filter rooms")
    await wanted.fill("room 02 7")
    await expect(rows(alice)).to_have_count(7)
    await expect(alice.get_by_role("navigation").get_by_role("status")).to_have_text("7 rooms")
    await wanted.fill("0207")
    await expect(rows(alice)).to_have_count(1)
    await wanted.press("Enter")
    await expect(alice.get_by_role("heading", name="room 0207", level=1)).to_be_visible()
    await wanted.fill("no such room")
    await expect(alice.get_by_role("navigation").get_by_text("Nothing found.")).to_be_visible()
    await wanted.press("Escape")
    await expect(wanted).to_have_value("")
    await wanted.press("ArrowDown")
    await expect(alice.locator("nav li:focus-within")).to_have_attribute("aria-posinset", "1")
    # In the text field `#` completes names of rooms; names with a space cannot be written that way.
    await bob.create_room("kitchen", "private", members=["alice"])
    await expect(room(alice, "kitchen")).to_be_visible()
    await field(alice).press_sequentially("#kitc")
    await expect(alice.get_by_role("option", name="kitchen")).to_be_visible()
    await bob.__aexit__()


async def test_one_message_writes_one_room_and_one_message(enter: Enter, server: Server) -> None:
    alice = await enter("alice")
    bob = await newcomer(server.url, "bob")
    await many_rooms(bob, "alice", 260)
    await create(alice, "kitchen")
    kitchen = int(alice.url.rpartition("/")[2])
    await bob.join(kitchen)
    for number in range(60):
        await bob.send(f"number {number}", room=kitchen)
    await expect(lines(alice).last).to_contain_text("number 59")
    settled = """async () => {
        const all = () => new Promise((done) => {
            const open = indexedDB.open("hubbub-1");
            open.onsuccess = () => {
                const stores = [...open.result.objectStoreNames];
                if (!stores.includes("rooms")) done(open.result.close() ?? [0, 0]);
                const reading = open.result.transaction(["rooms", "messages"]);
                const asked = ["rooms", "messages"].map((name) => reading.objectStore(name).count());
                asked.push(reading.objectStore("messages").count([ROOM, 60]));
                reading.oncomplete = () => done(open.result.close() ?? asked.map(({ result }) => result));
            };
        });
        return JSON.stringify(await all()) === "[261,40,1]";
    }"""
    await comes_true(alice, settled.replace("ROOM", str(kitchen)))
    await alice.add_init_script(f"({COUNT_WRITES})()")
    await alice.reload()
    await expect(lines(alice).last).to_contain_text("number 59")
    await bob.send("one more", room=kitchen)
    await expect(line(alice, "one more")).to_be_visible()
    kept = """() => new Promise((done) => {
        const open = indexedDB.open("hubbub-1");
        open.onsuccess = () => {
            const found = open.result.transaction("messages").objectStore("messages").get([ROOM, 61]);
            found.onsuccess = () => done(open.result.close() ?? found.result !== undefined);
        };
    })""".replace("ROOM", str(kitchen))
    await comes_true(alice, kept)
    writes = await alice.evaluate("window.writes")
    written = [name for name, _ in writes if name in ("rooms", "messages", "snapshot")]
    # The room is stored with its message, and perhaps once more when it has been read.
    assert written.count("messages") <= 2, writes
    assert written.count("rooms") <= 4, writes
    assert sum(size for _, size in writes) < 10_000, writes
    await bob.__aexit__()


async def test_more_rooms_are_opened_than_messages_are_held_of(enter: Enter) -> None:
    alice = await enter("alice")
    for number in range(11):
        await create(alice, f"room {number:02}")
        await field(alice).fill(f"said in {number}")
        await alice.keyboard.press("Enter")
        await expect(lines(alice)).to_have_count(1)
    for number in range(11):
        await room(alice, f"room {number:02}").click()
        await expect(lines(alice)).to_have_count(1)
        await expect(lines(alice)).to_contain_text(f"said in {number}")
