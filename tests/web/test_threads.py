"""Threads: replies beside the room, live wherever its history is scrolled to, and after a gap."""

from playwright.async_api import Locator, Page, expect

from tests.conftest import newcomer
from tests.plug import Plug
from tests.server import Server
from tests.web.conftest import PHONE, Enter, watched
from tests.web.talking import act, create, is_back, is_lost, line, lines, say, texts


def panel(page: Page) -> Locator:
    return page.get_by_role("complementary", name="Thread")


async def reply(page: Page, text: str) -> None:
    await panel(page).get_by_role("textbox").fill(text)
    await panel(page).get_by_role("button", name="Send").click()


async def test_an_open_thread_is_told_live_while_the_room_is_looked_at_elsewhere(enter: Enter, server: Server) -> None:
    plug = await Plug(server.port).put_in()
    try:
        bob = await newcomer(server.url, "bob")
        kitchen = await bob.create_room("kitchen")
        root = await bob.send("the root", kitchen.id)
        first = await bob.send("reply one", kitchen.id, thread=root.seq)
        for number in range(230):
            await bob.send(f"later {number}", kitchen.id)
        alice = await enter("alice", plug)
        await alice.goto(f"{plug.url}/chat/{kitchen.id}/{root.seq}")
        await alice.get_by_role("button", name="Join this room").click()
        row = lines(alice).first
        await expect(row).to_contain_text("the root")
        await row.hover()
        await row.get_by_role("button", name="Reply in thread").click()
        thread = panel(alice)
        await expect(thread.get_by_text("reply one")).to_be_visible()
        # The room's loaded part ends far before its last message: new ones are not in it.
        second = await bob.send("reply two", kitchen.id, thread=root.seq)
        await expect(thread.get_by_text("reply two")).to_be_visible()
        await expect(thread.get_by_text("2 replies", exact=True)).to_be_visible()
        await bob.edit(kitchen.id, second.seq, "reply two, edited")
        await expect(thread.get_by_text("reply two, edited")).to_be_visible()
        await bob.react(kitchen.id, second.seq, "👍")
        await expect(thread.get_by_role("button", name="👍")).to_be_visible()
        await bob.delete(kitchen.id, second.seq)
        await expect(thread.get_by_text("reply two, edited")).to_have_count(0)
        await expect(thread.get_by_text("1 reply", exact=True)).to_be_visible()
        # Messages missed while offline.
        await plug.pull()
        await bob.send("reply three", kitchen.id, thread=root.seq)
        await bob.edit(kitchen.id, first.seq, "reply one, edited")
        await plug.put_in()
        await expect(thread.get_by_text("reply three")).to_be_visible()
        await expect(thread.get_by_text("reply one, edited")).to_be_visible()
        await expect(thread.get_by_role("article")).to_have_count(4)
        await expect(thread.get_by_text("2 replies", exact=True)).to_be_visible()
        await bob.__aexit__()
    finally:
        await plug.pull()


def entry(page: Page) -> Locator:
    """Of the sidebar."""
    return page.get_by_role("navigation").get_by_role("link", name="Threads")


async def on_another_device(page: Page, server: Server) -> Page:
    """Another browser, signed in to the same account."""
    browser = page.context.browser
    assert browser is not None
    context = await browser.new_context(locale="en-GB", storage_state=await page.context.storage_state())
    device = await watched(await context.new_page())
    await device.goto(server.url)
    return device


