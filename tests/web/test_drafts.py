"""Drafts are never lost, wherever they were written and whatever happens to that place."""

from playwright.async_api import Page, expect

from tests.conftest import newcomer
from tests.plug import Plug
from tests.server import Server
from tests.web.conftest import Enter
from tests.web.talking import act, create, field, is_lost, line, pending, room, say, texts

LETTERS = "the quick brown fox jumps over the lazy dog again"


async def open_thread(page: Page, text: str) -> None:
    await act(page, text, "Reply in thread")
    await expect(page.get_by_role("textbox", name="Reply in thread")).to_be_visible()


async def test_letters_typed_without_a_pause_survive_a_reload(enter: Enter) -> None:
    bob = await enter("bob")
    await create(bob, "diary")
    await field(bob).focus()
    await bob.keyboard.type(LETTERS)
    await bob.reload()
    await expect(field(bob)).to_have_value(LETTERS)
    # The draft that was migrated is kept like any other.
    await bob.reload()
    await expect(field(bob)).to_have_value(LETTERS)


async def test_an_answer_in_a_thread_is_kept(enter: Enter) -> None:
    bob = await enter("bob")
    await create(bob, "kitchen")
    await create(bob, "garden")
    for text in ("one", "two"):
        await say(bob, text)
        await expect(line(bob, text)).to_have_count(1)
    answer = bob.get_by_role("textbox", name="Reply in thread")
    await open_thread(bob, "one")
    await answer.fill("an answer to one")
    await bob.keyboard.press("Escape")
    await expect(answer).to_have_count(0)
    # Another thread has its own draft, and so has the room.
    await open_thread(bob, "two")
    await expect(answer).to_have_value("")
    await answer.fill("an answer to two")
    await field(bob).fill("to all")
    await bob.go_back()
    await room(bob, "kitchen").click()
    await expect(field(bob)).to_have_value("")
    await room(bob, "garden").click()
    await open_thread(bob, "one")
    await expect(answer).to_have_value("an answer to one")
    await bob.reload()
    await expect(answer).to_have_value("an answer to one")
    await expect(field(bob)).to_have_value("to all")
    await answer.press("Enter")
    await expect(bob.get_by_role("complementary").get_by_text("an answer to one")).to_be_visible()
    await expect(answer).to_have_value("")
    await bob.get_by_role("button", name="Close").click()
    await open_thread(bob, "two")
    await expect(answer).to_have_value("an answer to two")


async def test_a_half_done_edit_is_kept(enter: Enter) -> None:
    bob = await enter("bob")
    await create(bob, "kitchen")
    await create(bob, "garden")
    for text in ("one", "two"):
        await say(bob, text)
        await expect(line(bob, text)).to_have_count(1)
    await field(bob).fill("a draft besides")
    await act(bob, "one", "Edit")
    await field(bob).fill("one, half d")
    await room(bob, "kitchen").click()
    await expect(field(bob)).to_have_value("")
    await room(bob, "garden").click()
    await expect(field(bob)).to_have_value("one, half d")
    await act(bob, "two", "Reply")
    await expect(field(bob)).to_have_value("a draft besides")
    await act(bob, "one", "Edit")
    await expect(field(bob)).to_have_value("one, half d")
    await bob.reload()
    await expect(bob.get_by_text("Editing your message")).to_be_visible()
    await expect(field(bob)).to_have_value("one, half d")
    await field(bob).press("Enter")
    await expect(line(bob, "one, half d")).to_have_count(1)
    await expect(field(bob)).to_have_value("a draft besides")
    # After a deliberate cancel, it is empty.
    await act(bob, "two", "Edit")
    await field(bob).fill("two, never mind")
    await field(bob).press("Escape")
    await act(bob, "two", "Edit")
    await expect(field(bob)).to_have_value("two")


async def test_texts_for_a_room_one_was_removed_from_are_listed(enter: Enter, server: Server) -> None:
    plug = await Plug(server.port).put_in()
    bob = await enter("bob", at=plug)
    alice = await newcomer(server.url, "alice")
    garden = await alice.create_room("garden", kind="private", members=["bob"])
    await room(bob, "garden").click()
    await expect(field(bob)).to_be_visible()
    await plug.pull()
    await is_lost(bob)
    await say(bob, "written off line")
    await field(bob).fill("half a sen")
    await expect(pending(bob)).to_have_count(1)
    [person] = [member for member in await alice.members(garden.id) if member.user.username == "bob"]
    await alice.remove_member(garden.id, person.user.id)
    await plug.put_in()
    await bob.get_by_role("button", name="2 texts were not sent").click()
    dialog = bob.get_by_role("dialog")
    for text in ("written off line", "half a sen"):
        await expect(dialog.get_by_role("listitem").filter(has_text=text)).to_have_count(1)
    await expect(dialog.get_by_role("listitem").filter(has_text="written off line")).to_contain_text("garden")
    await expect(dialog.get_by_role("button", name="Try again")).to_have_count(0)
    # After rejoining, it can be sent.
    await alice.add_member(garden.id, "bob")
    await dialog.get_by_role("button", name="Try again").click()
    await expect(dialog.get_by_role("listitem")).to_have_text(["Everything has been sent."])
    await bob.keyboard.press("Escape")
    await room(bob, "garden").click()
    await expect(texts(bob)).to_have_text(["written off line"])
    await expect(field(bob)).to_have_value("half a sen")
    await alice.__aexit__()
    await plug.pull()
