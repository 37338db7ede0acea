"""The page at `/`, in a real browser: two people sign up, open a room and talk; the server is killed under them."""

import asyncio
import os
import shutil
from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, Page, async_playwright, expect

from tests.conftest import MakeServer, newcomer
from tests.server import Server

FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking", "--disable-sync"]


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    names = [os.environ.get("HUBBUB_CHROMIUM", ""), "chromium", "chromium-browser", "google-chrome"]
    path = next(found for name in names if name and (found := shutil.which(name)))
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        await browser.close()


async def enter(browser: Browser, server: Server, name: str) -> Page:
    page = await (await browser.new_context()).new_page()
    page.set_default_timeout(60_000)
    page.faults = []  # type: ignore[attr-defined]
    page.on("pageerror", lambda error: page.faults.append(str(error)))  # type: ignore[attr-defined]
    page.on("console", lambda message: message.type == "error" and page.faults.append(message.text))  # type: ignore[attr-defined]
    await page.goto(server.url)
    await page.get_by_label("User name").fill(name)
    await page.get_by_label("Password").fill("correct horse")
    await page.get_by_role("button", name="Sign up").click()
    await expect(page.locator("#me")).to_have_text(name, timeout=60_000)
    return page


async def say(page: Page, text: str) -> None:
    await page.get_by_label("Message", exact=True).fill(text)
    await page.get_by_role("button", name="Send").click()


async def open_room(page: Page, name: str) -> None:
    await page.get_by_label("Room or @person").fill(name)
    await page.get_by_role("button", name="Open", exact=True).click()
    await expect(page.locator("#title")).to_have_text(name, timeout=60_000)


async def test_two_people_talk_and_come_back_after_a_crash(make_server: MakeServer, browser: Browser) -> None:
    server = make_server("rate_limits=off")
    alice, bob = await enter(browser, server, "alice"), await enter(browser, server, "bob")
    for page in (alice, bob):
        await open_room(page, "kitchen")
    hostile = "<img src=x onerror=alert(1)> \u202e 👩‍👩‍👧‍👦"
    await say(alice, hostile)
    await expect(bob.locator("#messages li")).to_have_text([f"alice: {hostile}"], timeout=60_000)
    assert await bob.locator("#messages img").count() == 0
    await open_room(bob, "@alice")
    await say(bob, "just us")
    await alice.get_by_role("button", name="@bob").click()
    await expect(alice.locator("#messages li")).to_have_text(["bob: just us"], timeout=60_000)
    # No script of a page was stopped by the policy, and nothing else went wrong.
    assert [
        fault for page in (alice, bob) for fault in page.faults if "favicon" not in fault and "401" not in fault
    ] == []  # type: ignore[attr-defined]
    await asyncio.to_thread(server.kill)
    await expect(alice.locator("#state")).to_contain_text("Connection lost", timeout=60_000)
    await asyncio.to_thread(server.start)
    await expect(alice.locator("#state")).to_have_text("", timeout=60_000)
    await expect(bob.locator("#state")).to_have_text("", timeout=60_000)
    await say(alice, "still here")
    await expect(bob.locator("#messages li")).to_have_text(["bob: just us", "alice: still here"], timeout=60_000)
    # The cookie that keeps one signed in is out of reach of scripts, and the page survives a reload.
    assert await alice.evaluate("document.cookie") == ""
    await alice.reload()
    await expect(alice.locator("#me")).to_have_text("alice", timeout=60_000)
    await alice.get_by_role("button", name="Sign out").click()
    await expect(alice.get_by_role("button", name="Sign in")).to_be_visible(timeout=60_000)


async def test_mistakes_are_told(make_server: MakeServer, browser: Browser) -> None:
    server = make_server("rate_limits=off")
    taken = await newcomer(server.url, "taken")
    page = await (await browser.new_context()).new_page()
    await page.goto(server.url)
    await page.get_by_label("User name").fill("taken")
    await page.get_by_label("Password").fill("correct horse")
    await page.get_by_role("button", name="Sign up").click()
    await expect(page.get_by_role("alert").first).to_contain_text("taken", timeout=60_000)
    await page.get_by_label("Password").fill("wrong horse")
    await page.get_by_role("button", name="Sign in").click()
    await expect(page.get_by_role("alert").first).to_contain_text("wrong", timeout=60_000)
    await taken.__aexit__()


async def test_an_event_source_of_the_browser_resumes_through_a_crash(
    browser: Browser, make_server: MakeServer
) -> None:
    """What any page of ours may use: no library, the cookie signs it in, the browser itself comes back and resumes."""
    server = make_server("rate_limits=off")
    page = await enter(browser, server, "alice")
    bob = await newcomer(server.url, "bob")
    room = await bob.create_room("feed")
    await page.evaluate(
        """path => new Promise((resolve, reject) => {
            window.told = [];
            window.source = new EventSource(path);
            window.source.onmessage = event => window.told.push(JSON.parse(event.data).content);
            window.source.onopen = resolve;
        })""",
        f"/room/{room.id}/subscribe",
    )

    async def told(*texts: str) -> None:
        await page.wait_for_function("texts => JSON.stringify(told) === JSON.stringify(texts)", arg=list(texts))

    await bob.send("one", room=room.id)
    await told("one")
    server.kill()
    server.start()
    await bob.send("two", room=room.id)
    await told("one", "two")
    await bob.send("three", room=room.id)
    await told("one", "two", "three")
