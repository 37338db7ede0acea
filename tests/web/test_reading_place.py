"""What one reads stays where it is, and whoever is at the end stays there, whatever grows above or beside it."""

from collections.abc import Awaitable, Callable

import pytest
from playwright.async_api import Locator, Page, expect

from hubbub.client import Client
from tests.conftest import PASSWORD
from tests.server import Server
from tests.web.conftest import Enter
from tests.web.talking import comes_true, create

TEXT = "some words that take more than one line when there is little room for them " * 3
MANY = 40

AT_END = """(name) => {
    const log = document.querySelector(name);
    return log.scrollHeight - log.scrollTop - log.clientHeight < 2;
}"""
# The first row that is seen in full, and where it is on the screen.
PLACE = """(log) => {
    const top = log.getBoundingClientRect().top;
    const row = [...log.querySelectorAll("[role=article]")].find((one) => one.getBoundingClientRect().top >= top);
    row.dataset.read = "";
    return row.getBoundingClientRect().top - top;
}"""
IS_PLACED = """([name, place]) => {
    const log = document.querySelector(name);
    const row = log.querySelector("[data-read]");
    return Math.abs(row.getBoundingClientRect().top - log.getBoundingClientRect().top - place) < 2;
}"""
# All that follows a change has been done: frames have been drawn, and later looks at the list are over.
SETTLED = "() => new Promise((done) => setTimeout(() => requestAnimationFrame(() => requestAnimationFrame(done)), 150))"
Change = Callable[[], Awaitable[None]]


@pytest.mark.parametrize("where", ["room", "thread"])
async def test_the_place_in_the_list_stays(enter: Enter, server: Server, where: str) -> None:
    ann = await enter("ann", viewport={"width": 1280, "height": 700})
    await create(ann, "kitchen")
    client = Client(server.url)
    await client.sign_in("ann", PASSWORD)
    await client.send("root", room=1)
    for number in range(1, MANY + 1):
        await client.send(f"text {number} {TEXT}", room=1, thread=1 if where == "thread" else None)
    if where == "thread":
        await ann.goto(f"{server.url}/chat/1?thread=1")
    log = ann.get_by_role("log", name="Thread" if where == "thread" else "Messages")
    name = f"[role=log][aria-label={'Thread' if where == 'thread' else 'Messages'}]"
    last = log.get_by_role("article").filter(has_text=f"text {MANY} ")
    await expect(last).to_be_visible()
    await comes_true(ann, AT_END, name)

    for change in changes(ann, log, client):
        await change()
        await comes_true(ann, AT_END, name)

    # In the middle: as far down as that what has changed is above.
    await log.evaluate("log => { log.scrollTop = log.scrollHeight / 2 }")
    place = await log.evaluate(PLACE)
    for change in changes(ann, log, client, "again "):
        await ann.evaluate(SETTLED)
        await change()
        await comes_true(ann, IS_PLACED, [name, place])
    await client.__aexit__()


def changes(page: Page, log: Locator, client: Client, again: str = "") -> list[Change]:
    """What changes the height of rows or of the list, each until it has been done."""
    composer = page.get_by_role("textbox").last

    async def rows_grow() -> None:
        for seq in range(3, 8):
            await client.edit(1, seq, f"{again}longer\n" * 8)
        await expect(log.get_by_text(f"{again}longer")).to_have_count(5)

    async def row_grows_by_itself() -> None:
        row = log.get_by_role("article").nth(3)
        await row.evaluate("(row) => { row.style.paddingBlockEnd = (row.offsetHeight + 90) + 'px' }")

    async def all_rows_get_narrower() -> None:
        await log.evaluate("(log) => { log.style.paddingInlineEnd = log.style.paddingInlineEnd === '' ? '9rem' : '' }")

    async def composer_grows() -> None:
        await composer.fill(f"{again}line\n" * 9)

    async def window_gets_narrower() -> None:
        await page.set_viewport_size({"width": 1100 if again else 1180, "height": 700})

    async def selecting() -> None:
        await composer.fill("")
        await log.get_by_role("article").last.evaluate("(row) => row.focus({ preventScroll: true })")
        await page.keyboard.press("x")
        await expect(page.get_by_role("toolbar", name="Selected messages")).to_be_visible()

    async def not_selecting() -> None:
        await page.keyboard.press("Escape")
        await expect(composer).to_be_visible()

    return [
        *(rows_grow, row_grows_by_itself, all_rows_get_narrower, composer_grows),
        *(window_gets_narrower, selecting, not_selecting),
    ]