async def test_followed_threads_are_counted_and_read_on_every_device(enter: Enter, server: Server) -> None:
    alice = await enter("alice")
    await create(alice, "kitchen")
    await say(alice, "what is for lunch?")
    bob = await newcomer(server.url, "bob")
    (kitchen,) = await bob.rooms("kitchen")
    await bob.join(kitchen.id)
    phone = await on_another_device(alice, server)
    await expect(entry(phone)).to_be_visible()
    # The author of a message follows its thread with the first reply.
    await bob.send("soup", kitchen.id, thread=1)
    for device in (alice, phone):
        await expect(entry(device)).to_contain_text("1 unread thread")
    await bob.send("and bread", kitchen.id, thread=1)
    await entry(alice).click()
    card = alice.get_by_role("article", name="in kitchen")
    await expect(card.get_by_text("2 unread replies")).to_be_attached()
    await expect(card.get_by_text("and bread")).to_be_visible()
    # Replied to in place: with that it is read, here and elsewhere.
    field, opener = alice.get_by_role("textbox", name="Reply in thread"), card.locator("footer").get_by_role("button")
    # What was begun stays when the field is closed again.
    for close in ("Escape", "Cancel"):
        await opener.filter(has_text="Reply").click()
        await expect(field).to_be_focused()
        if close == "Escape":
            await field.fill("love")
            await alice.keyboard.press("Escape")
        else:
            await expect(field).to_have_value("love")
            await opener.filter(has_text="Cancel").click()
        await expect(field).to_have_count(0)
        await expect(opener.filter(has_text="Reply")).to_be_focused()
    await opener.filter(has_text="Reply").click()
    await field.fill("lovely")
    await alice.keyboard.press("Enter")
    await expect(card.get_by_text("lovely")).to_be_visible()
    for device in (alice, phone):
        await expect(entry(device)).not_to_contain_text("unread")
    # Read in the panel on the other device.
    await bob.send("at noon", kitchen.id, thread=1)
    await expect(entry(alice)).to_contain_text("1 unread thread")
    await entry(phone).click()
    await phone.get_by_role("button", name="Open thread").click()
    await expect(panel(phone).get_by_text("at noon")).to_be_visible()
    for device in (phone, alice):
        await expect(entry(device)).not_to_contain_text("unread")
    # Not followed any more, it is not listed; nor is a new reply unread.
    await panel(phone).get_by_role("button", name="Following").click()
    await expect(panel(phone).get_by_role("button", name="Follow", exact=True)).to_be_visible()
    await expect(alice.get_by_role("main").get_by_text("No threads yet")).to_be_visible()
    await bob.send("or one", kitchen.id, thread=1)
    await expect(panel(phone).get_by_text("or one")).to_be_visible()
    await expect(entry(phone)).not_to_contain_text("unread")
    await bob.__aexit__()


async def test_replies_are_in_their_thread_and_the_room_tells_of_them(enter: Enter, server: Server) -> None:
    alice = await enter("alice")
    await create(alice, "kitchen")
    await say(alice, "what is for lunch?")
    bob = await newcomer(server.url, "bob")
    (kitchen,) = await bob.rooms("kitchen")
    await bob.join(kitchen.id)
    await bob.send("soup", kitchen.id, thread=1)
    root = line(alice, "what is for lunch?").first
    summary = root.get_by_role("button", name="1 reply")
    # One has not read it: the room says so, and has nothing unread itself.
    await expect(summary).to_contain_text("1 unread reply")
    await expect(texts(alice)).to_have_text(["what is for lunch?"])
    await bob.send("as @alice wanted", kitchen.id, thread=1, also_in_room=True)
    also = line(alice, "as @Alice wanted")
    await expect(also.get_by_role("button", name="Reply in the thread of: Alice what is for lunch?")).to_be_visible()
    await root.get_by_role("button", name="2 replies").click()
    await expect(panel(alice).get_by_role("article")).to_have_count(3)
    await expect(root.get_by_role("button", name="2 replies")).not_to_contain_text("unread")
    # A quote in a thread stays there, and leads to what is quoted.
    await panel(alice).get_by_role("article").filter(has_text="soup").hover()
    await panel(alice).get_by_role("button", name="Reply", exact=True).click()
    await reply(alice, "which one?")
    quoting = panel(alice).get_by_role("article").filter(has_text="which one?")
    await expect(quoting.get_by_role("button", name="In reply to Bob soup")).to_be_visible()
    await expect(texts(alice)).to_have_text(["what is for lunch?", "as @Alice wanted"])
    # Sent to the room as well.
    await panel(alice).get_by_text("Also send to kitchen").click()
    await reply(alice, "tomato, everybody")
    await expect(texts(alice)).to_have_text(["what is for lunch?", "as @Alice wanted", "tomato, everybody"])
    await expect(panel(alice).get_by_label("Also send to kitchen")).not_to_be_checked()
    # A link to a reply leads into the thread, also where it is the room's that is followed.
    await alice.goto(f"{server.url}/chat/{kitchen.id}/2")
    await expect(panel(alice).get_by_text("soup").first).to_be_visible()
    assert alice.url == f"{server.url}/chat/{kitchen.id}/2?thread=1"
    # The root goes, the thread stays.
    await root.hover()
    await root.get_by_role("button", name="Delete").click()
    await alice.get_by_role("dialog").get_by_role("button", name="Delete").click()
    await expect(panel(alice).get_by_text("This message was deleted.")).to_be_visible()
    await reply(alice, "never mind")
    await expect(panel(alice).get_by_text("never mind")).to_be_visible()
    await expect(lines(alice).first.get_by_role("button", name="5 replies")).to_be_visible()
    await bob.__aexit__()


