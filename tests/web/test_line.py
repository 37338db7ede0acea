"""Nothing is lost, duplicated or missed: connection cut, server killed, tabs closed, several tabs."""

import asyncio
import re
from collections.abc import AsyncIterator

import pytest_asyncio
from playwright.async_api import Page, expect

from tests.conftest import newcomer
from tests.plug import Plug
from tests.server import Server
from tests.web.conftest import Enter, another_tab, watched
from tests.web.talking import act, create, field, is_back, is_lost, join, line, pending, room, say, texts, write_to

IS_KEPT = """() => new Promise((resolve, reject) => {
    const { id } = JSON.parse(localStorage.getItem("hubbub.user"));
    const open = indexedDB.open(`hubbub-${id}`);
    const look = () => {
        const kept = open.result.transaction(["outbox", "drafts", "messages"]);
        const sent = kept.objectStore("outbox").count(), drafts = kept.objectStore("drafts").count();
        const seen = kept.objectStore("messages").count();
        kept.onabort = () => reject(kept.error);
        kept.oncomplete = () => {
            if (sent.result !== 1 || drafts.result !== 1 || seen.result !== 1) return look();
            open.result.close();
            resolve();
        };
    };
    open.onerror = () => reject(open.error);
    open.onsuccess = look;
})"""
"""Fulfilled when the browser's store has a message on its way, a draft, and the room with what was said in it."""


@pytest_asyncio.fixture(loop_scope="session")
async def plug(server: Server) -> AsyncIterator[Plug]:
    yield (plug := await Plug(server.port).put_in())
    if plug._server is not None:
        await plug.pull()


async def enter_by(plug: Plug, enter: Enter, name: str) -> Page:
    return await enter(name, at=plug)


async def test_what_happened_while_one_was_away_is_there_afterwards(enter: Enter, plug: Plug) -> None:
    alice, bob = await enter("alice"), await enter_by(plug, enter, "bob")
    await create(alice, "kitchen")
    await create(alice, "garden")
    await join(bob, "garden")
    await join(bob, "kitchen")
    await room(alice, "kitchen").click()
    for text in ("to be edited", "to be deleted", "to be liked"):
        await say(alice, text)
    await expect(texts(bob)).to_have_text(["to be edited", "to be deleted", "to be liked"])
    await plug.pull()
    await is_lost(bob)
    await act(alice, "to be edited", "Edit")
    await field(alice).fill("has been edited")
    await field(alice).press("Enter")
    await act(alice, "to be deleted", "Delete message")
    await alice.get_by_role("dialog").get_by_role("button", name="Delete message").click()
    await expect(texts(alice)).to_have_text(["has been edited", "This message was deleted.", "to be liked"])
    await act(alice, "to be liked", "React")
    await alice.get_by_role("dialog", name="Choose an emoji").get_by_role("button", name="grinning", exact=True).click()
    await say(alice, "said meanwhile")
    await room(alice, "garden").click()
    await say(alice, "elsewhere too, @bob")
    await expect(texts(alice)).to_have_text(["elsewhere too, @Bob"])
    # Bob's message is stored and shown, also after a reload, which restores it from IndexedDB.
    await field(bob).fill("written off line")
    await field(bob).press("Enter")
    await expect(pending(bob)).to_have_count(1)
    await plug.put_in()
    await is_back(bob)
    expected = ["has been edited", "This message was deleted.", "to be liked", "said meanwhile", "written off line"]
    await expect(texts(bob)).to_have_text(expected)
    await expect(pending(bob)).to_have_count(0)
    await expect(line(bob, "to be liked").get_by_role("button", name="by Alice")).to_be_visible()
    await expect(room(bob, "garden")).to_contain_text("1 unread message, it mentions you")
    await room(alice, "kitchen").click()
    await expect(texts(alice)).to_have_text(expected)


