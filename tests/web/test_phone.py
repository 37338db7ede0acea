"""At 360 pixels: one pane at a time, back by button, swipe or the browser, and large enough touch targets."""

from playwright.async_api import Page, expect

from tests.conftest import newcomer
from tests.server import Server
from tests.web.conftest import PHONE, Enter
from tests.web.talking import create, field, line, room, say, tap, texts

CONTROLS = "button, a[href], select, input:not([type=file]), textarea, summary"
TOO_SMALL = """() => [...document.querySelectorAll("CONTROLS")]
    .filter(one => one.checkVisibility({ visibilityProperty: true }))
    .filter(one => !one.closest(".text, .hidden-visually, .skip"))
    .map(one => [one, (one.closest("label") ?? one).getBoundingClientRect()])
    .filter(([one, box]) => box.bottom > 0 && box.top < innerHeight && (box.height < 44 || box.width < 44))
    .filter(([one]) => one.tabIndex >= 0)
    // What is as high as its text only may be found by a finger around it all the same.
    .filter(([one, box]) => ![-21, 21].every((by) => {
        const hit = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2 + by);
        return box.width >= 44 && hit !== null && one.contains(hit);
    }))
    .map(([one, box]) => `${one.outerHTML.slice(0, 120)} ${Math.round(box.width)} x ${Math.round(box.height)}`)"""
TOO_SMALL = TOO_SMALL.replace("CONTROLS", CONTROLS)
WIDER = "() => document.documentElement.scrollWidth > innerWidth"


async def fits(page: Page) -> None:
    assert await page.evaluate(TOO_SMALL) == []
    assert not await page.evaluate(WIDER)


async def test_one_pane_at_a_time(enter: Enter) -> None:
    alice = await enter("alice", **PHONE)
    await fits(alice)
    await create(alice, "kitchen")
    await expect(alice.get_by_role("navigation")).to_be_hidden()
    await say(alice, "from a phone")
    await expect(texts(alice)).to_have_text(["from a phone"])
    await fits(alice)
    # A tap shows the actions of a message.
    await tap(line(alice, "from a phone").get_by_text("from a phone"))
    await tap(line(alice, "from a phone").get_by_role("button", name="React"))
    await tap(alice.get_by_role("button", name="grinning", exact=True))
    await expect(line(alice, "from a phone").get_by_role("button", name="😀 1 by you")).to_be_visible()
    await fits(alice)
    for panel in ("Room details", "Members"):
        await tap(alice.get_by_role("button", name=panel))
        await expect(alice.get_by_role("main", name=panel)).to_be_visible()
        await expect(field(alice)).to_be_hidden()
        await fits(alice)
        await tap(alice.get_by_role("button", name="Close"))
    await tap(alice.get_by_role("button", name="Back"))
    await expect(alice.get_by_role("navigation")).to_be_visible()
    await expect(field(alice)).to_be_hidden()
    await fits(alice)
    # The browser's back button does the same.
    await tap(room(alice, "kitchen"))
    await expect(field(alice)).to_be_visible()
    await alice.go_back()
    await expect(alice.get_by_role("navigation")).to_be_visible()
    for opens in ("profile and settings", "Browse rooms", "New room", "New conversation", "Go to"):
        await tap(alice.get_by_role("button", name=opens).first)
        await expect(alice.get_by_role("dialog")).to_be_visible()
        await fits(alice)
        await alice.keyboard.press("Escape")
        await expect(alice.get_by_role("dialog")).to_have_count(0)


async def test_a_swipe_goes_back_to_the_list(enter: Enter) -> None:
    alice = await enter("alice", **PHONE)
    await create(alice, "kitchen")
    session = await alice.context.new_cdp_session(alice)
    for kind, x in (("touchStart", 10), ("touchMove", 120), ("touchMove", 220)):
        await session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": x, "y": 300}]})
    await session.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    await expect(alice.get_by_role("navigation")).to_be_visible()


