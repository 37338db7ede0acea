"""Actions without a connection are shown at once, survive a reload, and reach the server later."""

from playwright.async_api import Page, expect

from tests.conftest import newcomer
from tests.plug import Plug
from tests.server import Server
from tests.web.conftest import Enter
from tests.web.talking import act, create, field, is_back, is_kept, is_lost, line, lines, room, say


async def react(page: Page, text: str) -> None:
    await act(page, text, "React")
    await page.get_by_role("searchbox", name="Search emoji").fill("thumbsup")
    await page.get_by_role("dialog", name="Choose an emoji").get_by_role("button").filter(has_text="👍").first.click()


async def test_edits_and_reactions_without_a_connection(enter: Enter, server: Server) -> None:
    plug = await Plug(server.port).put_in()
    bob = await enter("bob", at=plug)
    await create(bob, "kitchen")
    for text in ("one", "two", "three"):
        await say(bob, text)
        await expect(line(bob, text)).to_have_count(1)
    await react(bob, "three")
    thumb = line(bob, "three").get_by_role("button", name="👍")
    await expect(thumb).to_have_attribute("aria-pressed", "true")
    alice = await newcomer(server.url, "alice")
    [kitchen] = (await alice.rooms("kitchen")).rooms
    await plug.pull()
    await is_lost(bob)
    # Shown at once: an edit, an added and a removed reaction; of two edits the last one counts.
    for edited in ("one, better", "one, best"):
        await act(bob, "one", "Edit")
        await field(bob).fill(edited)
        await field(bob).press("Enter")
        await expect(line(bob, edited)).to_have_count(1)
    await thumb.click()
    await expect(thumb).to_have_count(0)
    await react(bob, "two")
    await expect(line(bob, "two").get_by_role("button", name="👍")).to_have_attribute("aria-pressed", "true")
    page = await alice.history(kitchen.id)
    assert [message.content for message in page.messages] == ["one", "two", "three"]
    assert [len(message.reactions) for message in page.messages] == [0, 0, 1]
    await is_kept(bob, "one", "two", "three")
    # The page crashes, and is restored from the browser's cache while offline.
    await bob.reload()
    await expect(line(bob, "one, best")).to_have_count(1)
    await plug.put_in()
    await is_back(bob)
    async with alice.live() as live:
        await alice.join(kitchen.id)
        wanted = (["one, best", "two", "three"], [[], ["👍"], []])
        while True:
            page = await alice.history(kitchen.id)
            found = (
                [message.content for message in page.messages],
                [[reaction.emoji for reaction in message.reactions] for message in page.messages],
            )
            if found == wanted:
                break
            await anext(live)
    await expect(lines(bob)).to_have_count(3)
    await alice.__aexit__()
    await plug.pull()


async def test_an_edit_that_is_refused_is_kept(enter: Enter, server: Server) -> None:
    plug = await Plug(server.port).put_in()
    bob = await enter("bob", at=plug)
    await create(bob, "kitchen")
    await say(bob, "one")
    await expect(line(bob, "one")).to_have_count(1)
    await plug.pull()
    await is_lost(bob)
    await act(bob, "one", "Edit")
    await field(bob).fill("one, better")
    await field(bob).press("Enter")
    await expect(line(bob, "one, better")).to_have_count(1)
    # Meanwhile the message is deleted on another device.
    answer = await bob.context.request.delete(f"{server.url}/api/rooms/1/messages/1")
    assert answer.ok
    await plug.put_in()
    await bob.get_by_role("button", name="1 text was not sent").click()
    item = bob.get_by_role("dialog").get_by_role("listitem")
    await expect(item).to_contain_text("one, better")
    await expect(item).to_contain_text("This message has been deleted.")
    await item.get_by_role("button", name="Discard").click()
    await expect(bob.get_by_role("dialog").get_by_text("Everything has been sent.")).to_be_visible()
    # The notice is above the dialog.
    await bob.get_by_role("button", name="Bring it back").click()
    await expect(item).to_contain_text("one, better")
    await item.get_by_role("button", name="Discard").click()
    await expect(item.get_by_role("button", name="Discard")).to_have_count(0)
    await plug.pull()


async def test_what_was_read_without_a_connection_is_read(enter: Enter, server: Server) -> None:
    plug = await Plug(server.port).put_in()
    bob = await enter("bob", at=plug)
    await create(bob, "garden")
    await create(bob, "kitchen")
    alice = await newcomer(server.url, "alice")
    [garden] = (await alice.rooms("garden")).rooms
    await alice.join(garden.id)
    await alice.send("hello", garden.id)
    await expect(room(bob, "garden")).to_contain_text("unread")
    await plug.pull()
    await is_lost(bob)
    await room(bob, "garden").click()
    await expect(line(bob, "hello")).to_have_count(1)
    await expect(room(bob, "garden")).not_to_contain_text("unread")
    await room(bob, "kitchen").click()
    await is_kept(bob, "garden", "kitchen", "hello")
    await bob.reload()
    await expect(room(bob, "garden")).to_be_visible()
    await plug.put_in()
    await is_back(bob)
    await expect(room(bob, "garden")).not_to_contain_text("unread")
    await bob.reload()
    await expect(room(bob, "kitchen")).to_be_visible()
    await expect(room(bob, "garden")).not_to_contain_text("unread")
    await alice.__aexit__()
    await plug.pull()
