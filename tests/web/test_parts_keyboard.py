"""Each part of the web client by the keyboard, as ARIA's patterns have it, and the focus that comes back."""

from playwright.async_api import Page, expect

from tests.web.parts import Parts, development_server, parts, section

__all__ = ["development_server", "parts"]


async def chosen(page: Page, what: str) -> None:
    await expect(section(page, "Menus, cards, dialogs").get_by_role("status")).to_have_text(f"Chosen: {what}")


async def test_a_menu(parts: Parts) -> None:
    page = await parts()
    opener = page.get_by_role("button", name="Menu of a message")
    menu = page.get_by_role("menu", name="Actions of the message")
    item = menu.get_by_role("menuitem")
    await opener.focus()
    await expect(opener).to_have_attribute("aria-expanded", "false")
    await page.keyboard.press("Enter")
    await expect(item.first).to_be_focused()
    await expect(opener).to_have_attribute("aria-expanded", "true")
    await page.keyboard.press("ArrowDown")
    await expect(item.nth(1)).to_be_focused()
    # Round the end, and to both ends.
    for key, place in (("End", 4), ("ArrowDown", 0), ("ArrowUp", 4), ("Home", 0)):
        await page.keyboard.press(key)
        await expect(item.nth(place)).to_be_focused()
    # By what it is called: a word typed, and the same letter again.
    await page.keyboard.type("cop")
    await expect(menu.get_by_role("menuitem", name="Copy text")).to_be_focused()
    # What is off can be reached, and does nothing.
    await page.keyboard.press("ArrowDown")
    await page.keyboard.press("Enter")
    await expect(menu.get_by_role("menuitem", name="Edit")).to_be_focused()
    await chosen(page, "nothing yet")
    await page.keyboard.press("Escape")
    await expect(menu).to_have_count(0)
    await expect(opener).to_be_focused()
    # The arrow up opens it at its end; what is chosen is done, and the focus is back before.
    await page.keyboard.press("ArrowUp")
    await expect(item.last).to_be_focused()
    await page.keyboard.press("Home")
    await page.keyboard.press("Space")
    await chosen(page, "Reply")
    await expect(opener).to_be_focused()
    # Tab closes it and does not stay in it.
    await page.keyboard.press("ArrowDown")
    await page.keyboard.press("Tab")
    await expect(menu).to_have_count(0)
    # A press on its button closes it, and one beside it.
    await opener.click()
    await expect(menu).to_be_visible()
    await opener.click()
    await expect(menu).to_have_count(0)
    await opener.click()
    await page.get_by_role("heading", name="Hubbub, part by part").click(force=True)
    await expect(menu).to_have_count(0)


async def test_a_context_menu(parts: Parts) -> None:
    page = await parts()
    area = page.get_by_role("group", name="A row with a context menu")
    button = area.get_by_role("button")
    menu = page.get_by_role("menu", name="Room kitchen")
    await button.click(button="right")
    await expect(menu).to_be_visible()
    await menu.get_by_role("menuitemcheckbox", name="Mute").click()
    await expect(menu).to_have_count(0)
    await button.focus()
    for key in ("Shift+F10", "ContextMenu"):
        await page.keyboard.press(key)
        await expect(menu.get_by_role("menuitem", name="Mark as read")).to_be_focused()
        await expect(menu.get_by_role("menuitemcheckbox", name="Mute")).to_have_attribute("aria-checked", "true")
        await page.keyboard.press("Escape")
        await expect(menu).to_have_count(0)
        await expect(button).to_be_focused()
    await page.keyboard.press("Shift+F10")
    await expect(menu.get_by_role("menuitem", name="Mark as read")).to_be_focused()
    await page.keyboard.press("l")
    await page.keyboard.press("Enter")
    await chosen(page, "Leave")


AGAIN = """async ([opener, shown, event]) => {
  document.querySelector(shown).hidePopover();
  for (let turn = 0; turn < 10; turn++) await Promise.resolve();
  const how = { bubbles: true, cancelable: true, button: 2, key: "ArrowDown", clientX: 40, clientY: 40 };
  const type = { click: MouseEvent, contextmenu: PointerEvent, keydown: KeyboardEvent }[event];
  opener.dispatchEvent(new type(event, how));
}"""
"""Closed, and opened again before the browser's next task, in which it would say that it has closed."""


