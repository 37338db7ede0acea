"""Everything works with the keyboard alone; the palette; the list of shortcuts."""

from playwright.async_api import expect

from tests.conftest import newcomer
from tests.server import Server
from tests.web.conftest import Enter
from tests.web.talking import create, field, line, lines, room, say, texts


async def test_from_signing_up_to_a_reaction_without_a_mouse(enter: Enter, server: Server) -> None:
    alice = await enter("alice")
    keys = alice.keyboard
    await keys.press("Control+k")
    await keys.type("new room")
    await keys.press("Enter")
    await expect(alice.get_by_role("textbox", name="Name")).to_be_focused()
    await keys.type("kitchen")
    await keys.press("Enter")
    await expect(alice.get_by_role("heading", name="kitchen", level=1)).to_be_visible()
    await expect(field(alice)).to_be_focused()
    for text in ("first", "second"):
        await keys.type(text)
        await keys.press("Enter")
    await expect(texts(alice)).to_have_text(["first", "second"])
    # Edit the last message, and cancel.
    await keys.press("ArrowUp")
    await expect(field(alice)).to_have_value("second")
    await keys.press("Escape")
    await expect(field(alice)).to_have_value("")
    # In the history: up, and the actions of a message.
    await lines(alice).last.focus()
    await keys.press("ArrowUp")
    await expect(line(alice, "first")).to_be_focused()
    await keys.press("r")
    await expect(field(alice)).to_be_focused()
    await expect(alice.get_by_role("button", name="Do not reply to this")).to_be_visible()
    await keys.type("an answer")
    await keys.press("Enter")
    await expect(line(alice, "an answer").get_by_role("button", name="In reply to Alice")).to_be_visible()
    await line(alice, "first").first.focus()
    await keys.press("+")
    await keys.type("heart_eyes")
    await expect(alice.get_by_role("button", name="heart eyes", exact=True)).to_be_visible()
    await keys.press("Enter")
    await expect(line(alice, "first").first.get_by_role("button", name="😍 1 by you")).to_be_visible()
    await line(alice, "second").focus()
    await keys.press("Delete")
    await keys.press("Tab")
    await keys.press("Enter")
    await expect(texts(alice)).to_have_text(["first", "This message was deleted.", "an answer"])
    await line(alice, "first").first.focus()
    await keys.press("t")
    await expect(alice.get_by_role("complementary", name="Thread")).to_be_visible()
    await keys.press("Escape")
    await expect(alice.get_by_role("complementary", name="Thread")).to_have_count(0)


async def test_the_palette_finds_rooms_people_and_commands(enter: Enter, server: Server) -> None:
    alice = await enter("alice")
    bob = await newcomer(server.url, "bob")
    await bob.create_room("garden")
    await bob.create_room("office", members=["alice"])
    await create(alice, "kitchen")
    await expect(room(alice, "office")).to_be_visible()
    palette = alice.get_by_role("dialog", name="Go to or do")
    await alice.keyboard.press("Control+k")
    await palette.get_by_role("combobox").fill("off")
    await expect(palette.get_by_role("option").first).to_contain_text("office")
    await alice.keyboard.press("Enter")
    await expect(alice.get_by_role("heading", name="office", level=1)).to_be_visible()
    # Rooms one is no member of, and users without a conversation.
    await alice.keyboard.press("Control+k")
    await palette.get_by_role("combobox").fill("gard")
    await expect(palette.get_by_role("option", name="garden")).to_contain_text("not joined")
    await palette.get_by_role("combobox").fill("@bob")
    await palette.get_by_role("option", name="bob").click()
    await expect(alice.get_by_role("heading", name="bob", level=1)).to_be_visible()
    await alice.keyboard.press("Control+k")
    await palette.get_by_role("combobox").fill("dark")
    await alice.keyboard.press("Enter")
    await expect(alice.locator("html")).to_have_attribute("data-theme", "dark")
    await alice.keyboard.press("Control+k")
    await palette.get_by_role("combobox").fill("no such thing at all")
    await expect(palette.get_by_text("Nothing found.")).to_be_visible()
    await alice.keyboard.press("Escape")
    await expect(palette).to_have_count(0)
    await bob.__aexit__()


async def test_a_dialog_opened_just_when_another_one_closes_stays(enter: Enter) -> None:
    alice = await enter("alice")
    await alice.get_by_role("button", name="Browse rooms").first.click()
    await expect(alice.get_by_role("dialog", name="Browse rooms")).to_be_visible()
    # The browser closes a dialog on Escape and fires the event later: the next keys come before it.
    told = """() => new Promise((resolve) => {
        const dialog = document.querySelector("dialog");
        dialog.addEventListener("close", () => setTimeout(resolve));
        dialog.close();
        dispatchEvent(new KeyboardEvent("keydown", { key: "k", ctrlKey: true, cancelable: true }));
    })"""
    await alice.evaluate(told)
    await expect(alice.get_by_role("dialog", name="Go to or do")).to_be_visible()


async def test_the_sheet_and_the_steps_from_room_to_room(enter: Enter) -> None:
    alice = await enter("alice")
    for name in ("one", "two"):
        await create(alice, name)
        await say(alice, f"in {name}")
    await alice.locator("body").evaluate("() => document.activeElement.blur()")
    await alice.keyboard.press("?")
    sheet = alice.get_by_role("dialog", name="Keyboard shortcuts")
    await expect(sheet).to_contain_text("Edit your last message")
    await alice.keyboard.press("Escape")
    await alice.keyboard.press("Alt+ArrowDown")  # it takes effect at once
    await expect(sheet).to_have_count(0)
    await expect(alice.get_by_role("heading", name="one", level=1)).to_be_visible()
    await alice.keyboard.press("Alt+ArrowUp")
    await expect(alice.get_by_role("heading", name="two", level=1)).to_be_visible()


async def test_the_enter_that_ends_a_composition_sends_nothing(enter: Enter) -> None:
    alice = await enter("alice")
    await create(alice, "den")
    await field(alice).fill("こんにちは")
    for order in ("during", "after"):
        # Safari sends the key after the end of the composition, other browsers before.
        await field(alice).evaluate(
            """(field, order) => {
                const key = (isComposing) => field.dispatchEvent(new KeyboardEvent("keydown", {
                    key: "Enter", code: "Enter", keyCode: 229, isComposing, bubbles: true, cancelable: true }));
                field.dispatchEvent(new CompositionEvent("compositionstart", { bubbles: true }));
                if (order === "during") key(true);
                field.dispatchEvent(new CompositionEvent("compositionend", { data: "こんにちは", bubbles: true }));
                if (order === "after") key(false);
            }""",
            order,
        )
    await field(alice).press_sequentially("!")
    await alice.keyboard.press("Enter")
    await expect(texts(alice)).to_have_text(["こんにちは!"])
