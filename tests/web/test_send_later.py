"""Messages that are sent later: from the composer, and in the list of what is scheduled, the same on all devices."""

import re
from datetime import UTC, datetime, timedelta

from playwright.async_api import Browser, Locator, Page, expect

from hubbub.client import Client
from tests.conftest import PASSWORD, newcomer
from tests.server import Server
from tests.web.conftest import PHONE, Enter
from tests.web.devices import sign_in
from tests.web.talking import act, create, field, line, room, say
from tests.web.test_quality import clean


def scheduled(page: Page) -> Locator:
    return page.get_by_role("list", name="Scheduled").get_by_role("article")


async def open_list(page: Page) -> None:
    await page.get_by_role("navigation").get_by_role("link", name="Drafts").click()
    await page.get_by_role("tab", name="Scheduled").click()
    await expect(page).to_have_url(re.compile(r"\?view=scheduled$"))


def in_seconds(seconds: float) -> str:
    return (datetime.now(UTC) + timedelta(seconds=seconds)).isoformat(timespec="milliseconds").replace("+00:00", "Z")


async def test_a_text_is_scheduled_by_keyboard_changed_and_sent(enter: Enter, browser: Browser, server: Server) -> None:
    laptop = await enter("ann")
    await create(laptop, "kitchen")
    later = laptop.get_by_role("button", name="Schedule for later")
    await expect(later).to_be_disabled()
    phone = await sign_in(browser, server, "ann", **{**PHONE, "color_scheme": "dark"})
    await open_list(phone)
    await expect(phone.get_by_text("Nothing is scheduled")).to_be_visible()
    await clean(phone, "nothing scheduled")
    await field(laptop).fill("good morning :tada:")
    await later.focus()
    await laptop.keyboard.press("Enter")
    await expect(laptop.get_by_role("menuitem", name="In 1 hour")).to_be_focused()
    await clean(laptop, "the menu of times")
    await laptop.keyboard.press("ArrowDown")
    await laptop.keyboard.press("Enter")
    await expect(laptop.get_by_role("status").filter(has_text="Scheduled for")).to_be_visible()
    await expect(field(laptop)).to_have_value("")
    # On the other device at once, and nowhere a draft.
    await expect(scheduled(phone)).to_contain_text("good morning 🎉")
    await expect(scheduled(phone)).to_contain_text("kitchen")
    await clean(phone, "the scheduled messages")
    await phone.get_by_role("tab", name="Drafts").click()
    await expect(phone.get_by_text("Nothing begun")).to_be_visible()
    await phone.go_back()
    await open_list(phone)
    # Its text and its time.
    await scheduled(phone).get_by_role("button", name="Edit").click()
    dialog = phone.get_by_role("dialog")
    await clean(phone, "changing a scheduled message")
    await dialog.get_by_label("Message").fill("good evening")
    await dialog.get_by_label("When").fill("2001-01-01T09:00")
    await dialog.get_by_role("button", name="Save").click()
    await expect(dialog.get_by_text("Choose a time that is still to come.")).to_be_visible()
    await dialog.get_by_label("When").fill("2099-01-01T09:00")
    await dialog.get_by_role("button", name="Save").click()
    await expect(dialog).to_have_count(0)
    await open_list(laptop)
    await expect(scheduled(laptop)).to_contain_text("good evening")
    await expect(scheduled(laptop)).to_contain_text("2099")
    await scheduled(laptop).get_by_role("button", name="Send now").click()
    await expect(scheduled(laptop)).to_have_count(0)
    await expect(scheduled(phone)).to_have_count(0)
    await room(laptop, "kitchen").click()
    await expect(line(laptop, "good evening")).to_have_count(1)
    assert phone.faults == []  # type: ignore[attr-defined]