async def test_back_closes_what_is_on_top_and_then_leaves_the_room(enter: Enter) -> None:
    alice = await enter("alice", **PHONE)
    await create(alice, "kitchen")
    await say(alice, "hello")
    message, dialog, menu = line(alice, "hello"), alice.get_by_role("dialog"), alice.get_by_role("menu")
    more, details = message.get_by_role("button", name="More"), alice.get_by_role("main", name="Room details")
    bar = alice.get_by_role("toolbar", name="Selected messages")

    async def choose(item: str) -> None:
        # A second tap would hide them.
        if not await more.is_visible():
            await tap(message.locator(".text"))
        await tap(more)
        await tap(alice.get_by_role("menuitem", name=item))

    # A dialog over a panel: one after the other.
    await tap(alice.get_by_role("button", name="Room details"))
    await tap(details.get_by_role("button", name="Leave"))
    await expect(dialog).to_be_visible()
    await alice.go_back()
    await expect(dialog).to_have_count(0)
    await expect(details).to_be_visible()
    await alice.go_back()
    await expect(details).to_have_count(0)
    # A menu, what it opens, and a selection.
    await tap(message.locator(".text"))
    await tap(more)
    await expect(menu).to_be_visible()
    await alice.go_back()
    await expect(menu).to_have_count(0)
    await choose("Forward")
    await expect(dialog).to_be_visible()
    await alice.go_back()
    await expect(dialog).to_have_count(0)
    await choose("Select")
    await expect(bar).to_be_visible()
    await alice.go_back()
    await expect(bar).to_have_count(0)
    await expect(field(alice)).to_be_visible()
    # What is closed in another way leaves nothing behind, not even after a reload.
    await choose("Select")
    await tap(bar.get_by_role("button", name="End the selection"))
    await tap(alice.get_by_role("button", name="Members"))
    await tap(alice.get_by_role("button", name="Close"))
    await tap(alice.get_by_role("button", name="Jump to a day"))
    await expect(dialog).to_be_visible()
    await alice.reload()
    await expect(line(alice, "hello")).to_be_visible()
    await expect(dialog).to_have_count(0)
    await choose("Forward")
    await tap(dialog.get_by_role("button", name="Close"))
    await expect(dialog).to_have_count(0)
    await alice.go_back()
    await expect(alice.get_by_role("navigation")).to_be_visible()
    # Neither does a room that a dialog leads to.
    await tap(alice.get_by_role("button", name="Browse rooms"))
    await tap(dialog.get_by_role("button", name="kitchen"))
    await expect(field(alice)).to_be_visible()
    await alice.go_back()
    await expect(alice.get_by_role("navigation")).to_be_visible()
    await expect(dialog).to_have_count(0)


async def test_the_keyboard_does_not_hide_what_is_written(enter: Enter) -> None:
    alice = await enter("alice", **PHONE)
    await create(alice, "kitchen")
    for number in range(20):
        await say(alice, f"message {number}")
    await expect(texts(alice)).to_have_count(20)
    # The height that an on-screen keyboard leaves.
    await alice.set_viewport_size({"width": 360, "height": 400})
    await tap(field(alice))
    await expect(field(alice)).to_be_in_viewport(ratio=1)
    await expect(line(alice, "message 19")).to_be_in_viewport(ratio=1)
    await field(alice).fill("line\n" * 30)
    await expect(alice.get_by_role("button", name="Send")).to_be_in_viewport(ratio=1)
    await expect(alice.get_by_role("heading", name="kitchen", level=1)).to_be_in_viewport()


async def test_a_short_reply_is_low_and_every_group_of_emoji_is_seen(enter: Enter, server: Server) -> None:
    alice = await enter("alice", **PHONE)
    await create(alice, "kitchen")
    bob = await newcomer(server.url, "bob")
    await bob.join(1)
    await bob.send("shall we?", room=1)
    await bob.send("of course", room=1, reply_to=1)
    await expect(texts(alice)).to_have_text(["shall we?", "of course"])
    box = await line(alice, "of course").bounding_box()
    assert box is not None
    assert box["height"] <= 110
    await fits(alice)
    await tap(alice.get_by_role("button", name="Emoji", exact=True))
    groups = alice.get_by_role("group", name="Groups").get_by_role("button")
    await expect(groups).to_have_count(9)
    for number in range(9):
        await expect(groups.nth(number)).to_be_in_viewport(ratio=1)
        fits_in = await groups.nth(number).evaluate(
            "(one) => one.getBoundingClientRect().right <= one.closest('.picker').getBoundingClientRect().right"
        )
        assert fits_in, number
    await tap(groups.last)
    await expect(groups.last).to_have_attribute("aria-pressed", "true")
    await bob.__aexit__()


async def test_lines_on_their_way_stand_under_one_name(enter: Enter) -> None:
    alice = await enter("alice", **PHONE)
    await create(alice, "kitchen")
    await say(alice, "arrived")
    await expect(texts(alice)).to_have_text(["arrived"])
    await alice.context.set_offline(True)
    for text in ("one", "two"):
        await say(alice, text)
    log = alice.get_by_role("log")
    await expect(log.locator("[data-pending]")).to_have_count(2)
    await expect(log.locator("b", has_text="Alice")).to_have_count(1)
    await alice.context.set_offline(False)
    await expect(texts(alice)).to_have_text(["arrived", "one", "two"])
    await expect(log.locator("b", has_text="Alice")).to_have_count(1)
