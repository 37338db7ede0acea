"""A draft follows its writer from device to device, and newer text is never replaced by older one."""

import asyncio
import re
from contextlib import suppress

from playwright.async_api import Browser, Error, Route, expect

from hubbub.client import Client
from tests.conftest import PASSWORD
from tests.server import Server
from tests.web.conftest import Enter
from tests.web.devices import sign_in
from tests.web.talking import create, field, is_back, is_lost, line, room, say

DRAFTS = re.compile(r"/api/drafts")


async def arrived(client: Client, texts: dict[int, str]) -> None:
    """Wait until the server has these drafts, by room: they are read again with each entry of the stream."""

    async def have() -> bool:
        return {draft.room: draft.content for draft in await client.drafts()} == texts

    async with asyncio.timeout(60), client.live(stream=True) as live:
        await live.ready()
        if await have():
            return
        async for event in live:
            if getattr(event, "kind", None) == "draft" and await have():
                return


async def test_a_draft_follows_to_the_other_device_and_goes_when_it_is_sent(
    enter: Enter, browser: Browser, server: Server
) -> None:
    laptop = await enter("ann")
    await create(laptop, "kitchen")
    phone = await sign_in(browser, server, "ann")
    await room(phone, "kitchen").click()
    await field(laptop).press_sequentially("Half a thought")
    await expect(field(phone)).to_have_value("Half a thought")
    # And back, typed on.
    await field(phone).press("End")
    await field(phone).press_sequentially(", and the rest")
    await expect(field(laptop)).to_have_value("Half a thought, and the rest")
    await field(laptop).press("Enter")
    await expect(line(phone, "and the rest")).to_have_count(1)
    await expect(field(phone)).to_have_value("")
    assert phone.faults == []  # type: ignore[attr-defined]


async def test_a_draft_in_a_thread_and_a_quote_follow_too(enter: Enter, server: Server) -> None:
    laptop = await enter("ann")
    await create(laptop, "kitchen")
    await say(laptop, "what shall we cook?")
    await expect(line(laptop, "what shall we cook?")).to_have_count(1)
    other = Client(server.url)
    await other.sign_in("ann", PASSWORD)
    await other.save_draft(1, "rather soup", thread=1)
    await other.save_draft(1, "as I said", reply_to=1)
    await expect(field(laptop)).to_have_value("as I said")
    await expect(laptop.locator("form .quote")).to_contain_text("what shall we cook?")
    await laptop.goto(f"{server.url}/chat/1?thread=1")
    await expect(laptop.get_by_role("textbox", name="Reply in thread")).to_have_value("rather soup")
    await other.remove_draft(1, thread=1)
    await expect(laptop.get_by_role("textbox", name="Reply in thread")).to_have_value("")
    await expect(field(laptop)).to_have_value("as I said")
    await other.__aexit__()


async def test_what_is_typed_while_another_draft_is_on_its_way_stays(enter: Enter, server: Server) -> None:
    laptop = await enter("ann")
    await create(laptop, "kitchen")
    other = Client(server.url)
    await other.sign_in("ann", PASSWORD)
    await field(laptop).fill("begun here")
    held: list[Route] = []
    await laptop.route(DRAFTS, lambda route: held.append(route))
    async with laptop.expect_request(DRAFTS):
        await other.save_draft(1, "from the phone")
    await field(laptop).fill("begun here, and typed on")
    await laptop.unroute(DRAFTS)
    for route in held:
        # Some may have gone on when they were no longer held.
        with suppress(Error):
            await route.continue_()

    await field(laptop).press("End")
    await laptop.keyboard.type("!")
    await arrived(other, {1: "begun here, and typed on!"})
    await expect(field(laptop)).to_have_value("begun here, and typed on!")
    await other.__aexit__()


async def test_what_was_typed_offline_gives_way_to_newer_text_and_can_be_brought_back(
    enter: Enter, server: Server
) -> None:
    laptop = await enter("ann")
    await create(laptop, "kitchen")
    await create(laptop, "garden")
    await laptop.context.set_offline(True)
    await is_lost(laptop)
    await field(laptop).fill("typed in the train")
    await room(laptop, "kitchen").click()
    await field(laptop).fill("only here")
    other = Client(server.url)
    await other.sign_in("ann", PASSWORD)
    await other.save_draft(2, "typed at the desk, later")
    await laptop.context.set_offline(False)
    await is_back(laptop)
    # What nobody else has written anything newer to goes to the server.
    await expect(laptop.get_by_role("status").filter(has_text="replaced by a newer one")).to_be_visible()
    await expect(field(laptop)).to_have_value("only here")
    await room(laptop, "garden").click()
    await expect(field(laptop)).to_have_value("typed at the desk, later")
    await laptop.get_by_role("button", name="Bring it back").click()
    await expect(field(laptop)).to_have_value("typed in the train")
    await arrived(other, {1: "only here", 2: "typed in the train"})
    await other.__aexit__()


async def test_a_draft_that_was_sent_offline_goes_on_the_other_device_as_well(
    enter: Enter, browser: Browser, server: Server
) -> None:
    laptop = await enter("ann")
    await create(laptop, "kitchen")
    phone = await sign_in(browser, server, "ann")
    await room(phone, "kitchen").click()
    await field(laptop).fill("soon under way")
    await expect(field(phone)).to_have_value("soon under way")
    await laptop.context.set_offline(True)
    await is_lost(laptop)
    await field(laptop).press("Enter")
    await expect(field(laptop)).to_have_value("")
    await laptop.context.set_offline(False)
    await expect(line(phone, "soon under way")).to_have_count(1)
    await expect(field(phone)).to_have_value("")
    await expect(field(laptop)).to_have_value("")