async def test_a_public_room_one_was_removed_from_while_away_is_gone(enter: Enter, server: Server, plug: Plug) -> None:
    bob = await enter_by(plug, enter, "bob")
    said: list[str] = []
    bob.on("websocket", lambda socket: socket.on("framesent", lambda frame: said.append(str(frame))))
    alice = await newcomer(server.url, "alice")
    garden, kitchen = await alice.create_room("garden"), await alice.create_room("kitchen")
    await join(bob, "kitchen")
    await join(bob, "garden")
    (person,) = [one for one in await alice.members(garden.id) if one.user.username == "bob"]
    await plug.pull()
    await is_lost(bob)
    said.clear()
    await alice.send("while you were away", room=garden.id)
    await alice.remove_member(garden.id, person.user.id)
    for number in range(2):
        await plug.put_in()
        await is_back(bob)
        await expect(
            bob.get_by_role("heading", name="kitchen" if number else "Good to see you", level=1)
        ).to_be_visible()
        # Its events come before this.
        await alice.send(f"in the kitchen, {number}", room=kitchen.id)
        await room(bob, "kitchen").click()
        await expect(line(bob, f"in the kitchen, {number}")).to_be_visible()
        await expect(room(bob, "garden")).to_have_count(0)
        await plug.pull()
        await is_lost(bob)
    await plug.put_in()
    assert len([frame for frame in said if '"hello"' in frame]) >= 2
    assert [frame for frame in said if '"subscribe"' in frame] == []


async def test_more_than_can_be_told_is_asked_for_anew(enter: Enter, server: Server, plug: Plug) -> None:
    bob = await enter_by(plug, enter, "bob")
    await create(bob, "busy")
    alice = await newcomer(server.url, "alice")
    (busy,) = await alice.rooms()
    await alice.send("before", room=busy.id)
    await expect(texts(bob)).to_have_text(["before"])
    await plug.pull()
    await is_lost(bob)
    for number in range(1100):
        await alice.send(f"number {number}", room=busy.id)
    await alice.edit(busy.id, 1, "before, edited")
    await plug.put_in()
    await is_back(bob)
    await expect(line(bob, "number 1099")).to_be_visible()
    await bob.get_by_role("button", name="Jump to a day").click()
    await bob.get_by_role("button", name="First message").click()
    await expect(line(bob, "before, edited")).to_be_visible()
    await alice.__aexit__()


async def test_the_server_is_killed_under_a_conversation(enter: Enter, server: Server) -> None:
    alice, bob = await enter("alice"), await enter("bob")
    await write_to(alice, "bob")
    await say(alice, "before")
    await room(bob, "Alice").click()
    await expect(texts(bob)).to_have_text(["before"])
    await asyncio.to_thread(server.kill)
    for page in (alice, bob):
        await is_lost(page)
    await field(alice).fill("from alice, meanwhile")
    await field(alice).press("Enter")
    await field(bob).fill("from bob, meanwhile")
    await field(bob).press("Enter")
    await expect(pending(alice)).to_have_text([re.compile("Will be sent when you are connected")])
    await asyncio.to_thread(server.start)
    for page in (alice, bob):
        await is_back(page)
        await expect(texts(page)).to_have_count(3)
        await expect(pending(page)).to_have_count(0)
    assert sorted(await texts(alice).all_inner_texts()) == ["before", "from alice, meanwhile", "from bob, meanwhile"]
    assert await texts(alice).all_inner_texts() == await texts(bob).all_inner_texts()


async def test_a_tab_is_killed_with_a_message_on_its_way(enter: Enter, plug: Plug) -> None:
    bob = await enter_by(plug, enter, "bob")
    await create(bob, "diary")
    await say(bob, "first")
    await expect(texts(bob)).to_have_text(["first"])
    await bob.evaluate("navigator.serviceWorker.ready.then(() => true)")
    await plug.pull()
    await is_lost(bob)
    await field(bob).fill("not to be lost")
    await field(bob).press("Enter")
    await expect(pending(bob)).to_have_count(1)
    await field(bob).fill("a draft")
    # It is in IndexedDB before the tab crashes.
    await bob.evaluate(IS_KEPT)
    address = bob.url
    tab = await bob.context.new_page()
    await bob.close()
    await watched(tab)
    # Opened offline: the page, the room as it was, the pending message, the draft.
    await tab.goto(address)
    await expect(texts(tab)).to_have_text(["first"])
    await expect(pending(tab)).to_contain_text("not to be lost")
    await expect(field(tab)).to_have_value("a draft")
    await plug.put_in()
    await expect(texts(tab)).to_have_text(["first", "not to be lost"])
    await expect(pending(tab)).to_have_count(0)


