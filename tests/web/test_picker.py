"""The emoji picker: fully visible wherever it opens; it works offline or says that it cannot."""

import pytest
from playwright.async_api import Page, expect

from hubbub.client import Client
from tests.conftest import newcomer
from tests.server import Server
from tests.web.conftest import PHONE, Enter
from tests.web.talking import act, create, field, line, lines, room, say, tap

WITHIN = """picker => {
    const log = document.querySelector("[role=log]").getBoundingClientRect();
    const box = picker.getBoundingClientRect();
    return box.top >= log.top - 1 && box.bottom <= log.bottom + 1 && box.left >= 0 && box.right <= innerWidth;
}"""


async def picker_of(page: Page, number: int, touch: bool) -> None:
    """Open it at the visible message with this index."""
    row = lines(page).nth(number)
    if touch:
        await tap(row.locator(".text"))
    else:
        await row.hover()
    await row.get_by_role("button", name="React").click()


@pytest.mark.parametrize("touch", [True, False])
@pytest.mark.parametrize("number", [12, 2])
async def test_all_of_it_is_in_sight(enter: Enter, server: Server, touch: bool, number: int) -> None:
    bob: Client = await newcomer(server.url, "bob")
    alice = await enter("alice", **(PHONE if touch else {"viewport": {"width": 1000, "height": 600}}))
    kitchen = await bob.create_room("kitchen", members=["alice"])
    for count in range(number):
        await bob.send(f"number {count}", room=kitchen.id)
    await room(alice, "kitchen").click()
    await expect(lines(alice)).to_have_count(number)
    picker = alice.get_by_role("dialog", name="Choose an emoji")
    for count in range(0, number, 3 if number > 3 else 1):
        await picker_of(alice, count, touch)
        await expect(picker.get_by_role("button", name="grinning", exact=True)).to_be_visible()
        await alice.wait_for_function(WITHIN, arg=await picker.element_handle())
        await alice.keyboard.press("Escape")
        await expect(picker).to_have_count(0)
    await bob.__aexit__()


async def test_it_opens_without_a_network_the_first_time(enter: Enter) -> None:
    alice = await enter("alice")
    await create(alice, "kitchen")
    await say(alice, "hello")
    await expect(line(alice, "hello")).to_have_count(1)
    await alice.evaluate("navigator.serviceWorker.ready.then(() => true)")
    await alice.context.set_offline(True)
    await act(alice, "hello", "React")
    await alice.get_by_role("button", name="grinning", exact=True).click()
    await expect(line(alice, "hello").get_by_role("button", name="😀 1 by you")).to_be_visible()
    await alice.context.set_offline(False)


async def test_it_says_that_it_cannot_be_fetched_and_tries_again(enter: Enter) -> None:
    alice = await enter("alice", service_workers="block")
    await alice.route("**/app/assets/*emoji*", lambda route: route.abort())
    await alice.route("**/app/assets/common-*", lambda route: route.abort())
    await create(alice, "kitchen")
    # The text is kept without an error: shortcodes and code stay unchanged.
    for text in ("so :smile: it is", "```python\nprint(1)\n```"):
        await say(alice, text)
        await expect(lines(alice).last).to_contain_text(text.strip("`").splitlines()[-1])
    await field(alice).press_sequentially("look :smi")
    await field(alice).fill("")
    await act(alice, "so :smile:", "React")
    picker = alice.get_by_role("dialog", name="Choose an emoji")
    await expect(picker.get_by_role("alert")).to_contain_text("cannot be reached")
    await alice.unroute("**/app/assets/*emoji*")
    await picker.get_by_role("button", name="Try again").click()
    await picker.get_by_role("button", name="grinning", exact=True).click()
    await expect(line(alice, "so :smile:").get_by_role("button", name="😀 1 by you")).to_be_visible()
