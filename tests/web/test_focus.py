"""Whatever opens takes the focus and returns it when it closes; the focus is never lost."""

import pytest
from playwright.async_api import Page, expect

from tests.conftest import newcomer
from tests.server import Server
from tests.web.conftest import PHONE, Enter
from tests.web.talking import create, field, line, lines, say

OPENERS = ("profile and settings", "Browse rooms", "New room", "New conversation", "Go to")


async def focused(page: Page) -> str:
    """A short name of the focused element."""
    told: str = await page.evaluate(
        "() => document.activeElement.getAttribute('aria-label') ?? document.activeElement.innerText ?? ''"
    )
    return f"{await page.evaluate('() => document.activeElement.tagName')} {told.strip()}"


@pytest.mark.parametrize("size", ["desktop", "phone"])
async def test_every_dialog_gives_it_back(enter: Enter, size: str) -> None:
    alice = await enter("alice", **(PHONE if size == "phone" else {}))
    for name in OPENERS:
        opener = alice.get_by_role("button", name=name).first
        await opener.focus()
        await alice.keyboard.press("Enter")
        await expect(alice.get_by_role("dialog")).to_be_visible()
        await expect(alice.locator("dialog:focus-within")).to_have_count(1)
        await alice.keyboard.press("Escape")
        await expect(alice.get_by_role("dialog")).to_have_count(0)
        await expect(opener).to_be_focused()


async def test_one_dialog_after_another_gives_it_back_to_the_first_place(enter: Enter) -> None:
    alice = await enter("alice")
    await create(alice, "kitchen")
    await field(alice).focus()
    for command in ("settings", "browse", "shortcuts", "new conv"):
        await alice.keyboard.press("Control+k")
        await alice.get_by_role("combobox").fill(command)
        await alice.keyboard.press("Enter")
        await expect(alice.locator("#palette-list")).to_have_count(0)
        await expect(alice.locator("dialog:focus-within")).to_have_count(1)
        await alice.keyboard.press("Escape")
        await expect(alice.get_by_role("dialog")).to_have_count(0)
        await expect(field(alice)).to_be_focused()


async def test_what_is_done_to_a_message_gives_it_back(enter: Enter, server: Server) -> None:
    alice = await enter("alice")
    await create(alice, "kitchen")
    for text in ("first", "second"):
        await say(alice, text)
    await expect(lines(alice)).to_have_count(2)
    message = line(alice, "first")
    tools = message.get_by_role("group", name="Actions")
    # By the button: the toolbar reappears with the focus on it.
    await message.hover()
    react = message.get_by_role("button", name="React", exact=True)
    await react.click()
    await alice.keyboard.type("tada")
    await expect(message.get_by_role("button", name="tada", exact=True)).to_be_visible()
    await alice.mouse.move(0, 0)
    await alice.keyboard.press("Escape")
    await expect(message.get_by_role("dialog")).to_have_count(0)
    await expect(tools).to_be_visible()
    await expect(react).to_be_focused()
    # And by the message's keys, with or without a choice.
    await message.focus()
    await alice.keyboard.press("+")
    await alice.keyboard.press("Escape")
    await expect(message).to_be_focused()
    await alice.keyboard.press("+")
    await alice.keyboard.type("tada")
    await expect(message.get_by_role("button", name="tada", exact=True)).to_be_visible()
    await alice.keyboard.press("Enter")
    await expect(message.get_by_role("button", name="🎉 1 by you")).to_be_visible()
    await expect(message).to_be_focused()
    # Its toolbar is hidden during the question: the message gets the focus.
    await message.hover()
    await message.get_by_role("button", name="Delete message").click()
    await alice.mouse.move(0, 0)
    await alice.get_by_role("button", name="Cancel").click()
    await expect(alice.get_by_role("dialog")).to_have_count(0)
    assert await alice.evaluate("() => document.activeElement.closest('[data-seq]')?.dataset.seq") == "1"
    await message.hover()
    await message.get_by_role("button", name="Delete message").click()
    await alice.get_by_role("dialog").get_by_role("button", name="Delete message").click()
    await expect(alice.get_by_text("This message was deleted.")).to_be_visible()
    assert await alice.evaluate("() => document.activeElement.closest('[data-seq]')?.dataset.seq") == "1"


async def test_the_fields_picker_and_the_panels_give_it_back(enter: Enter, server: Server) -> None:
    alice = await enter("alice")
    await create(alice, "kitchen")
    await say(alice, "hello")
    await expect(lines(alice)).to_have_count(1)
    await field(alice).focus()
    await alice.keyboard.press("Control+e")
    await expect(alice.get_by_role("searchbox", name="Search emoji")).to_be_focused()
    await alice.keyboard.press("Escape")
    await expect(field(alice)).to_be_focused()
    emoji = alice.get_by_role("button", name="Emoji", exact=True)
    await emoji.click()
    await alice.keyboard.press("Escape")
    await expect(emoji).to_be_focused()
    for name in ("Members", "Room details"):
        opener = alice.get_by_role("button", name=name)
        await opener.focus()
        await alice.keyboard.press("Enter")
        panel = alice.get_by_role("complementary", name=name)
        await panel.get_by_role("button", name="Close").focus()
        await alice.keyboard.press("Enter")
        await expect(panel).to_have_count(0)
        await expect(opener).to_be_focused()
    await line(alice, "hello").focus()
    await alice.keyboard.press("t")
    thread = alice.get_by_role("complementary", name="Thread")
    await expect(thread.get_by_role("textbox")).to_be_focused()
    await alice.keyboard.press("Escape")
    await expect(thread).to_have_count(0)
    await expect(line(alice, "hello")).to_be_focused()


async def test_the_sheet_tells_every_key_and_each_does_what_it_says(enter: Enter, server: Server) -> None:
    alice = await enter("alice")
    bob = await newcomer(server.url, "bob")
    for name in ("one", "two"):
        await create(alice, name)
    await say(alice, "hello")
    await expect(lines(alice)).to_have_count(1)
    await line(alice, "hello").focus()
    await alice.keyboard.press("?")
    sheet = alice.get_by_role("dialog", name="Keyboard shortcuts")
    for told in ("Copy the message's text", "Previous unread room", "Room below", "First room"):
        await expect(sheet).to_contain_text(told)
    await alice.keyboard.press("Escape")
    await expect(line(alice, "hello")).to_be_focused()
    await alice.context.grant_permissions(["clipboard-read", "clipboard-write"])
    await alice.keyboard.press("c")
    await expect(alice.get_by_text("Copied")).to_be_visible()
    assert await alice.evaluate("navigator.clipboard.readText()") == "hello"
    # Unread rooms, backwards too.
    unread = await bob.create_room("unread", "private", members=["alice"])
    await bob.send("something", room=unread.id)
    await expect(alice.get_by_role("navigation")).to_contain_text("1 unread message")
    await alice.keyboard.press("Alt+Shift+ArrowUp")
    await expect(alice.get_by_role("heading", name="unread", level=1)).to_be_visible()
    # Along the list of rooms.
    links = alice.get_by_role("navigation").locator("[data-room]")
    await links.first.focus()
    await alice.keyboard.press("ArrowDown")
    await expect(links.nth(1)).to_be_focused()
    await alice.keyboard.press("End")
    await expect(links.last).to_be_focused()
    await alice.keyboard.press("Home")
    await expect(links.first).to_be_focused()
    await bob.__aexit__()
