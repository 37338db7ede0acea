""" "Today" becomes "Yesterday" after midnight, without any event; times of other days include the day."""

from playwright.async_api import Page, expect

from tests.web.conftest import Enter
from tests.web.talking import act, create, line, room, say


async def a_day_later(page: Page) -> None:
    # The machine was suspended: timers did not run, and the clock has advanced.
    await page.clock.fast_forward("24:00:00")


async def test_today_becomes_yesterday_without_a_message(enter: Enter) -> None:
    alice = await enter("alice")
    await create(alice, "kitchen")
    await say(alice, "hello")
    await act(alice, "hello", "Reply in thread")
    panel = alice.get_by_role("complementary", name="Thread")
    await expect(panel.locator("time").first).to_be_visible()
    await alice.clock.install()
    await alice.reload()
    log = alice.get_by_role("log")
    await expect(log.get_by_role("heading", name="Today")).to_be_visible()
    time = await panel.locator("time").first.inner_text()
    assert "," not in time
    assert await room(alice, "kitchen").locator("time").inner_text() == time
    await a_day_later(alice)
    await expect(log.get_by_role("heading", name="Yesterday")).to_be_visible()
    await expect(log.get_by_role("heading", name="Today")).to_have_count(0)
    await expect(panel.locator("time").first).to_contain_text(f", {time}")
    await expect(room(alice, "kitchen").locator("time")).not_to_contain_text(":")
    assert await line(alice, "hello").count() == 1
