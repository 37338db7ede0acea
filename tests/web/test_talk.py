"""Two users in two browsers: rooms, messages, replies, reactions, edits, receipts."""

import re

from playwright.async_api import Page, expect

from tests.conftest import MakeServer
from tests.web.conftest import Enter
from tests.web.talking import act, create, field, join, line, lines, pending, room, say, texts, write_to


async def test_two_people_talk(enter: Enter) -> None:
    alice, bob = await enter("alice"), await enter("bob")
    await create(alice, "kitchen")
    await join(bob, "kitchen")
    await say(alice, "soup is **ready**")
    await expect(texts(bob)).to_have_text(["soup is ready"])
    await expect(texts(bob).locator("strong")).to_have_text("ready")
    await say(bob, "coming, @alice!")
    await expect(texts(alice)).to_have_text(["soup is ready", "coming, @Alice!"])
    await expect(line(alice, "coming").locator(".mention.me")).to_have_text("@Alice")
    # Both are online, and the owner is marked.
    await alice.get_by_role("button", name="Members").click()
    panel = alice.get_by_role("complementary", name="Members")
    await expect(panel.get_by_role("listitem")).to_have_count(2)
    await expect(panel.get_by_role("listitem").first).to_contain_text("Owner")
    await expect(alice.get_by_text("2 members")).to_be_visible()


async def test_a_message_is_shown_once_whatever_comes_first(enter: Enter) -> None:
    alice = await enter("alice")
    await create(alice, "notes")
    for number in range(12):
        await field(alice).fill("the same")
        await alice.keyboard.press("Enter")
        await expect(field(alice)).to_have_value("")
        assert await lines(alice).count() + await pending(alice).count() <= number + 1
    await expect(texts(alice)).to_have_text(["the same"] * 12)
    await expect(pending(alice)).to_have_count(0)


async def test_edits_deletions_and_their_history(enter: Enter) -> None:
    alice, bob = await enter("alice"), await enter("bob")
    await create(alice, "kitchen")
    await join(bob, "kitchen")
    await say(alice, "salt or suger")
    await expect(texts(bob)).to_have_text(["salt or suger"])
    # Arrow up edits the last message.
    await field(alice).press("ArrowUp")
    await expect(field(alice)).to_have_value("salt or suger")
    await field(alice).fill("salt or sugar")
    await field(alice).press("Enter")
    await expect(texts(bob)).to_have_text(["salt or sugar"])
    await bob.get_by_role("button", name="(edited)").click()
    await expect(bob.get_by_role("dialog")).to_contain_text("salt or suger")
    await bob.keyboard.press("Escape")
    await say(alice, "forget it")
    await act(alice, "forget it", "Delete message")
    await alice.get_by_role("dialog").get_by_role("button", name="Delete message").click()
    await expect(texts(bob)).to_have_text(["salt or sugar", "This message was deleted."])
    await expect(texts(alice)).to_have_text(["salt or sugar", "This message was deleted."])
    # Another user's message has neither.
    await line(bob, "salt or sugar").hover()
    await expect(line(bob, "salt or sugar").get_by_role("button", name="Edit", exact=True)).to_have_count(0)


async def test_reactions_tell_who(enter: Enter) -> None:
    alice, bob = await enter("alice"), await enter("bob")
    await create(alice, "kitchen")
    await join(bob, "kitchen")
    await say(alice, "cake!")
    await act(bob, "cake!", "React")
    await bob.get_by_role("searchbox", name="Search emoji").fill("tada")
    await bob.get_by_role("dialog", name="Choose an emoji").get_by_role("button", name="tada", exact=True).click()
    reaction = line(alice, "cake!").get_by_role("button", name="🎉 1 by Bob")
    await expect(reaction).to_contain_text("🎉 1")
    await reaction.click()
    await expect(line(bob, "cake!").get_by_role("button", name="🎉 2 by you, Alice")).to_have_attribute(
        "aria-pressed", "true"
    )
    await line(bob, "cake!").get_by_role("button", name="🎉 2 by you, Alice").click()
    await expect(line(alice, "cake!").get_by_role("button", name="🎉 1 by you")).to_contain_text("🎉 1")


async def test_replies_and_threads(enter: Enter) -> None:
    alice, bob = await enter("alice"), await enter("bob")
    await create(alice, "kitchen")
    await join(bob, "kitchen")
    await say(alice, "who cooks on Friday?")
    await say(alice, "and on Saturday?")
    await act(bob, "who cooks", "Reply")
    await say(bob, "I do")
    await expect(line(alice, "I do").get_by_role("button", name="In reply to Alice")).to_contain_text("who cooks")
    # The quote stays in the room. A reply in the thread does not come there.
    await act(alice, "on Saturday", "Reply in thread")
    thread = alice.get_by_role("complementary", name="Thread")
    await thread.get_by_role("textbox", name="Reply in thread").fill("thank you")
    await alice.keyboard.press("Enter")
    await expect(thread.get_by_role("article")).to_have_count(2)
    await expect(line(bob, "on Saturday").get_by_role("button", name="1 reply")).to_be_visible()
    await expect(texts(bob)).to_have_text(["who cooks on Friday?", "and on Saturday?", "I do"])
    # The quote jumps to the quoted message.
    await line(bob, "I do").get_by_role("button", name="In reply to Alice").click()
    await expect(line(bob, "who cooks").first).to_have_class(re.compile("marked"))
    await thread.get_by_role("button", name="Close").click()
    await expect(thread).to_have_count(0)


