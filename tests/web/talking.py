"""Actions of users in the web client."""

import asyncio

from playwright.async_api import Locator, Page, TimeoutError, expect


async def create(page: Page, name: str, private: bool = False) -> None:
    await page.get_by_role("button", name="New room").first.click()
    await page.get_by_label("Name", exact=True).fill(name)
    if private:
        await page.get_by_text("Private room").click()
    await page.get_by_role("button", name="Create room").click()
    await expect(page.get_by_role("heading", name=name, level=1)).to_be_visible()


async def join(page: Page, name: str) -> None:
    await page.get_by_role("button", name="Browse rooms").first.click()
    await page.get_by_role("searchbox", name="Search rooms").fill(name)
    await page.get_by_role("button", name=f"Join {name}").click()
    await expect(page.get_by_role("heading", name=name, level=1)).to_be_visible()
    await expect(field(page)).to_be_visible()


async def write_to(page: Page, name: str) -> None:
    """Open a direct conversation."""
    await page.get_by_role("button", name="New conversation").click()
    await page.get_by_role("searchbox", name="Search people").fill(name)
    await page.get_by_role("dialog").get_by_text(f"@{name}").click()
    await page.get_by_role("button", name="Start").click()
    # Until then the text field belongs to the previous room.
    await expect(page.get_by_role("dialog")).to_have_count(0)
    await expect(field(page)).to_be_visible()


def field(page: Page) -> Locator:
    return page.get_by_role("textbox", name="Message", exact=True)


async def say(page: Page, text: str) -> None:
    await field(page).fill(text)
    await page.get_by_role("button", name="Send").click()


def banner(page: Page) -> Locator:
    """The banner of a lost or slow connection; there is none otherwise."""
    return page.get_by_role("status").filter(has_text="is kept and sent")


async def is_lost(page: Page) -> None:
    await expect(banner(page)).to_be_visible()


async def is_back(page: Page) -> None:
    await expect(banner(page)).to_have_count(0)


def lines(page: Page) -> Locator:
    """The messages of the open room, without pending ones."""
    return page.get_by_role("log").locator("[data-seq]")


def pending(page: Page) -> Locator:
    return page.get_by_role("log").locator("[data-pending]")


def line(page: Page, text: str) -> Locator:
    return lines(page).filter(has_text=text)


def texts(page: Page) -> Locator:
    """The texts of the messages, without sender and time."""
    return lines(page).locator(".text, .deleted")


def room(page: Page, name: str) -> Locator:
    """Its entry in the list of rooms."""
    return page.get_by_role("navigation").locator("[data-room]").filter(has_text=name)


async def act(page: Page, text: str, action: str) -> None:
    """Click one of the buttons that a message shows on hover. Hover again if it was rendered anew meanwhile."""
    button = line(page, text).last.get_by_role("button", name=action, exact=True)
    await line(page, text).last.hover()
    try:
        await button.click(timeout=5_000)
    except TimeoutError:
        await page.mouse.move(0, 0)
        await line(page, text).last.hover()
        await button.click()


UNTIL = """async (arg) => {
    for (;;) {
        const found = SCRIPT;
        if (await (typeof found === "function" ? found(arg) : found)) return;
        await new Promise((done) => setTimeout(done, 100));
    }
}"""


async def comes_true(page: Page, script: str, arg: object = None) -> None:
    """Wait until the script's promise resolves to true. Playwright's `wait_for_function` takes any promise as true."""
    async with asyncio.timeout(60):
        await page.evaluate(UNTIL.replace("SCRIPT", script), arg)


KEPT = """(texts) => new Promise((done) => {
    const { id } = JSON.parse(localStorage.getItem("hubbub.user"));
    const open = indexedDB.open(`hubbub-${id}`);
    open.onsuccess = () => {
        const reading = open.result.transaction(["rooms", "messages"]);
        const asked = ["rooms", "messages"].map((name) => reading.objectStore(name).getAll());
        reading.oncomplete = () => {
            const kept = JSON.stringify(asked.map(({ result }) => result));
            open.result.close();
            done(texts.every((text) => kept.includes(JSON.stringify(text))));
        };
    };
})"""


async def is_kept(page: Page, *texts: str) -> None:
    """Wait until IndexedDB has an entry with this name or text: it is written with a short delay."""
    await comes_true(page, KEPT, list(texts))


DOUBLE_TAP = 300
"""Milliseconds within which a second tap at the same place is part of a double tap, and does nothing elsewhere."""


async def tap(target: Locator) -> None:
    """A tap that is no part of a double tap, however fast the machine is."""
    await target.page.wait_for_timeout(DOUBLE_TAP)
    await target.tap()
