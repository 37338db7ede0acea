"""Modules loaded on demand: their loading is shown, a failure is reported, and a retry loads them."""

import asyncio
import re

from playwright.async_api import Route, expect

from tests.conftest import newcomer
from tests.server import Server
from tests.web.conftest import Enter, another_tab
from tests.web.talking import create, field, line, lines, say

DEFERRED = re.compile(r"/assets/later-[^/]*\.js$")


async def test_what_cannot_be_fetched_is_told_of_and_fetched_when_wanted_again(enter: Enter, server: Server) -> None:
    alice = await enter("alice", service_workers="block")
    await create(alice, "kitchen")
    await say(alice, "hello")
    await expect(line(alice, "hello")).to_be_visible()
    asked = 0

    async def away(route: Route) -> None:
        nonlocal asked
        asked += 1
        await route.abort()

    await alice.context.route(DEFERRED, away)
    page = await another_tab(alice)
    told = page.get_by_text("The server cannot be reached.")
    await expect(line(page, "hello")).to_be_visible()
    emoji = page.get_by_role("button", name="Emoji", exact=True)
    for opens in (
        page.get_by_role("button", name="New room"),
        page.get_by_role("button", name="Members", exact=True),
        emoji,
    ):
        before = asked
        await opens.first.click()
        await expect(told).to_be_visible()
        await page.wait_for_function("!document.querySelector('[aria-expanded=true]')")
        assert asked > before
        await page.reload()
        await expect(line(page, "hello")).to_be_visible()
    # Sending messages does not need it.
    await say(page, "good bye")
    await expect(line(page, "good bye")).to_be_visible()
    await page.get_by_role("button", name="Members", exact=True).click()
    await expect(told).to_be_visible()
    await alice.context.unroute(DEFERRED)
    await page.get_by_role("button", name="Members", exact=True).click()
    await expect(page.get_by_role("complementary", name="Members")).to_be_visible()
    await emoji.click()
    await expect(page.get_by_role("searchbox", name="Search emoji")).to_be_focused()
    assert page.faults == []  # type: ignore[attr-defined]


async def test_what_is_typed_for_a_dialog_on_its_way_is_not_sent(enter: Enter, server: Server) -> None:
    alice = await enter("alice", service_workers="block")
    await create(alice, "kitchen")
    bob = await newcomer(server.url, "bob")
    await bob.join(1)
    may_come = asyncio.Event()

    async def slow(route: Route) -> None:
        await may_come.wait()
        await route.continue_()

    await alice.context.route(DEFERRED, slow)
    page = await another_tab(alice)
    await expect(field(page)).to_be_focused()
    # The palette is loaded; what it opens is not.
    await page.keyboard.press("Control+k")
    await page.keyboard.type("new room")
    await page.keyboard.press("Enter")
    await page.keyboard.type("secret")
    await page.keyboard.press("Enter")
    await expect(field(page)).to_have_value("")
    may_come.set()
    await expect(page.get_by_label("Name", exact=True)).to_be_focused()
    await page.keyboard.press("Escape")
    await expect(field(page)).to_be_focused()
    await bob.send("hello", room=1)
    await expect(line(page, "hello")).to_be_visible()
    await expect(lines(page)).to_have_count(1)
    await bob.__aexit__()


async def test_whatever_fails_the_first_time_comes_the_next(enter: Enter, server: Server) -> None:
    """Every module that the page fetches by itself, and the language, is lost once: nothing stays away for good."""
    alice = await enter("alice", service_workers="block")
    await create(alice, "kitchen")
    await alice.evaluate("localStorage.setItem('hubbub.language', 'de')")
    with_the_page = set(re.findall(r"assets/[\w.-]+\.js", await (await alice.request.get(server.url)).text()))
    lost: set[str] = set()
    awaited = {"signed", "EmptyState", "load", "de"}
    all_came = asyncio.Event()

    async def lose_once(route: Route) -> None:
        name = "assets/" + route.request.url.rpartition("/")[2]
        if name in with_the_page or name in lost:
            await route.continue_()
            awaited.discard(name.removeprefix("assets/").split("-")[0])
            if not awaited:
                all_came.set()
            return
        lost.add(name)
        await route.abort()

    await alice.context.route("**/assets/*.js", lose_once)
    page = await another_tab(alice, server.url)
    await expect(page.get_by_role("main").get_by_role("heading", level=1)).to_be_visible()
    room = page.get_by_role("navigation").get_by_role("link", name="kitchen")
    await room.click()
    await expect(page.get_by_role("log")).to_be_visible()
    await all_came.wait()
    assert page.faults == []  # type: ignore[attr-defined]
