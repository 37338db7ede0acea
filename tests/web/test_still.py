"""The page itself never scrolls, whatever is opened or focused: `watched` checks it in every test."""

import pytest
from playwright.async_api import expect

from tests.conftest import newcomer
from tests.server import Server
from tests.web.conftest import Enter
from tests.web.talking import create, field, room

ROOMS = 40


@pytest.mark.parametrize("size", ["desktop", "phone"])
async def test_rooms_far_down_the_list_are_opened_and_the_page_stays(enter: Enter, server: Server, size: str) -> None:
    tall = {"viewport": {"width": 1280, "height": 700} if size == "desktop" else {"width": 360, "height": 740}}
    alice = await enter("alice", **tall)
    await create(alice, "first")
    bob = await newcomer(server.url, "bob")
    for number in range(ROOMS):
        made = await bob.create_room(f"room {number}", "private", members=["alice"])
        await bob.send("something unread", room=made.id)
    if size == "phone":
        await alice.get_by_role("button", name="Back").click()
    await expect(alice.get_by_role("navigation").locator(".badge")).to_have_count(ROOMS)
    for name in (f"room {ROOMS // 2}", "room 0"):
        await room(alice, name).filter(has_text=name).last.click()
        await expect(field(alice)).to_be_visible()
        assert await alice.evaluate("() => document.scrollingElement.scrollTop") == 0
        if size == "phone":
            await alice.get_by_role("button", name="Back").click()
    # Not even a script can scroll it.
    await alice.evaluate(
        "() => [...document.querySelectorAll('.hidden-visually')].forEach((one) => one.scrollIntoView())"
    )
    await alice.evaluate("() => document.scrollingElement.scrollBy(0, 500)")
    assert await alice.evaluate("() => document.scrollingElement.scrollTop") == 0
    await bob.__aexit__()