async def test_a_time_of_ones_own_and_one_that_is_over(enter: Enter, server: Server) -> None:
    ann = await enter("ann", reduced_motion="reduce")
    await create(ann, "kitchen")
    await say(ann, "the root")
    await act(ann, "the root", "Reply in thread")
    reply = ann.get_by_role("textbox", name="Reply in thread")
    await reply.fill("in the thread, later")
    await ann.get_by_role("complementary").get_by_role("button", name="Schedule for later").click()
    await ann.get_by_role("menuitem", name="At another time").click()
    dialog = ann.get_by_role("dialog")
    # It begins with the next full hour.
    await expect(dialog.get_by_label("When")).to_have_value(re.compile(r"T\d\d:00$"))
    await dialog.get_by_role("button", name="Cancel").click()
    await expect(dialog).to_have_count(0)
    await ann.get_by_role("complementary").get_by_role("button", name="Schedule for later").click()
    await ann.get_by_role("menuitem", name="At another time").click()
    await dialog.get_by_label("When").fill("2001-01-01T09:00")
    await dialog.get_by_role("button", name="Schedule").click()
    await expect(dialog.get_by_text("Choose a time that is still to come.")).to_be_visible()
    await clean(ann, "a time that is over")
    await dialog.get_by_label("When").fill("2099-01-01T09:00")
    await dialog.get_by_role("button", name="Schedule").click()
    await expect(dialog).to_have_count(0)
    await expect(reply).to_have_value("")
    client = Client(server.url)
    await client.sign_in("ann", PASSWORD)
    (one,) = await client.scheduled()
    assert (one.content, one.thread, one.at[:4]) == ("in the thread, later", 1, "2099")
    await ann.get_by_role("status").get_by_role("button", name="Show").click()
    await expect(scheduled(ann)).to_contain_text("Thread")
    await scheduled(ann).get_by_role("button", name="Delete").click()
    await ann.get_by_role("dialog").get_by_role("button", name="Delete").click()
    await expect(scheduled(ann)).to_have_count(0)
    assert await client.scheduled() == []
    await client.__aexit__()


async def test_what_the_server_refuses_stays_in_the_field(enter: Enter, server: Server) -> None:
    ann = await enter("ann")
    await create(ann, "kitchen")
    await field(ann).fill("sent into the past")
    # As if the device's clock were wrong by years.
    await ann.evaluate("() => { Date.now = () => 1e12; }")
    await ann.get_by_role("button", name="Schedule for later").click()
    await ann.get_by_role("menuitem", name="At another time").click()
    dialog = ann.get_by_role("dialog")
    await dialog.get_by_label("When").fill("2010-01-01T09:00")
    await dialog.get_by_role("button", name="Schedule").click()
    notice = dialog.get_by_role("status").filter(has_text="Choose a time that is still to come")
    await expect(notice).to_be_visible()
    await notice.click(trial=True)
    await ann.keyboard.press("Escape")
    await expect(field(ann)).to_have_value("sent into the past")


async def test_one_that_failed_is_told_with_its_reason(enter: Enter, server: Server) -> None:
    ann = await enter("ann")
    owner = await newcomer(server.url, "owner")
    club = (await owner.create_room(kind="private", name="club", members=["ann"])).id
    client = Client(server.url)
    await client.sign_in("ann", PASSWORD)
    await expect(room(ann, "club")).to_be_visible()
    await client.schedule(club, "am I still here?", in_seconds(3))
    me = client.user
    assert me is not None
    await owner.remove_member(club, me.id)
    await expect(ann.get_by_role("status").filter(has_text="A scheduled message was not sent")).to_be_visible()
    await expect(ann.get_by_role("navigation").get_by_role("link", name="Drafts")).to_contain_text(
        "1 scheduled message was not sent"
    )
    await ann.get_by_role("button", name="Show", exact=True).click()
    await expect(scheduled(ann)).to_contain_text("Not sent")
    await expect(scheduled(ann)).to_contain_text("This room is not there any more, or not open to you.")
    await clean(ann, "a scheduled message that failed")
    # It is tried again, and sent, once one is back.
    await owner.add_member(club, "ann")
    await expect(room(ann, "club")).to_be_visible()
    await scheduled(ann).get_by_role("button", name="Send now").click()
    await expect(scheduled(ann)).to_have_count(0)
    assert [message.content for message in (await owner.history(club)).messages] == ["am I still here?"]
    for each in (client, owner):
        await each.__aexit__()
