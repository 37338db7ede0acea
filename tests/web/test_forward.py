"""Forwarding a message: to a room or a person, with a comment, and what each reader sees of where it came from."""

import re

from playwright.async_api import Browser, Locator, Page, expect

from hubbub.client import Client
from tests.conftest import PASSWORD, newcomer
from tests.server import Server
from tests.web.conftest import PHONE, Enter
from tests.web.devices import sign_in
from tests.web.talking import act, create, field, line, lines, room, say
from tests.web.test_quality import clean


async def choose_to_forward(page: Page, text: str) -> Locator:
    await act(page, text, "More")
    await page.get_by_role("menuitem", name="Forward").click()
    return page.get_by_role("dialog")


async def test_to_a_room_by_keyboard_with_a_comment(enter: Enter, browser: Browser, server: Server) -> None:
    ann = await enter("ann")
    bob = await newcomer(server.url, "bob")
    hall = (await bob.create_room(name="hall")).id
    await create(ann, "secret plans", private=True)
    await say(ann, "the **plan**")
    client = Client(server.url)
    await client.sign_in("ann", PASSWORD)
    await client.join(hall)
    await expect(room(ann, "hall")).to_be_visible()
    await line(ann, "the plan").focus()
    await ann.keyboard.press("f")
    dialog = ann.get_by_role("dialog", name="Forward a message")
    await expect(dialog.get_by_role("searchbox", name="Search rooms and people")).to_be_focused()
    await clean(ann, "forwarding")
    await ann.keyboard.type("hal")
    await expect(dialog.get_by_role("radio")).to_have_count(1)
    await ann.keyboard.press("Tab")
    await ann.keyboard.press("Space")
    await dialog.get_by_label("Comment (optional)").fill("@bob, what do you think?")
    await dialog.get_by_role("button", name="Forward", exact=True).click()
    await expect(dialog).to_have_count(0)
    await ann.get_by_role("status").get_by_role("button", name="Show").click()
    await expect(ann).to_have_url(re.compile(rf"/chat/{hall}$"))
    mine = lines(ann).last
    await expect(mine).to_contain_text("what do you think?")
    await expect(mine.locator("figure")).to_contain_text(re.compile(r"Forwarded from secret plans · Ann · \d\d:\d\d"))
    await expect(mine.locator("figure strong")).to_have_text("plan")
    # Nobody edits what somebody else wrote.
    await mine.hover()
    await expect(mine.get_by_role("button", name="Delete")).to_be_visible()
    await expect(mine.get_by_role("button", name="Edit")).to_have_count(0)
    await field(ann).focus()
    await ann.keyboard.press("ArrowUp")
    await expect(ann.get_by_text("Editing your message")).to_have_count(0)
    # Bob is called by the comment; he sees the text and its author, and no room.
    phone = await sign_in(browser, server, "bob", **{**PHONE, "color_scheme": "dark"})
    refused: list[str] = []
    phone.on("response", lambda answer: refused.append(answer.url) if answer.status >= 400 else None)
    await room(phone, "hall").click()
    theirs = lines(phone).last
    await expect(theirs.locator("figure")).to_contain_text(re.compile(r"Forwarded from Ann · \d\d:\d\d"))
    await expect(theirs.locator("figure").get_by_role("link")).to_have_count(0)
    await expect(phone.get_by_text("secret plans")).to_have_count(0)
    await clean(phone, "a forwarded message")
    assert refused == []
    # The link leads to the source.
    await mine.get_by_role("link", name="secret plans").click()
    await expect(line(ann, "the plan")).to_have_count(1)
    await expect(ann).to_have_url(re.compile(r"/chat/\d+/1$"))
    assert phone.faults == []  # type: ignore[attr-defined]
    for each in (bob, client):
        await each.__aexit__()


