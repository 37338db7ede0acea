"""Very wide names and deeply nested texts are readable and stay within their boxes, on a phone too."""

import pytest
from playwright.async_api import Locator, expect

from hubbub.client import Client
from tests.conftest import newcomer
from tests.server import Server
from tests.web.conftest import PHONE, Enter
from tests.web.talking import create, field, line, room

NAMES = ["W" * 50, "😀" * 50, "\ufdfd" * 50, "\u05d0" * 50, "<b>" + "M" * 46]
DEEP = ["> " * 100, "- " * 100, "1. " * 60, "> - " * 40, "- [ ] - [x] " * 30]
INSIDE = """one => {
    const box = one.getBoundingClientRect();
    const all = document.createTreeWalker(one, NodeFilter.SHOW_TEXT);
    const outside = [];
    while (all.nextNode()) {
        const range = document.createRange();
        range.selectNodeContents(all.currentNode);
        for (const { left, right } of range.getClientRects())
            if (left < box.left - 1 || right > box.right + 1) outside.push([all.currentNode.data, left, right]);
    }
    return [outside, document.documentElement.scrollWidth <= innerWidth, box.left >= 0 && box.right <= innerWidth];
}"""
"""Lines of text that are drawn beside the element they are in."""
DRAWN = """row => {
    const all = document.createTreeWalker(row, NodeFilter.SHOW_TEXT);
    const range = document.createRange();
    while (all.nextNode()) {
        const at = all.currentNode.data.indexOf("deepest");
        if (at >= 0) (range.setStart(all.currentNode, at), range.setEnd(all.currentNode, at + 7));
    }
    const word = range.getBoundingClientRect();
    const text = row.querySelector(".text").getBoundingClientRect();
    return word.width > 30 && word.height < 30 && word.left >= text.left && word.right <= text.right + 1;
}"""
"""Whether the word stands in one piece within its message."""


async def inside(one: Locator) -> None:
    assert await one.evaluate(INSIDE) == [[], True, True]


async def test_what_is_told_of_somebody_stays_in_its_box(enter: Enter, server: Server) -> None:
    wide = await newcomer(server.url, "wide")
    await wide.change_profile(display_name="W" * 50)
    alice = await enter("alice", **PHONE)
    await wide.create_room("M" * 80, kind="private", members=["alice"])
    told = alice.get_by_role("status").filter(has_text="added you")
    await expect(told).to_be_visible()
    await inside(told)
    await wide.__aexit__()


async def test_those_chosen_for_a_group_can_be_taken_off_whatever_their_names(enter: Enter, server: Server) -> None:
    for number, name in enumerate(NAMES):
        async with await newcomer(server.url, f"wide{number}") as wide:
            await wide.change_profile(display_name=name)
    alice = await enter("alice", **PHONE)
    await alice.get_by_role("button", name="New conversation").click()
    dialog = alice.get_by_role("dialog")
    for number in range(len(NAMES)):
        await dialog.get_by_text(f"@wide{number}").click()
    chosen = dialog.get_by_role("list", name="Chosen").get_by_role("button")
    await expect(chosen).to_have_count(len(NAMES))
    for button in await chosen.all():
        sign = await button.locator("svg").evaluate(
            "(sign) => [sign.getBoundingClientRect(), sign.closest('button').getBoundingClientRect()]"
            ".map(({ left, right }) => [left, right])"
        )
        assert sign[1][0] <= sign[0][0] <= sign[0][1] <= sign[1][1], sign
    # The group's name consists of all of them: it is cut between letters.
    await dialog.get_by_role("button", name="Start").click()
    await expect(dialog).to_have_count(0)
    await expect(field(alice)).to_be_visible()
    name = await alice.get_by_role("heading", level=1).inner_text()
    assert name.startswith("Alice, WWW")
    assert "\ufffd" not in name


async def test_the_name_of_a_room_is_read_in_its_details_and_does_not_swell_the_field(
    enter: Enter, server: Server
) -> None:
    name = "Everything about the W" + "W" * 44 + " and its end"
    wide = await newcomer(server.url, "wide")
    alice = await enter("alice", **PHONE)
    await create(alice, "short")
    height = (await field(alice).bounding_box() or {})["height"]
    await wide.create_room(name, members=["alice"])
    await alice.get_by_role("button", name="Back").click()
    await room(alice, "Everything").click()
    await expect(alice.get_by_role("heading", name=name, level=1)).to_be_visible()
    await expect(field(alice)).to_have_attribute("placeholder", f"Message {name}")
    assert (await field(alice).bounding_box() or {})["height"] == height
    await alice.get_by_role("button", name="Room details").click()
    whole = alice.get_by_role("main", name="Room details").get_by_text(name)
    await expect(whole).to_be_visible()
    await inside(whole)
    assert await whole.evaluate("one => one.scrollWidth <= one.clientWidth")
    await wide.__aexit__()


@pytest.mark.parametrize("width", [360, 1280])
async def test_what_is_deeply_nested_can_be_read(enter: Enter, server: Server, width: int) -> None:
    mallory: Client = await newcomer(server.url, "mallory")
    alice = await enter("alice", viewport={"width": width, "height": 740})
    well = await mallory.create_room("well", members=["alice"])
    await room(alice, "well").click()
    await expect(field(alice)).to_be_visible()
    for signs in DEEP:
        sent = await mallory.send(f"{signs}deepest", room=well.id)
        row = line(alice, "deepest").last
        await expect(row).to_have_attribute("data-seq", str(sent.seq))
        assert await row.evaluate(DRAWN), signs
    await mallory.__aexit__()
