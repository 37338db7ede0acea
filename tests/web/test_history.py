"""A room of a hundred thousand messages: scrolled to its top and navigated, in bounded memory."""

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Page, expect

from hubbub.chat import accounts, clock, messages, passwords, rooms
from hubbub.chat.limits import Limits
from hubbub.store.sql.migrate import migrate
from hubbub.store.sql.sqlite import SqliteStore
from tests.conftest import PASSWORD, MakeServer, newcomer
from tests.server import Server
from tests.web.conftest import watched
from tests.web.talking import line, lines

MANY = 100_000
MOST_HELD = 300
SCROLLED = int(os.environ.get("HUBBUB_SCROLLED", "4000"))
"""Messages scrolled through, one screen after the other. All of them takes some minutes: HUBBUB_SCROLLED=100000."""
SLACK = 8_000_000
"""Bytes: what was scrolled through is not kept, but collecting garbage is never exact."""
DAY = 24 * 3600 * 1000


@pytest_asyncio.fixture(loop_scope="session")
async def long_room(make_server: MakeServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Server:
    """Alice's room, a message a minute for seventy days."""
    folder = tmp_path / "data"
    folder.mkdir()
    migrate(folder / "hubbub.db")
    store = SqliteStore(folder / "hubbub.db", lambda events: None)
    start = clock.now() - MANY * 60_000
    sent = 0

    def now() -> int:
        return start + sent * 60_000

    monkeypatch.setattr(clock, "now", now)
    alice = await store.write(accounts.AddAccount("alice", "Alice", passwords.make(PASSWORD)))
    made = await store.write(rooms.CreateRoom(alice.id, "public", Limits(), "long", None, []))
    for sent in range(1, MANY + 1):
        command = messages.compose(alice.id, f"message {sent}" + " and more" * (sent % 7), Limits(), room=made.room.id)
        if sent % 500 == 0:
            await store.write(command)  # earlier ones are stored by then, at about their times
        else:
            store.submit(command, lambda result: None)
    await store.close()
    monkeypatch.undo()
    return make_server("rate_limits=off")


async def sign_in(browser, server: Server) -> Page:
    page = await watched(await (await browser.new_context(locale="en-GB", timezone_id="UTC")).new_page())
    await page.goto(f"{server.url}/chat/1")
    await page.get_by_label("User name").fill("alice")
    await page.get_by_label("Password").fill(PASSWORD)
    await page.keyboard.press("Enter")
    await expect(line(page, f"message {MANY}")).to_be_visible()
    return page


async def heap(page: Page) -> int:
    """Bytes of live objects, after garbage collection."""
    session = await page.context.new_cdp_session(page)
    await session.send("HeapProfiler.collectGarbage")
    usage = await session.send("Runtime.getHeapUsage")
    await session.detach()
    return int(usage["usedSize"])


async def test_scrolled_to_the_top_with_bounded_memory(browser, long_room: Server) -> None:
    page = await sign_in(browser, long_room)
    log = page.get_by_role("log")
    for _ in range(10):  # as when reading for a while
        await older(page)
    at_first = await heap(page)
    while await first_held(page) > max(1, MANY - SCROLLED):
        await older(page)
        assert await lines(page).count() <= MOST_HELD
    assert await heap(page) < at_first + SLACK
    if SCROLLED < MANY:
        await page.get_by_role("button", name="Jump to a day").click()
        await page.get_by_role("button", name="First message").click()
    await expect(log.get_by_text("This is where the room begins.")).to_be_visible()
    await expect(line(page, "message 1").first).to_be_visible()
    assert await lines(page).count() <= MOST_HELD
    # Down a little, then to the end at once.
    await log.evaluate("log => { log.scrollTop = log.scrollHeight }")
    await expect(line(page, "message 200").first).to_be_attached()
    await page.get_by_role("button", name="To the latest").click()
    await expect(line(page, f"message {MANY}")).to_be_visible()
    assert page.faults == []  # type: ignore[attr-defined]


async def first_held(page: Page) -> int:
    return int(await lines(page).first.get_attribute("data-seq") or 0)


async def older(page: Page) -> None:
    """Scroll to the top of the loaded messages, and wait until more are loaded."""
    before = await first_held(page)
    if before == 1:
        return
    await page.get_by_role("log").evaluate("log => { log.scrollTop = 0 }")
    await page.wait_for_function(
        "before => Number(document.querySelector('[data-seq]')?.dataset.seq ?? before) < before", arg=before
    )


async def test_what_one_reads_stays_where_it_is(browser, long_room: Server) -> None:
    page = await sign_in(browser, long_room)
    log = page.get_by_role("log")
    bob = await newcomer(long_room.url, "bob")
    await bob.join(1)
    # Older messages are inserted above, newer ones below: the visible message does not move.
    for _ in range(3):
        before = await first_held(page)
        place = await log.evaluate(
            """log => {
                log.scrollTop = 1300;
                const row = [...log.querySelectorAll("[data-seq]")].find(row => row.offsetTop > log.scrollTop + 200);
                return [row.dataset.seq, row.getBoundingClientRect().top];
            }"""
        )
        await log.evaluate("log => { log.scrollTop -= 150 }")
        await page.wait_for_function(
            "before => Number(document.querySelector('[data-seq]').dataset.seq) < before", arg=before
        )
        await bob.send("from below", room=1)
        row = page.locator(f"[data-seq='{place[0]}']")
        await expect(row).to_be_in_viewport()
        assert await row.evaluate("row => row.getBoundingClientRect().top") == pytest.approx(place[1] + 150, abs=2)
    await expect(page.get_by_role("button", name="3 new messages")).to_be_visible()
    await page.get_by_role("button", name="3 new messages").click()
    await expect(line(page, "from below").last).to_be_in_viewport()
    await bob.__aexit__()


async def test_jumping_to_a_message_a_day_and_what_is_unread(browser, long_room: Server) -> None:
    page = await sign_in(browser, long_room)
    # A permalink shows the message with those around it, also in a new page.
    await page.goto(f"{long_room.url}/chat/1/50000")
    await expect(line(page, "message 50000")).to_be_in_viewport()
    await expect(line(page, "message 49995")).to_be_in_viewport()
    # Scrolling down from there loads more.
    await page.get_by_role("log").evaluate("log => { log.scrollTop = log.scrollHeight }")
    await expect(line(page, "message 50100")).to_be_attached()
    # To the first message of a day.
    day = datetime.fromtimestamp((clock.now() - 30 * DAY) / 1000, UTC).date()
    await page.get_by_role("button", name="Jump to a day").click()
    await page.get_by_label("Day", exact=True).fill(day.isoformat())
    await page.get_by_role("button", name="Go there").click()
    heading = page.get_by_role("log").get_by_role("heading", name=f"{day.day} {day:%B}")
    await expect(heading).to_be_in_viewport()
    # With many unread messages the room opens at the read marker.
    bob = await newcomer(long_room.url, "bob")
    await bob.join(1)
    await page.goto(f"{long_room.url}/")
    for number in range(150):
        await bob.send(f"news {number}", room=1)
    await expect(page.get_by_role("navigation")).to_contain_text("150 unread messages")
    await page.get_by_role("navigation").get_by_role("link").filter(has_text="long").click()
    await expect(page.get_by_role("log").get_by_text("New", exact=True)).to_be_in_viewport()
    await expect(line(page, "news 0").first).to_be_in_viewport()
    await expect(line(page, f"message {MANY}").first).to_be_attached()
    await page.get_by_role("button", name="new messages").click()
    await expect(line(page, "news 149")).to_be_in_viewport()
    await expect(page.get_by_role("navigation")).not_to_contain_text("unread")
    await page.get_by_role("button", name="To where you left off").click()
    await expect(line(page, "news 0").first).to_be_in_viewport()
    await bob.__aexit__()
    assert page.faults == []  # type: ignore[attr-defined]
