"""Pinned messages in the web client, as those see them who may pin and those who may not."""

import re

from playwright.async_api import Page, expect

from hubbub.client import Client
from tests.conftest import PASSWORD, MakeServer
from tests.server import Server
from tests.web.conftest import Enter
from tests.web.talking import act, create, join, line, say


async def choose(page: Page, text: str, item: str) -> None:
    """From the menu of a message."""
    await act(page, text, "More")
    await page.get_by_role("menuitem", name=item, exact=True).click()


async def test_a_pin_reaches_everybody_and_leads_to_its_message(enter: Enter) -> None:
    ann, ben = await enter("ann"), await enter("ben")
    await create(ann, "kitchen")
    await join(ben, "kitchen")
    for text in ("the wifi is moss-and-fern", "anything else?"):
        await say(ann, text)
    await expect(line(ben, "anything else?")).to_have_count(1)
    await choose(ann, "moss-and-fern", "Pin for all")
    for page in (ann, ben):
        await expect(page.get_by_text("Ann pinned a message")).to_be_visible()
        await expect(line(page, "moss-and-fern").get_by_text("Pinned", exact=True)).to_be_visible()
        await page.get_by_role("button", name="1 pinned message").click()
        listed = page.get_by_role("list", name="Pinned messages").get_by_role("article")
        await expect(listed).to_have_count(1)
        await expect(listed).to_contain_text("moss-and-fern")
        await expect(listed).to_contain_text("Pinned by Ann")
    # Ben is a member of a public room: he may not.
    await expect(ben.get_by_role("button", name="Unpin")).to_have_count(0)
    await act(ben, "moss-and-fern", "More")
    await expect(ben.get_by_role("menuitem", name="Save", exact=True)).to_be_visible()
    await expect(ben.get_by_role("menuitem", name="Unpin")).to_have_count(0)
    await ben.keyboard.press("Escape")
    # The system line leads to the message, by keyboard too.
    await ben.get_by_role("link", name="Ann pinned a message").press("Enter")
    await expect(ben).to_have_url(re.compile(r"/chat/1/1$"))
    await expect(line(ben, "moss-and-fern")).to_have_attribute("tabindex", "0")


async def test_the_list_of_pins_follows_what_becomes_of_them(enter: Enter, server: Server) -> None:
    ann, ben = await enter("ann"), await enter("ben")
    await create(ann, "kitchen")
    await join(ben, "kitchen")
    phone = Client(server.url)
    await phone.sign_in("ann", PASSWORD)
    for text in ("first", "second", "third"):
        sent = await phone.send(text, room=1)
        await phone.pin(1, sent.seq)
    await ben.get_by_role("button", name="3 pinned messages").click()
    listed = ben.get_by_role("list", name="Pinned messages").get_by_role("article")
    for place, text in enumerate(("third", "second", "first")):
        await expect(listed.nth(place)).to_contain_text(text)
    await phone.edit(1, 3, "third, changed")
    await expect(listed.first).to_contain_text("third, changed")
    await phone.delete(1, 2)
    await expect(listed).to_have_count(2)
    await phone.pin(1, 1, on=False)
    await expect(listed).to_have_count(1)
    await listed.get_by_role("button", name="Go to message").click()
    await expect(ben).to_have_url(re.compile(r"/chat/1/3$"))
    await phone.pin(1, 3, on=False)
    await ben.get_by_role("button", name="Pinned messages").click()
    await expect(ben.get_by_text("Nothing is pinned here")).to_be_visible()
    await phone.__aexit__()


async def test_a_room_that_has_all_the_pins_it_can_have_says_so(enter: Enter, make_server: MakeServer) -> None:
    ann = await enter("ann", make_server("rate_limits=off", "pins_per_room=1", name="small"))
    await create(ann, "kitchen")
    for text in ("first", "second"):
        await say(ann, text)
        await expect(line(ann, text)).to_have_count(1)
    await choose(ann, "first", "Pin for all")
    await expect(ann.get_by_role("button", name="1 pinned message")).to_be_visible()
    await choose(ann, "second", "Pin for all")
    await expect(ann.get_by_role("status").filter(has_text="as many pinned messages as it can have")).to_be_visible()
    await choose(ann, "first", "Unpin")
    await choose(ann, "second", "Pin for all")
    await expect(line(ann, "second").get_by_text("Pinned", exact=True)).to_be_visible()