async def test_what_was_closed_opens_again_at_once(parts: Parts) -> None:
    page = await parts()
    menu = page.get_by_role("button", name="Menu of a message")
    card = page.get_by_role("button", name="Card of a person")
    row = page.get_by_role("group", name="A row with a context menu").get_by_role("button")
    cases = [(menu, "[role=menu]", "click"), (menu, "[role=menu]", "keydown"), (row, "[role=menu]", "contextmenu")]
    for opener, shown, event in [*cases, (card, "[role=dialog]", "click")]:
        await opener.click(button="right" if event == "contextmenu" else "left")
        await expect(page.locator(shown)).to_be_visible()
        await page.evaluate(AGAIN, [await opener.element_handle(), shown, event])
        await expect(page.locator(shown)).to_be_visible()
        await expect(page.locator(f"{shown} :focus")).to_have_count(1)
        await page.keyboard.press("Escape")
        await expect(page.locator(shown)).to_have_count(0)
        await expect(opener).to_be_focused()


async def test_a_long_press_opens_a_context_menu(parts: Parts) -> None:
    page = await parts(has_touch=True, is_mobile=True, viewport={"width": 360, "height": 740})
    area = page.get_by_role("group", name="A row with a context menu")
    await area.scroll_into_view_if_needed()
    box = await area.bounding_box()
    assert box is not None
    session = await page.context.new_cdp_session(page)
    finger = {"x": box["x"] + 20, "y": box["y"] + 20}
    await session.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [finger]})
    menu = page.get_by_role("menu", name="Room kitchen")
    await expect(menu).to_be_visible()
    await session.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    await expect(menu).to_be_visible()
    await menu.get_by_role("menuitem", name="Mark as read").tap()
    await chosen(page, "Mark as read")


async def test_a_popover(parts: Parts) -> None:
    page = await parts()
    opener = page.get_by_role("button", name="Card of a person")
    card = page.get_by_role("dialog", name="Wanjiru Kamau")
    await opener.focus()
    await page.keyboard.press("Enter")
    await expect(card.get_by_role("button", name="Message")).to_be_focused()
    await page.keyboard.press("Escape")
    await expect(card).to_have_count(0)
    await expect(opener).to_be_focused()
    # Leaving it by Tab closes it.
    await page.keyboard.press("Enter")
    await expect(card.get_by_role("button", name="Message")).to_be_focused()
    await page.keyboard.press("Tab")
    await expect(card.get_by_role("button", name="See profile")).to_be_focused()
    await page.keyboard.press("Tab")
    await expect(card).to_have_count(0)
    # What is in it may close it.
    await opener.click()
    await card.get_by_role("button", name="See profile").click()
    await expect(card).to_have_count(0)
    await expect(opener).to_be_focused()


async def test_a_dialog(parts: Parts) -> None:
    page = await parts()
    opener = page.get_by_role("button", name="Dialog", exact=True)
    dialog = page.get_by_role("dialog", name="Delete this message?")
    keep = dialog.get_by_role("button", name="Keep it")
    await opener.focus()
    await page.keyboard.press("Enter")
    await expect(keep).to_be_focused()
    # Tab goes round in it: nothing of the page behind it has the focus.
    for _ in range(6):
        await page.keyboard.press("Tab")
        assert await page.evaluate(
            "document.activeElement === document.body || !!document.activeElement.closest('dialog')"
        )
    await page.keyboard.press("Escape")
    await expect(dialog).to_have_count(0)
    await expect(opener).to_be_focused()
    # One that a menu opens gives the focus to the menu's button.
    menu = page.get_by_role("button", name="Menu of a message")
    await menu.focus()
    await page.keyboard.press("ArrowUp")
    await page.keyboard.press("Enter")
    await expect(keep).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(dialog).to_have_count(0)
    await expect(menu).to_be_focused()


