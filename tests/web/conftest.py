"""Fixtures of the web client's tests: a real browser, and users in it."""

import asyncio
import os
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, Page, async_playwright, expect

from tests.conftest import PASSWORD, MakeServer
from tests.http import get
from tests.server import Server

FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking", "--disable-sync"]
CHROMIUM = ("chromium", "chromium-browser", "google-chrome")
PATIENCE = 60_000
"""Milliseconds: for machines that have much else to do."""
PHONE = {"viewport": {"width": 360, "height": 740}, "has_touch": True, "is_mobile": True, "device_scale_factor": 2}

Enter = Callable[..., Awaitable[Page]]

expect.set_options(timeout=PATIENCE)


def _found(*names: str) -> str:
    return next(found for name in names if name and (found := shutil.which(name)))


@pytest.fixture(scope="session")
def chromium() -> str:
    """The whole browser."""
    return _found(os.environ.get("HUBBUB_CHROMIUM", ""), *CHROMIUM)


@pytest.fixture(scope="session")
def headless_chromium() -> str:
    """Chromium without desktop windows, where the system has it: opening a page costs an eighth of the CPU."""
    return _found(os.environ.get("HUBBUB_CHROMIUM", ""), "chromium-headless-shell", *CHROMIUM)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """All of these tests share one event loop, which the browser belongs to."""
    for item in items:
        if item.path.parent == Path(__file__).parent and pytest_asyncio.is_async_test(item):
            item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def running_browser(headless_chromium: str) -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=headless_chromium, args=FLAGS)
        yield browser
        await browser.close()


@pytest_asyncio.fixture(loop_scope="session")
async def browser(running_browser: Browser) -> AsyncIterator[Browser]:
    """One browser for all tests. Each context starts empty."""
    yield running_browser
    for context in running_browser.contexts:
        await context.close()


@pytest.fixture
def server(make_server: MakeServer) -> Server:
    """A server for each test, as the directory of rooms is shared within one."""
    return make_server("rate_limits=off")


@pytest_asyncio.fixture(loop_scope="session")
async def enter(browser: Browser, server: Server) -> AsyncIterator[Enter]:
    """`await enter("alice")`: a new user in a browser context of their own, signed up by hand. No page may fail."""
    pages: list[Page] = []

    async def sign_up(name: str, at: Server | None = None, **context: object) -> Page:
        page = await (await browser.new_context(**{"locale": "en-GB", **context})).new_page()  # type: ignore[arg-type]
        pages.append(await watched(page))
        await go_to_sign_up(page, at or server)
        await page.get_by_label("User name").fill(name)
        await page.get_by_label("Display name").fill(name.title())
        await page.get_by_label("Password").fill(PASSWORD)
        await page.get_by_role("button", name="Create account").click()
        await expect(page.get_by_role("navigation")).to_be_visible()
        return page

    yield sign_up
    for page in pages:
        assert page.faults == [], page.faults  # type: ignore[attr-defined]


SCROLLED = """() => addEventListener("scroll", ({ target }) => {
    const { scrollTop, scrollLeft } = document.scrollingElement;
    if (target === document && document.querySelector("nav") !== null && (scrollTop !== 0 || scrollLeft !== 0))
        console.error(`The page itself has scrolled, by ${scrollLeft} and ${scrollTop} pixels.`);
}, true)"""
"""Parts of it scroll, the page never does: the list of rooms and the field would leave the screen."""


async def go_to_sign_up(page: Page, server: Server) -> None:
    """Open the form for a new account. Whoever is the first to come has it before them."""
    # In a thread: the server may be behind a plug, which runs in this loop.
    session = await asyncio.to_thread(get, f"{server.url}/api/session")
    is_first = session.json()["registration"] == "first"
    await page.goto(server.url)
    if is_first:
        await expect(page.get_by_label("Display name")).to_be_visible()
    else:
        await page.get_by_role("button", name="Create an account").click()


async def watched(page: Page) -> Page:
    """Record every script error, every violation of the content security policy, and any scrolling of the page."""
    page.set_default_timeout(PATIENCE)
    await page.add_init_script(f"({SCROLLED})()")
    page.faults = []  # type: ignore[attr-defined]
    page.on("pageerror", lambda error: page.faults.append(error.stack or str(error)))  # type: ignore[attr-defined]
    page.on(
        "console",
        lambda message: (
            page.faults.append(message.text)  # type: ignore[attr-defined]
            if message.type == "error"
            and "Failed to load resource" not in message.text
            and "WebSocket" not in message.text
            else None
        ),
    )
    return page


async def another_tab(page: Page, address: str = "") -> Page:
    context: BrowserContext = page.context
    tab = await watched(await context.new_page())
    await tab.goto(address or page.url)
    return tab