async def test_delivered_read_and_typing(enter: Enter) -> None:
    alice, bob = await enter("alice"), await enter("bob")
    await write_to(alice, "bob")
    await say(alice, "psst")
    await expect(line(alice, "psst").get_by_role("img", name="Delivered to 1 of 1")).to_be_visible()
    await room(bob, "Alice").click()
    await expect(line(alice, "psst").get_by_role("img", name="Read by Bob (1 of 1)")).to_be_visible()
    await field(bob).press_sequentially("wha")
    await expect(alice.get_by_text("Bob is writing …")).to_be_visible()
    await field(bob).fill("")
    await expect(alice.get_by_text("Bob is writing …")).to_have_count(0)


async def test_a_large_room_shows_how_many(enter: Enter, make_server: MakeServer) -> None:
    crowded = make_server("rate_limits=off", "large_room=1", name="crowded")
    alice, bob = await enter("alice", at=crowded), await enter("bob", at=crowded)
    await create(alice, "square")
    await join(bob, "square")
    for page in (alice, bob):
        await expect(page.get_by_text("2 members · 2 online")).to_be_visible(timeout=30_000)
    await field(bob).press_sequentially("hello", delay=50)
    await expect(alice.get_by_text("1 person is writing …")).to_be_visible(timeout=30_000)
    # One's own typing is not shown.
    await expect(bob.get_by_text("1 person is writing …")).to_have_count(0)
    await bob.context.close()
    await expect(alice.get_by_text("2 members · 1 online")).to_be_visible(timeout=30_000)


async def test_writing_is_helped(enter: Enter) -> None:
    alice, bob = await enter("alice"), await enter("bob")
    await create(alice, "kitchen")
    await field(alice).press_sequentially("hello @bo")
    await alice.get_by_role("option", name="Bob").wait_for()
    await alice.keyboard.press("Enter")
    await expect(field(alice)).to_have_value("hello @bob ")
    await field(alice).press_sequentially("#kit")
    await alice.get_by_role("option", name="kitchen").wait_for()
    await alice.keyboard.press("Tab")
    await field(alice).press_sequentially(":tad")
    await alice.get_by_role("option", name=":tada:").wait_for()
    await alice.keyboard.press("Enter")
    await expect(field(alice)).to_have_value("hello @bob #kitchen 🎉 ")
    await field(alice).press_sequentially(":rocket:")
    await expect(field(alice)).to_have_value("hello @bob #kitchen 🎉 🚀")
    await alice.keyboard.press("Shift+Enter")
    await alice.keyboard.insert_text("```python\ndef f(): pass\n```")
    preview = alice.get_by_role("region", name="Preview")
    await expect(preview.locator(".hljs-keyword").first).to_have_text("def")
    await alice.get_by_role("button", name="Send").click()
    await join(bob, "kitchen")
    await expect(texts(bob).locator("pre code")).to_have_text("def f(): pass\n")
    # The character count is shown near the limit, and a text above it is not sent.
    await field(alice).fill("x" * 9_990)
    await expect(alice.get_by_text("10 characters left")).to_be_visible()
    await field(alice).fill("😀" * 10_001)
    await expect(alice.get_by_text("1 character too many")).to_be_visible()
    await expect(alice.get_by_role("button", name="Send")).to_be_disabled()


async def test_files_are_refused_in_words(enter: Enter) -> None:
    alice = await enter("alice")
    await create(alice, "kitchen")
    for event in ("paste", "drop"):
        await field(alice).evaluate(
            """(area, event) => {
                const data = new DataTransfer();
                data.items.add(new File(["x"], "x.txt"));
                const options = { bubbles: true, cancelable: true };
                area.dispatchEvent(event === "paste"
                    ? new ClipboardEvent("paste", { ...options, clipboardData: data })
                    : new DragEvent("drop", { ...options, dataTransfer: data }));
            }""",
            event,
        )
        await expect(alice.get_by_text("Files cannot be sent yet.")).to_be_visible()


async def unread(page: Page, name: str, told: str) -> None:
    await expect(room(page, name)).to_contain_text(told)


async def test_unread_and_mentions_are_exact(enter: Enter) -> None:
    alice, bob = await enter("alice"), await enter("bob")
    await create(alice, "kitchen")
    await join(bob, "kitchen")
    await create(bob, "elsewhere")
    for number in range(3):
        await say(alice, f"number {number}")
    await unread(bob, "kitchen", "3 unread messages")
    await expect(bob).to_have_title("• elsewhere · Hubbub")
    await say(alice, "ask @bob")
    await unread(bob, "kitchen", "4 unread messages, 1 of them mentions you")
    await expect(bob).to_have_title("(1) elsewhere · Hubbub")
    # A deleted message is not unread any more; a mention that is edited away does not count.
    await act(alice, "number 1", "Delete message")
    await alice.get_by_role("dialog").get_by_role("button", name="Delete message").click()
    await unread(bob, "kitchen", "3 unread messages, 1 of them mentions you")
    await act(alice, "ask", "Edit")
    await field(alice).fill("ask nobody")
    await field(alice).press("Enter")
    await unread(bob, "kitchen", "3 unread messages")
    await expect(bob).to_have_title("• elsewhere · Hubbub")
    # The room with a new message is first; once read, nothing is new, here or after a reload.
    await expect(bob.get_by_role("navigation").locator("[data-room]").first).to_contain_text("kitchen")
    await room(bob, "kitchen").click()
    await expect(bob.get_by_role("log").get_by_text("New", exact=True)).to_be_visible()
    await expect(room(bob, "kitchen")).not_to_contain_text("unread")
    await expect(bob).to_have_title("kitchen · Hubbub")
    await bob.reload()
    await expect(room(bob, "kitchen")).to_be_visible()
    await expect(room(bob, "kitchen")).not_to_contain_text("unread")