async def test_tabs_follow_the_direction_of_the_text(parts: Parts) -> None:
    for direction, onward, back in (("ltr", "ArrowRight", "ArrowLeft"), ("rtl", "ArrowLeft", "ArrowRight")):
        page = await parts(dir=direction)
        tabs = page.get_by_role("tablist", name="Settings")
        await tabs.get_by_role("tab", name="Profile").focus()
        for key, name in (
            (onward, "Notifications"),
            ("End", "Devices"),
            (onward, "Profile"),
            (back, "Devices"),
            ("Home", "Profile"),
        ):
            await page.keyboard.press(key)
            tab = tabs.get_by_role("tab", name=name)
            await expect(tab).to_be_focused()
            await expect(tab).to_have_attribute("aria-selected", "true")
            await expect(page.get_by_role("tabpanel", name=name, exact=True)).to_contain_text(f"The page “{name}”.")
        # One stop for Tab.
        await page.keyboard.press("Tab")
        await expect(page.get_by_role("switch", name="Show when I am here")).to_be_focused()


async def test_a_switch_and_choices(parts: Parts) -> None:
    page = await parts()
    sounds = page.get_by_role("switch", name="Sounds")
    await sounds.focus()
    await page.keyboard.press("Space")
    await expect(sounds).to_be_checked()
    # Anywhere on its row.
    await section(page, "Tabs and switches").get_by_text("A knock for mentions").click()
    await expect(sounds).not_to_be_checked()
    await page.get_by_role("radio", name="Everything").focus()
    await page.keyboard.press("ArrowDown")
    await expect(page.get_by_role("radio", name="Mentions")).to_be_checked()
    await page.get_by_text("By invitation only.").click()
    await expect(page.get_by_role("radio", name="Private room")).to_be_checked()


async def test_a_combobox(parts: Parts) -> None:
    page = await parts()
    field = page.get_by_role("combobox", name="Go to")
    options = page.get_by_role("listbox", name="Go to").get_by_role("option")
    await field.focus()
    await expect(options.first).to_have_attribute("aria-selected", "true")
    await page.keyboard.press("ArrowUp")
    await expect(options.last).to_have_attribute("aria-selected", "true")
    assert await field.get_attribute("aria-activedescendant") == await options.last.get_attribute("id")
    await field.fill("d")
    await expect(options.first).to_have_attribute("aria-selected", "true")
    await page.keyboard.press("ArrowDown")
    await page.keyboard.press("ArrowDown")
    await expect(field).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(section(page, "Finding").get_by_role("status").last).to_have_text("docs")
    await field.fill("nothing like it")
    await expect(section(page, "Finding").get_by_text("Nothing found.")).to_be_visible()
    await page.keyboard.press("Enter")
    await expect(section(page, "Finding").get_by_role("status").last).to_have_text("docs")


async def test_a_tooltip(parts: Parts) -> None:
    page = await parts()
    button = page.get_by_role("button", name="Tooltip")
    tip = page.get_by_role("tooltip")
    await page.get_by_role("button", name="Dialog", exact=True).focus()
    await page.keyboard.press("Tab")
    await expect(tip).to_have_text("You, Jonas, Mei-Ling and 2 others")
    await expect(button).to_have_accessible_description("You, Jonas, Mei-Ling and 2 others")
    await page.keyboard.press("Escape")
    await expect(tip).to_have_count(0)
    # By the pointer, which may move onto it.
    await button.hover()
    await expect(tip).to_be_visible()
    box = await tip.bounding_box()
    assert box is not None
    await page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] - 2, steps=4)
    assert await tip.is_visible()
    await page.mouse.move(2, 2)
    await expect(tip).to_have_count(0)


async def test_a_list(parts: Parts) -> None:
    page = await parts()
    rows = page.get_by_role("list", name="Members")
    await rows.get_by_role("button", name="Maya").first.focus()
    for key, name in (("ArrowDown", "Tomás"), ("End", "ليلى"), ("Home", "Maya")):
        await page.keyboard.press(key)
        await expect(rows.get_by_role("button", name=name).first).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(section(page, "A list").get_by_role("status")).to_have_text("Maya Okafor")


async def test_a_busy_button_keeps_the_focus_and_does_nothing(parts: Parts) -> None:
    page = await parts()
    busy = section(page, "Buttons").locator("button[aria-disabled]").first
    await busy.focus()
    await page.keyboard.press("Enter")
    await expect(busy).to_be_focused()
    # A password is shown on demand, and hidden again.
    field = page.get_by_label("Password", exact=True)
    await page.get_by_role("button", name="Show what is typed").click()
    await expect(field).to_have_attribute("type", "text")
    await page.get_by_role("button", name="Show what is typed").click()
    await expect(field).to_have_attribute("type", "password")