async def test_a_message_that_is_refused_says_so_and_can_be_retried(enter: Enter, plug: Plug, server: Server) -> None:
    alice = await newcomer(server.url, "alice")
    bob = await enter_by(plug, enter, "bob")
    kitchen = await alice.create_room("kitchen", members=["bob"])
    await room(bob, "kitchen").click()
    await expect(field(bob)).to_be_visible()
    await plug.pull()
    await is_lost(bob)
    await field(bob).fill("too late")
    await field(bob).press("Enter")
    await alice.change_room(kitchen.id, archived=True)
    await plug.put_in()
    failed = pending(bob).filter(has_text="Not sent.")
    await expect(failed).to_contain_text("too late")
    await alice.change_room(kitchen.id, archived=False)
    await expect(field(bob)).to_be_visible()
    await failed.get_by_role("button", name="Try again").click()
    await expect(texts(bob)).to_have_text(["too late"])
    await expect(pending(bob)).to_have_count(0)
    await alice.__aexit__()


async def test_tabs_share_one_state(enter: Enter, server: Server) -> None:
    alice = await enter("alice")
    await create(alice, "kitchen")
    other = await another_tab(alice)
    await field(alice).fill("half a sen")
    await expect(field(other)).to_have_value("half a sen")
    await field(alice).press("Enter")
    for page in (alice, other):
        await expect(texts(page)).to_have_text(["half a sen"])
        await expect(field(page)).to_have_value("")
        await expect(pending(page)).to_have_count(0)
    bob = await newcomer(server.url, "bob")
    await bob.send("hello", to="alice")
    for page in (alice, other):
        await expect(room(page, "bob")).to_contain_text("1 unread message")
    await room(other, "bob").click()
    await expect(room(alice, "bob")).not_to_contain_text("unread")
    # Muting and the theme apply to both tabs; so does signing out.
    await alice.get_by_role("button", name="Room details").click()
    await alice.get_by_role("button", name="Mute").click()
    await expect(room(other, "kitchen").get_by_role("img", name="Muted")).to_be_visible()
    await alice.get_by_role("button", name="profile and settings").click()
    await alice.get_by_label("Theme").select_option("dark")
    await expect(other.locator("html")).to_have_attribute("data-theme", "dark")
    await alice.get_by_role("dialog").get_by_role("button", name="Sign out", exact=True).last.click()
    for page in (alice, other):
        await expect(page.get_by_role("heading", name="Welcome to Hubbub")).to_be_visible()
    await bob.__aexit__()


async def test_history_that_could_not_be_fetched_is_fetched_when_the_line_is_back(
    enter: Enter, server: Server, plug: Plug
) -> None:
    bob = await enter_by(plug, enter, "bob")
    alice = await newcomer(server.url, "alice")
    diary = await alice.create_room("diary", members=["bob"])
    await alice.send("first", room=diary.id)
    await bob.route("**/api/rooms/*/messages?*", lambda route: route.abort())
    await room(bob, "diary").click()
    await expect(bob.get_by_role("button", name="Try again")).to_be_visible()
    await plug.pull()
    await is_lost(bob)
    await bob.unroute("**/api/rooms/*/messages?*")
    await plug.put_in()
    await expect(texts(bob)).to_have_text(["first"])
    await alice.send("second", room=diary.id)
    await expect(texts(bob)).to_have_text(["first", "second"])
    await alice.__aexit__()


async def test_another_tab_sends_what_a_dead_one_could_not(enter: Enter, plug: Plug) -> None:
    bob = await enter_by(plug, enter, "bob")
    await create(bob, "diary")
    other = await another_tab(bob)
    await expect(field(other)).to_be_visible()
    await plug.pull()
    await is_lost(bob)
    await field(bob).fill("left behind")
    await field(bob).press("Enter")
    await expect(pending(other)).to_contain_text("left behind")
    await bob.close()
    await plug.put_in()
    await expect(texts(other)).to_have_text(["left behind"])
    await expect(pending(other)).to_have_count(0)
