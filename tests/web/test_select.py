"""Several messages selected: copied, forwarded, saved and deleted together."""

from playwright.async_api import CDPSession, Locator, Page, expect

from hubbub.client import Client
from tests.conftest import PASSWORD, newcomer
from tests.server import Server
from tests.web.conftest import PHONE, Enter
from tests.web.talking import act, create, field, line, lines, room, say, tap
from tests.web.test_quality import clean


def bar(page: Page) -> Locator:
    return page.get_by_role("toolbar", name="Selected messages")


def box(page: Page, text: str) -> Locator:
    return line(page, text).get_by_role("checkbox")


async def test_by_menu_keyboard_and_shift(enter: Enter, server: Server) -> None:
    ann = await enter("ann", permissions=["clipboard-read", "clipboard-write"])
    await create(ann, "kitchen")
    await field(ann).fill("half a draft")
    client = Client(server.url)
    await client.sign_in("ann", PASSWORD)
    bob = await newcomer(server.url, "bob")
    await bob.join(1)
    for number in range(1, 7):
        await (bob if number == 4 else client).send(f"text {number}", room=1)
    await expect(line(ann, "text 6")).to_have_count(1)
    await act(ann, "text 1", "More")
    await ann.get_by_role("menuitem", name="Select").click()
    await expect(bar(ann).get_by_role("status")).to_have_text("1 selected")
    await expect(field(ann)).to_be_hidden()
    await box(ann, "text 5").click(modifiers=["Shift"])
    await expect(bar(ann).get_by_role("status")).to_have_text("5 selected")
    await clean(ann, "selecting messages")
    # New messages change nothing of it, and one that is deleted is no longer selected.
    await bob.send("text 7", room=1)
    await expect(line(ann, "text 7")).to_have_count(1)
    await expect(bar(ann).get_by_role("status")).to_have_text("5 selected")
    await client.delete(1, 2)
    await expect(bar(ann).get_by_role("status")).to_have_text("4 selected")
    # By keyboard.
    await line(ann, "text 5").focus()
    await ann.keyboard.press("Space")
    await expect(box(ann, "text 5")).not_to_be_checked()
    await bar(ann).get_by_role("button", name="Copy as text").click()
    await expect(bar(ann)).to_have_count(0)
    copied = await ann.evaluate("() => navigator.clipboard.readText()")
    assert [part.split("\n")[1] for part in copied.split("\n\n")] == ["text 1", "text 3", "text 4"]
    assert [part.split(",")[0] for part in copied.split("\n\n")][::2] == ["Ann", "bob"]
    # Escape ends the selection, and nothing else.
    await line(ann, "text 1").focus()
    await ann.keyboard.press("x")
    await expect(box(ann, "text 1")).to_be_checked()
    await box(ann, "text 3").click()
    await ann.keyboard.press("Escape")
    await expect(bar(ann)).to_have_count(0)
    await expect(field(ann)).to_have_value("half a draft")
    for each in (client, bob):
        await each.__aexit__()


async def test_saved_forwarded_and_deleted_together(enter: Enter, server: Server) -> None:
    ann = await enter("ann")
    bob = await newcomer(server.url, "bob")
    hall = (await bob.create_room(name="hall", kind="private", members=["ann"])).id
    other = (await bob.create_room(name="attic", kind="private", members=["ann"])).id
    client = Client(server.url)
    await client.sign_in("ann", PASSWORD)
    for text in ("one", "two", "three"):
        await client.send(text, room=hall)
    await bob.send("of bob", room=hall)
    await room(ann, "hall").click()
    await line(ann, "one").focus()
    await ann.keyboard.press("x")
    await box(ann, "of bob").click(modifiers=["Shift"])
    await bar(ann).get_by_role("button", name="Save").click()
    await expect(bar(ann)).to_have_count(0)
    assert len((await client.saved()).saved) == 4
    await line(ann, "one").focus()
    await ann.keyboard.press("x")
    await box(ann, "two").click()
    await bar(ann).get_by_role("button", name="Forward").click()
    dialog = ann.get_by_role("dialog", name="Forward 2 messages")
    await dialog.get_by_role("radio", name="attic").check()
    await dialog.get_by_label("Comment (optional)").fill("both")
    await dialog.get_by_role("button", name="Forward", exact=True).click()
    await expect(dialog).to_have_count(0)
    await expect(bar(ann)).to_have_count(0)
    sent = (await bob.history(other)).messages
    assert [message.content for message in sent] == ["both\n\nForwarded from Ann:\none", "Forwarded from Ann:\ntwo"]
    # Only what one may delete.
    await line(ann, "two").focus()
    await ann.keyboard.press("x")
    await box(ann, "of bob").click(modifiers=["Shift"])
    await bar(ann).get_by_role("button", name="Delete").click()
    dialog = ann.get_by_role("dialog")
    await expect(dialog).to_contain_text("Delete 2 messages for everybody? 1 other stays")
    await dialog.get_by_role("button", name="Delete").click()
    await expect(ann.get_by_text("This message has been deleted").or_(lines(ann).locator(".deleted"))).to_have_count(2)
    await expect(line(ann, "of bob")).to_have_count(1)
    await expect(bar(ann)).to_have_count(0)
    for each in (client, bob):
        await each.__aexit__()


async def touch(cdp: CDPSession, kind: str, points: list[dict[str, float]]) -> None:
    await cdp.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})


async def test_on_a_phone_by_a_long_press_in_a_thread_too(enter: Enter, server: Server) -> None:
    ann = await enter("ann", **{**PHONE, "color_scheme": "dark"})
    await create(ann, "kitchen")
    await say(ann, "root")
    await expect(line(ann, "root")).to_have_count(1)
    client = Client(server.url)
    await client.sign_in("ann", PASSWORD)
    for text in ("first reply", "second reply"):
        await client.send(text, room=1, thread=1)
    cdp = await ann.context.new_cdp_session(ann)

    async def hold(row: Locator) -> None:
        place = await row.bounding_box()
        assert place is not None
        await touch(cdp, "touchStart", [{"x": place["x"] + 90, "y": place["y"] + place["height"] / 2}])
        await expect(bar(ann)).to_be_visible()
        await touch(cdp, "touchEnd", [])

    await hold(line(ann, "root"))
    await expect(box(ann, "root")).to_be_checked()
    await clean(ann, "selecting on a phone")
    await bar(ann).get_by_role("button", name="End the selection").click()
    await expect(field(ann)).to_be_visible()
    # A tap is a tap again.
    await tap(line(ann, "root").locator(".text"))
    await line(ann, "root").get_by_role("button", name="Reply in thread").click()
    thread = ann.get_by_role("log", name="Thread")
    await hold(thread.get_by_role("article").filter(has_text="first reply"))
    await tap(thread.get_by_role("article").filter(has_text="second reply"))
    await expect(bar(ann).get_by_role("status")).to_have_text("2 selected")
    await ann.go_back()
    await expect(bar(ann)).to_have_count(0)
    await expect(thread).to_be_visible()
    # Who leaves the thread has nothing selected.
    await hold(thread.get_by_role("article").filter(has_text="first reply"))
    await tap(ann.get_by_role("button", name="Close", exact=True))
    await expect(bar(ann)).to_have_count(0)
    await expect(field(ann)).to_be_visible()
    await client.__aexit__()