async def test_a_reply_written_offline_comes_into_its_thread(enter: Enter, server: Server) -> None:
    plug = await Plug(server.port).put_in()
    try:
        alice = await enter("alice", plug)
        await create(alice, "kitchen")
        await say(alice, "the root")
        await act(alice, "the root", "Reply in thread")
        await plug.pull()
        await is_lost(alice)
        await reply(alice, "from the cellar")
        await expect(panel(alice).locator("[data-pending]")).to_contain_text("from the cellar")
        await expect(lines(alice)).to_have_count(1)
        await plug.put_in()
        await is_back(alice)
        await expect(lines(alice).get_by_role("button", name="1 reply")).to_be_visible()
        await expect(panel(alice).locator("[data-pending]")).to_have_count(0)
        await expect(panel(alice).get_by_role("article")).to_have_count(2)
    finally:
        await plug.pull()


async def test_a_long_thread_is_paged_and_hides_nothing_of_the_room(enter: Enter, server: Server) -> None:
    bob = await newcomer(server.url, "bob")
    kitchen = await bob.create_room("kitchen")
    for number in range(3):
        await bob.send(f"before {number}", kitchen.id)
    root = await bob.send("the root", kitchen.id)
    for number in range(420):
        await bob.send(f"reply {number}", kitchen.id, thread=root.seq)
    alice = await enter("alice", **PHONE)
    await alice.goto(f"{server.url}/chat/{kitchen.id}")
    await alice.get_by_role("button", name="Join this room").click()
    await expect(texts(alice)).to_have_text(["before 0", "before 1", "before 2", "the root"])
    await bob.send("after", kitchen.id)
    await expect(texts(alice)).to_have_text(["before 0", "before 1", "before 2", "the root", "after"])
    # At a reply in the middle: further at both ends.
    await alice.goto(f"{server.url}/chat/{kitchen.id}/{root.seq + 200}?thread={root.seq}")
    thread = alice.get_by_role("main", name="Thread")
    await expect(thread.get_by_text("reply 199", exact=True)).to_be_in_viewport()
    log = thread.get_by_role("log")
    for end, text in (("0", "the root"), ("element.scrollHeight", "reply 419")):
        for _ in range(20):
            await log.evaluate(f"(element) => element.scrollTo(0, {end})")
            await expect(log).to_have_attribute("aria-busy", "false")
            if await thread.get_by_text(text, exact=True).count() > 0 and await thread.get_by_text("more").count() == 0:
                break
        await log.evaluate(f"(element) => element.scrollTo(0, {end})")
        await expect(thread.get_by_text(text, exact=True)).to_be_in_viewport()
    await bob.send("reply 420", kitchen.id, thread=root.seq)
    await expect(thread.get_by_text("reply 420", exact=True)).to_be_in_viewport()
    await bob.__aexit__()
