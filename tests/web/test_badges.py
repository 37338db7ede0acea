"""A room's badge counts mentions, or else unread messages; the title of the page has the exact sum."""

import re

from playwright.async_api import Page, expect

from tests.conftest import newcomer
from tests.server import Server
from tests.web.conftest import Enter
from tests.web.talking import create, room


async def shows(page: Page, kitchen: str | None, bob: str | None, title: str) -> None:
    """The badges of the two rooms, without their accessible text, and the beginning of the title."""
    for name, badge in (("kitchen", kitchen), ("Bob", bob)):
        shown = room(page, name).locator(".badge [aria-hidden]")
        if badge is None:
            await expect(shown).to_have_count(0)
        else:
            await expect(shown).to_have_text(badge)
    await page.wait_for_function("(begin) => document.title.startsWith(begin)", arg=title)


async def test_mentions_are_counted_apart_and_exactly(enter: Enter, server: Server) -> None:
    alice = await enter("alice")
    bob = await newcomer(server.url, "bob")
    await bob.change_profile(display_name="Bob")
    kitchen = (await bob.create_room("kitchen", members=["alice"])).id
    await create(alice, "elsewhere")
    for text in ("plain", "hello @alice", "plain again", "and @alice once more", "the last"):
        await bob.send(text, room=kitchen)
    await shows(alice, "@2", None, "(2) ")
    await expect(room(alice, "kitchen")).to_contain_text("5 unread messages, 2 of them mention you")
    await expect(room(alice, "kitchen").locator(".badge.loud")).to_have_count(1)
    mentions = alice.get_by_role("link", name=re.compile("^Mentions"))
    await expect(mentions).to_contain_text("2 unread mentions")
    await bob.edit(kitchen, 2, "hello all")
    await shows(alice, "@1", None, "(1) ")
    await expect(room(alice, "kitchen")).to_contain_text("5 unread messages, 1 of them mentions you")
    await expect(mentions).to_contain_text("1 unread mention")
    await bob.edit(kitchen, 5, "the last, @alice")
    await shows(alice, "@2", None, "(2) ")
    await bob.delete(kitchen, 4)
    await shows(alice, "@1", None, "(1) ")
    # In a direct conversation every message counts as a mention.
    first = await bob.send("psst", to="alice")
    await bob.send("and @alice", room=first.room)
    await shows(alice, "@1", "2", "(3) ")
    # Also for a client that was offline and gets no event for each message.
    await alice.context.set_offline(True)
    await bob.send("@alice, are you there?", room=kitchen)
    await bob.delete(kitchen, 5)
    await alice.context.set_offline(False)
    await shows(alice, "@1", "2", "(3) ")
    await expect(room(alice, "kitchen")).to_contain_text("4 unread messages")
    await alice.reload()
    await shows(alice, "@1", "2", "(3) ")
    # Without mentions the badge looks different, and counts unread messages.
    await bob.edit(kitchen, 6, "is anybody there?")
    await shows(alice, "4", "2", "(2) ")
    await expect(mentions).to_contain_text("1 unread mention")
    await expect(room(alice, "kitchen").locator(".badge.loud")).to_have_count(0)
    await room(alice, "Bob").click()
    await shows(alice, "4", None, "• ")
    await room(alice, "kitchen").click()
    await shows(alice, None, None, "kitchen")
    await bob.__aexit__()
