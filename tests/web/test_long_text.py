"""A megabyte in the text field stays usable; long messages are folded, and shown in full on request."""

import pytest
from playwright.async_api import Page, expect

from tests.conftest import MakeServer, newcomer
from tests.server import Server
from tests.web.conftest import PHONE, Enter
from tests.web.talking import create, field, line, lines, room, say

LIMIT = 12_000
LONG = "\n".join(f"line {number} of a long text, with **words**" for number in range(60))
CODE = "```python\n" + "\n".join(f"number_{number} = {number}" for number in range(60)) + "\n```"
MEGABYTE = "so many words " * 71_429

COUNT_WRITES = """() => {
    window.written = 0;
    const { put } = IDBObjectStore.prototype;
    IDBObjectStore.prototype.put = function (value, ...rest) {
        if (this.name === "drafts") window.written += value.text.length;
        return put.call(this, value, ...rest);
    };
    const { postMessage } = BroadcastChannel.prototype;
    BroadcastChannel.prototype.postMessage = function (value) {
        window.written += JSON.stringify(value).length;
        return postMessage.call(this, value);
    };
}"""


@pytest.fixture
def server(make_server: MakeServer) -> Server:
    return make_server("rate_limits=off", f"message_length={LIMIT}")


async def test_a_pasted_megabyte_is_told_of_kept_and_typed_on(enter: Enter) -> None:
    alice = await enter("alice")
    await create(alice, "kitchen")
    await alice.evaluate(COUNT_WRITES)
    await field(alice).focus()
    await alice.keyboard.insert_text(MEGABYTE)
    await expect(alice.get_by_role("alert")).to_have_text(f"{len(MEGABYTE) - LIMIT} characters too many")
    await expect(alice.get_by_role("button", name="Send")).to_be_disabled()
    # Nothing may scan the whole text on each key: direction, height, draft.
    assert await field(alice).evaluate("(field) => field.getAttribute('dir')") == "ltr"
    assert await field(alice).evaluate("(field) => getComputedStyle(field).fieldSizing") == "fixed"
    await alice.keyboard.type("abcdefghij")
    await expect(alice.get_by_role("alert")).to_have_text(f"{len(MEGABYTE) + 10 - LIMIT} characters too many")
    assert await alice.evaluate("window.written") <= 4 * len(MEGABYTE)
    await alice.reload()
    await expect(field(alice)).to_have_value(MEGABYTE + "abcdefghij")
    # A text cut to the limit can be sent: the limit is the server's.
    await field(alice).fill("x" * LIMIT)
    await expect(alice.get_by_role("alert")).to_have_count(0)
    await alice.get_by_role("button", name="Send").click()
    await expect(line(alice, "x" * 100)).to_be_visible()


async def test_letters_of_two_halves_count_once(enter: Enter) -> None:
    alice = await enter("alice")
    await create(alice, "kitchen")
    await field(alice).fill("😀" * (LIMIT + 1))
    await expect(alice.get_by_role("alert")).to_have_text("1 character too many")


async def height_of(page: Page, text: str) -> float:
    box = await line(page, text).first.bounding_box()
    assert box is not None
    return box["height"]


async def test_a_long_message_is_shown_in_part_until_one_wants_all(enter: Enter, server: Server) -> None:
    alice = await enter("alice")
    await create(alice, "kitchen")
    await create(alice, "garden")
    bob = await newcomer(server.url, "bob")
    for number in (1, 2):
        await bob.join(number)
    await room(alice, "kitchen").click()
    await bob.send(LONG, room=1)
    await bob.send("a short one", room=1)
    message = line(alice, "line 0")
    more = message.get_by_role("button", name="Show more")
    await expect(more).to_have_attribute("aria-expanded", "false")
    await expect(message.get_by_text("line 59")).to_be_hidden()
    folded = await height_of(alice, "line 0")
    assert folded < 600
    # By keyboard; the focus stays on the button.
    await more.focus()
    await alice.keyboard.press("Enter")
    less = message.get_by_role("button", name="Show less")
    await expect(less).to_be_focused()
    await expect(less).to_have_attribute("aria-expanded", "true")
    await expect(message.get_by_text("line 59")).to_be_visible()
    whole = await height_of(alice, "line 0")
    assert whole > 60 * 20
    # It stays open, whatever changes in it or around it, also after switching rooms.
    await bob.react(1, 1, "🎉")
    await expect(message.get_by_role("list", name="Reactions")).to_be_visible()
    await bob.edit(1, 1, LONG + "\nand one line more")
    await expect(message.get_by_text("and one line more")).to_be_visible()
    await room(alice, "garden").click()
    await expect(alice.get_by_role("heading", name="garden", level=1)).to_be_visible()
    await room(alice, "kitchen").click()
    await expect(message.get_by_text("and one line more")).to_be_visible()
    await less.click()
    await expect(message.get_by_text("line 59")).to_be_hidden()
    await expect(message.get_by_text("line 0")).to_be_in_viewport()
    # Jumping to it does not open it.
    await alice.goto(f"{server.url}/chat/1/1")
    await expect(more).to_be_visible()
    await expect(message.get_by_text("line 59")).to_be_hidden()
    await bob.__aexit__()


