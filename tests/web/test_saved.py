"""Saved messages and their reminders, the same on all of one's devices."""

import re
from datetime import UTC, datetime, timedelta

from playwright.async_api import Browser, Locator, Page, expect

from hubbub.client import Client
from tests.conftest import PASSWORD
from tests.server import Server
from tests.web.conftest import Enter
from tests.web.devices import sign_in
from tests.web.talking import act, create, line, room, say

PHONE_390 = {"viewport": {"width": 390, "height": 780}, "has_touch": True, "is_mobile": True}


def view(page: Page) -> Locator:
    """The entry of the view in the list of rooms."""
    return page.get_by_role("navigation").get_by_role("link", name="Saved")


def saved(page: Page) -> Locator:
    return page.get_by_role("list", name="Saved").get_by_role("article")


async def test_what_is_saved_here_is_saved_on_the_other_device_at_once(
    enter: Enter, browser: Browser, server: Server
) -> None:
    laptop = await enter("ann")
    await create(laptop, "kitchen")
    for text in ("the recipe", "something else"):
        await say(laptop, text)
        await expect(line(laptop, text)).to_have_count(1)
    phone = await sign_in(browser, server, "ann", **PHONE_390)
    await view(phone).click()
    await expect(phone.get_by_text("Nothing is saved")).to_be_visible()
    # By keyboard.
    await line(laptop, "the recipe").hover()
    await line(laptop, "the recipe").focus()
    await laptop.keyboard.press("s")
    await expect(line(laptop, "the recipe").get_by_text("Saved", exact=True)).to_be_visible()
    await expect(saved(phone)).to_have_count(1)
    await expect(saved(phone)).to_contain_text("the recipe")
    await expect(saved(phone)).to_contain_text("kitchen")
    await saved(phone).get_by_role("button", name="Go to message").click()
    await expect(phone).to_have_url(re.compile(r"/chat/1/1$"))
    await expect(line(phone, "the recipe").get_by_text("Saved", exact=True)).to_be_visible()
    await phone.go_back()
    await saved(phone).get_by_role("button", name="Remove from saved").click()
    await expect(saved(phone)).to_have_count(0)
    await expect(line(laptop, "the recipe").get_by_text("Saved", exact=True)).to_have_count(0)
    assert phone.faults == []  # type: ignore[attr-defined]


async def test_a_reminder_is_set_from_a_menu_and_taken_back(enter: Enter, server: Server) -> None:
    ann = await enter("ann")
    await create(ann, "kitchen")
    await say(ann, "call the plumber")
    await expect(line(ann, "call the plumber")).to_have_count(1)
    phone = Client(server.url)
    await phone.sign_in("ann", PASSWORD)
    await act(ann, "call the plumber", "More")
    await ann.get_by_role("menuitem", name="In 1 hour").click()
    await expect(ann.get_by_role("status").filter(has_text="You will be reminded")).to_be_visible()
    (kept,) = (await phone.saved()).saved
    assert kept.remind_at is not None
    await view(ann).click()
    await expect(saved(ann)).to_contain_text("Reminder")
    await saved(ann).get_by_role("button", name="Remind me").click()
    await ann.get_by_role("menuitem", name="At another time").click()
    dialog = ann.get_by_role("dialog")
    await dialog.get_by_label("When").fill("2020-01-01T09:00")
    await dialog.get_by_role("button", name="Remind me").click()
    await expect(dialog.get_by_text("Choose a time that is still to come.")).to_be_visible()
    await dialog.get_by_label("When").fill("2099-01-01T09:00")
    await dialog.get_by_role("button", name="Remind me").click()
    await expect(dialog).to_have_count(0)
    await expect(saved(ann)).to_contain_text("2099")
    await saved(ann).get_by_role("button", name="Remind me").click()
    await ann.get_by_role("menuitem", name="No reminder").click()
    await expect(saved(ann)).not_to_contain_text("2099")
    (kept,) = (await phone.saved()).saved
    assert kept.remind_at is None
    await phone.__aexit__()


async def test_a_reminder_that_is_due_is_told_and_stays_until_it_is_done(
    enter: Enter, browser: Browser, server: Server
) -> None:
    laptop = await enter("ann")
    await create(laptop, "kitchen")
    await say(laptop, "water the plants")
    await expect(line(laptop, "water the plants")).to_have_count(1)
    client = Client(server.url)
    await client.sign_in("ann", PASSWORD)
    soon = (datetime.now(UTC) + timedelta(seconds=2)).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    await client.save_message(1, 1, remind_at=soon)
    await expect(laptop.get_by_role("status").filter(has_text="A reminder is due")).to_be_visible()
    await expect(view(laptop)).to_contain_text("1 reminder is due")
    await laptop.get_by_role("button", name="Show", exact=True).click()
    await expect(saved(laptop).locator(".note")).to_contain_text("Reminder, ")
    # Who comes later sees it as well.
    phone = await sign_in(browser, server, "ann")
    await expect(view(phone)).to_contain_text("1 reminder is due")
    await room(phone, "kitchen").click()
    await saved(laptop).get_by_role("button", name="Done").click()
    await expect(view(laptop)).not_to_contain_text("due")
    await expect(view(phone)).not_to_contain_text("due")
    await expect(saved(laptop)).to_have_count(1)
    await client.__aexit__()