async def test_to_a_person_from_a_thread_and_on_from_there(enter: Enter, server: Server) -> None:
    ann = await enter("ann")
    bob = await newcomer(server.url, "bob")
    await create(ann, "kitchen")
    await say(ann, "root")
    await expect(line(ann, "root")).to_have_count(1)
    client = Client(server.url)
    await client.sign_in("ann", PASSWORD)
    await client.send("in the thread", room=1, thread=1)
    await act(ann, "root", "Reply in thread")
    reply = ann.get_by_role("log", name="Thread").get_by_role("article").filter(has_text="in the thread")
    await reply.hover()
    await reply.get_by_role("button", name="More").click()
    await ann.get_by_role("menuitem", name="Forward").click()
    dialog = ann.get_by_role("dialog")
    await dialog.get_by_role("searchbox").fill("bob")
    await dialog.get_by_text("@bob").click()
    await dialog.get_by_role("button", name="Forward", exact=True).click()
    await expect(dialog).to_have_count(0)
    (direct,) = [one for one in await bob.rooms(mine=True) if one.kind == "direct"]
    (sent,) = (await bob.history(direct.id)).messages
    assert sent.content == "Forwarded from Ann:\nin the thread"
    await room(ann, "Bob").click()
    await lines(ann).last.get_by_role("link", name="kitchen").click()
    await expect(ann).to_have_url(re.compile(r"/chat/1/2\?thread=1$"))
    # What cannot be forwarded any more is refused in the dialog, and nothing is lost.
    dialog = await choose_to_forward(ann, "root")
    await dialog.get_by_role("searchbox").fill("bob")
    await dialog.get_by_role("radio", name="Bob").check()
    await dialog.get_by_label("Comment (optional)").fill("read this")
    await client.delete(1, 1)
    await dialog.get_by_role("button", name="Forward", exact=True).click()
    await expect(dialog.get_by_role("alert").filter(has_text="This message has been deleted.")).to_be_visible()
    await expect(dialog.get_by_label("Comment (optional)")).to_have_value("read this")
    for each in (bob, client):
        await each.__aexit__()


async def test_a_comment_stays_until_it_has_been_sent(enter: Enter, server: Server) -> None:
    ann = await enter("ann")
    await create(ann, "kitchen")
    client = Client(server.url)
    await client.sign_in("ann", PASSWORD)
    hall, attic = [(await client.create_room(name=name)).id for name in ("hall", "attic")]
    for text in ("one", "two", "three"):
        await client.send(text, room=1)
    await expect(line(ann, "three")).to_have_count(1)
    await line(ann, "one").focus()
    await ann.keyboard.press("x")
    for text in ("two", "three"):
        await line(ann, text).get_by_role("checkbox").click()
    forward = ann.get_by_role("toolbar", name="Selected messages").get_by_role("button", name="Forward")
    await forward.click()
    dialog = ann.get_by_role("dialog", name="Forward 3 messages")
    comment, alert = dialog.get_by_label("Comment (optional)"), dialog.get_by_role("alert").filter(has_text=".")
    send = dialog.get_by_role("button", name="Forward", exact=True)
    # The dialog was closed without sending.
    await comment.fill("all of them")
    await ann.keyboard.press("Escape")
    await expect(dialog).to_have_count(0)
    await forward.click()
    await expect(comment).to_have_value("all of them")
    # What is chosen is seen, whatever is searched for.
    await dialog.get_by_role("radio", name="hall").check()
    await dialog.get_by_role("searchbox").fill("attic")
    await expect(dialog.get_by_role("radio")).to_have_count(2)
    await expect(dialog.get_by_role("radio", name="hall")).to_be_checked()
    # The server cannot be reached.
    await ann.context.set_offline(True)
    await send.click()
    await expect(alert).to_be_visible()
    await expect(comment).to_have_value("all of them")
    await ann.context.set_offline(False)
    # One is gone: the others are sent, and the comment with the first of them; again, nothing is sent twice.
    await client.delete(1, 1)
    for _ in range(2):
        await send.click()
        await expect(alert).to_contain_text("2 of 3 sent to hall. This message has been deleted.")
        await expect(send).to_be_enabled()
    expected = ["all of them\n\nForwarded from Ann:\ntwo", "Forwarded from Ann:\nthree"]
    assert [message.content for message in (await client.history(hall)).messages] == expected
    # Another room gets all that can be sent, and the comment.
    await dialog.get_by_role("radio", name="attic").check()
    await expect(comment).to_have_value("all of them")
    await send.click()
    await expect(alert).to_contain_text("2 of 3 sent to attic.")
    assert [message.content for message in (await client.history(attic)).messages] == expected
    await client.__aexit__()
