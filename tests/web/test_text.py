"""Text is rendered as the table of cases says, through a real server and the page's sanitizer."""

import json
from html import unescape
from pathlib import Path

from playwright.async_api import expect

from tests.conftest import newcomer
from tests.server import Server
from tests.web.conftest import Enter
from tests.web.talking import act, create, field, line, lines, say, texts

CASES = json.loads((Path(__file__).parents[1] / "cases" / "text.json").read_text("utf-8"))
SHOWN = """(texts) => texts.map((text) => {
    const copy = text.cloneNode(true);
    for (const node of copy.querySelectorAll("*"))
        for (const name of ["target", "rel", "role", "tabindex", "aria-label"]) node.removeAttribute(name);
    for (const covered of copy.querySelectorAll(".covered")) covered.replaceWith(...covered.childNodes);
    return copy.innerHTML.trim();
})"""


async def test_every_case_of_the_table_comes_through(enter: Enter, server: Server) -> None:
    alice = await enter("alice")
    await create(alice, "den")
    bob = await newcomer(server.url, "bob")
    await bob.join(1)
    assert bob.user is not None
    cases = [case for case in CASES if "rendered" in case]
    assert len(cases) > 40
    for case in cases:
        await bob.send(case["text"], room=1)
    await expect(lines(alice)).to_have_count(len(cases))
    await expect(lines(alice).last.locator(".text > *").first).to_be_attached()
    person = f'data-person="{bob.user.id}"'
    wanted = [case["rendered"].replace('data-person="0"', person).replace("@bob</a>", f"@{bob.user.display_name}</a>")
              if case["called"] else case["rendered"] for case in cases]  # fmt: skip
    shown = await texts(alice).evaluate_all(SHOWN)
    for case, got, want in zip(cases, shown, wanted, strict=True):
        assert unescape(got) == unescape(want), case["text"]
    await bob.__aexit__()


async def test_mentions_rooms_and_spoilers_are_opened(enter: Enter, server: Server) -> None:
    alice = await enter("alice")
    await create(alice, "den")
    await create(alice, "attic")
    bob = await newcomer(server.url, "bob")
    await bob.join(2)
    await say(alice, "@bob look at #den ||the end||")
    await line(alice, "look at").get_by_role("link", name="@bob").click()
    await expect(alice.get_by_role("dialog")).to_contain_text("@bob")
    await alice.keyboard.press("Escape")
    hidden = line(alice, "look at").get_by_role("button", name="Hidden text")
    await hidden.focus()
    await alice.keyboard.press("Enter")
    await expect(hidden).to_have_count(0)
    await expect(line(alice, "the end")).to_be_visible()
    await line(alice, "look at").get_by_role("link", name="#den").click()
    await expect(alice.get_by_role("heading", name="den", level=1)).to_be_visible()
    await bob.__aexit__()


async def test_what_is_no_code_of_an_emoji_is_sent_as_it_was_written(enter: Enter, server: Server) -> None:
    alice = await enter("alice")
    await create(alice, "den")
    written = "http://test.com/x?a=(key:smile:query:b) at 10:100:20 `:tada:` but :tada:"
    await field(alice).press_sequentially(written)
    await alice.keyboard.press("Enter")
    await expect(lines(alice)).to_have_count(1)
    await expect(line(alice, "🎉")).to_be_visible()
    bob = await newcomer(server.url, "bob")
    await bob.join(1)
    page = await bob.history(1)
    assert page.messages[0].content == written[: -len(":tada:")] + "🎉"
    await bob.__aexit__()


async def test_how_replies_edits_and_emoji_alone_look(enter: Enter, server: Server) -> None:
    alice = await enter("alice")
    await create(alice, "den")
    bob = await newcomer(server.url, "bob")
    await bob.change_profile(display_name="Robert Bobson")
    await bob.join(1)
    await say(alice, "hello @bob")
    await say(alice, "🎉👍")
    size = "(text) => parseFloat(getComputedStyle(text).fontSize)"
    large = await line(alice, "🎉👍").locator(".text").evaluate(size)
    assert large > 1.5 * await line(alice, "hello").locator(".text").evaluate(size)
    await act(alice, "hello", "Reply")
    await expect(alice.locator("form .quote")).to_contain_text("hello @Robert Bobson")
    await bob.send("a word", room=1)
    await bob.edit(1, 3, "another word")
    edited = line(alice, "another word").get_by_role("button", name="(edited)")
    beside = await edited.bounding_box()
    text = await line(alice, "another word").locator(".text p").bounding_box()
    assert beside is not None
    assert text is not None
    assert beside["y"] < text["y"] + text["height"] - 2
    await bob.__aexit__()
