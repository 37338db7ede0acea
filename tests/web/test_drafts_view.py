"""The view of all texts that were begun, or wait to be sent."""

import re

from playwright.async_api import Locator, Page, expect

from hubbub.client import Client
from tests.conftest import PASSWORD
from tests.server import Server
from tests.web.conftest import Enter
from tests.web.talking import act, create, field, is_lost, line, room, say


def listed(page: Page) -> Locator:
    return page.get_by_role("list", name="Drafts").get_by_role("article")


async def open_view(page: Page) -> None:
    await page.get_by_role("navigation").get_by_role("link", name="Drafts").click()


async def test_all_that_was_begun_is_in_one_place(enter: Enter, server: Server) -> None:
    ann = await enter("ann")
    await create(ann, "kitchen")
    await create(ann, "garden")
    await say(ann, "one")
    await expect(line(ann, "one")).to_have_count(1)
    await act(ann, "one", "Edit")
    await field(ann).fill("one, half d")
    await room(ann, "kitchen").click()
    await field(ann).fill("soup or")
    phone = Client(server.url)
    await phone.sign_in("ann", PASSWORD)
    await phone.save_draft(2, "from the phone", thread=1)
    await open_view(ann)
    await expect(listed(ann)).to_have_count(3)
    await expect(listed(ann).filter(has_text="soup or")).to_contain_text("kitchen")
    await expect(listed(ann).filter(has_text="one, half d")).to_contain_text("Edit")
    thread = listed(ann).filter(has_text="from the phone")
    await expect(thread).to_contain_text("Draft in a thread")
    await thread.get_by_role("button", name="Go on writing").click()
    await expect(ann).to_have_url(re.compile(r"/chat/2\?thread=1$"))
    await expect(ann.get_by_role("textbox", name="Reply in thread")).to_have_value("from the phone")
    await ann.go_back()
    await listed(ann).filter(has_text="soup or").get_by_role("button", name="Discard").click()
    await expect(listed(ann)).to_have_count(2)
    await ann.get_by_role("status").get_by_role("button", name="Bring it back").click()
    await expect(listed(ann)).to_have_count(3)
    await listed(ann).filter(has_text="soup or").get_by_role("button", name="Discard").click()
    await expect(listed(ann)).to_have_count(2)
    await phone.remove_draft(2, thread=1)
    await expect(listed(ann)).to_have_count(1)
    await phone.__aexit__()


async def test_what_waits_to_be_sent_is_listed_while_the_server_is_away(enter: Enter) -> None:
    ann = await enter("ann")
    await create(ann, "kitchen")
    await ann.context.set_offline(True)
    await is_lost(ann)
    await say(ann, "written in the tunnel")
    await field(ann).fill("and begun there")
    await open_view(ann)
    await expect(listed(ann)).to_have_count(2)
    await expect(listed(ann).filter(has_text="in the tunnel")).to_contain_text("Sending")
    await expect(listed(ann).filter(has_text="and begun there")).to_contain_text("Draft")
    await ann.context.set_offline(False)
    await expect(listed(ann)).to_have_count(1)
    await expect(listed(ann)).to_contain_text("and begun there")