async def test_the_browsers_own_search_finds_what_is_folded(enter: Enter) -> None:
    alice = await enter("alice")
    await create(alice, "kitchen")
    await say(alice, LONG)
    rest = line(alice, "line 0").locator(".rest")
    await expect(rest).to_have_attribute("hidden", "until-found")
    await rest.dispatch_event("beforematch")
    await expect(line(alice, "line 0").get_by_text("line 59")).to_be_visible()
    await expect(line(alice, "line 0").get_by_role("button", name="Show less")).to_be_visible()


async def test_what_is_one_piece_is_not_parted(enter: Enter) -> None:
    alice = await enter("alice")
    await create(alice, "kitchen")
    # Code scrolls within its box.
    await say(alice, CODE)
    await expect(lines(alice)).to_have_count(1)
    await expect(lines(alice).last.locator("pre")).to_contain_text("number_59")
    await expect(lines(alice).last.get_by_role("button", name="Show more")).to_have_count(0)
    await say(alice, f"before\n{CODE}\n" + LONG)
    await expect(lines(alice)).to_have_count(2)
    await expect(lines(alice).last.get_by_role("button", name="Show more")).to_be_visible()
    await expect(lines(alice).last.locator("pre")).to_contain_text("number_59")
    # A list continues its numbering.
    await say(alice, "\n".join(f"{number}. item {number}" for number in range(3, 60)))
    await expect(lines(alice)).to_have_count(3)
    await lines(alice).last.get_by_role("button", name="Show more").click()
    shown = (
        await lines(alice)
        .last.locator("ol")
        .evaluate_all(
            "(all) => all.flatMap(({ start, children }) =>"
            " [...children].map((item, at) => [start + at, item.innerText.trim()]))"
        )
    )
    assert shown == [[number, f"item {number}"] for number in range(3, 60)]
    # A paragraph continues on its line.
    await say(alice, "word " * 900)
    await expect(lines(alice)).to_have_count(4)
    await lines(alice).last.get_by_role("button", name="Show more").click()
    last = lines(alice).last.locator(".text")
    assert (await last.inner_text()).split() == ["word"] * 900
    rows = await last.evaluate("""(text) => {
        const range = new Range();
        range.selectNodeContents(text);
        const rows = [...range.getClientRects()].filter(({ width }) => width > 0);
        return new Set(rows.map(({ top }) => Math.round(top))).size;
    }""")
    high = await last.evaluate("(text) => text.getBoundingClientRect().height")
    assert abs(high / rows - 22.5) < 3, (high, rows)


async def test_texts_at_the_limit_are_drawn_in_part(enter: Enter, server: Server) -> None:
    alice = await enter("alice", **PHONE)
    await create(alice, "kitchen")
    bob = await newcomer(server.url, "bob")
    await bob.join(1)
    texts = ("x" * 10_000, "\n".join("ab"[number % 2] for number in range(5_000)), "字@字." * 2_500)
    for number, text in enumerate(texts):
        await bob.send(text, room=1)
        await expect(lines(alice)).to_have_count(number + 1)
        last = lines(alice).last
        await expect(last.get_by_role("button", name="Show more")).to_be_visible()
        box = await last.bounding_box()
        assert box is not None
        assert box["height"] < 1_200
    await bob.__aexit__()
