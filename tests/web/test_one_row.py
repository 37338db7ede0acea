"""One message changes one row: selection, focus and open parts of other rows stay as they are."""

from playwright.async_api import Page, expect

from hubbub.client import Client
from tests.conftest import PASSWORD, newcomer
from tests.server import Server
from tests.web.conftest import Enter
from tests.web.talking import act, comes_true, create, line, lines, say

HELD = 300
CODE = "```python\n" + "number = " + " + ".join(map(str, range(200))) + "\n```"

WATCH = """() => {
    const log = document.querySelector("[role=log]");
    window.changed = new Set();
    // Of what came with its row, or is in it, nothing counts.
    const own = (node) => {
        const row = (node instanceof Element ? node : node.parentElement)?.closest("[data-seq], [data-pending]");
        return row != null && (row.hasAttribute("data-pending") || Number(row.dataset.seq) > window.last);
    };
    window.last = Math.max(...[...log.querySelectorAll("[data-seq]")].map((row) => Number(row.dataset.seq)));
    window.watching = new MutationObserver((records) => {
        for (const { type, target, addedNodes, removedNodes } of records) {
            const nodes = type === "childList" ? [...addedNodes, ...removedNodes] : [target];
            for (const node of nodes) {
                if (own(node) || (type !== "childList" && own(target))) continue;
                if (node.nodeType === Node.COMMENT_NODE || node.data === "") continue;
                window.changed.add(node);
            }
        }
    });
    const all = { subtree: true, childList: true, characterData: true, attributes: true };
    window.watching.observe(document.documentElement, all);
}"""

SETTLED = "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done))))"


async def changed(page: Page) -> list[str]:
    """The changes of the page since the last call, without new rows."""
    await page.evaluate(SETTLED)
    found: list[str] = await page.evaluate("""() => {
        const told = [...window.changed].map((node) => node.outerHTML?.slice(0, 120) ?? node.parentElement?.outerHTML);
        window.changed.clear();
        return told.map(String);
    }""")
    return found


async def test_one_message_changes_its_own_row_alone(enter: Enter, server: Server) -> None:
    alice = await enter("alice")
    await create(alice, "long")
    bob = await newcomer(server.url, "bob")
    await bob.join(1)
    for number in range(HELD):
        words = (
            f"{CODE}\n{number}"
            if number % 20 == 0
            else f"**number** {number} in #long, see <https://example.org/{number}>"
        )
        await bob.send(words, room=1)
    await expect(lines(alice)).to_have_count(HELD)
    await say(alice, "one of my own")
    await expect(lines(alice).last).to_contain_text("one of my own")
    await bob.send("the last before", room=1)
    await expect(lines(alice).last).to_contain_text("the last before")
    await alice.evaluate(WATCH)
    for number in range(5):
        await bob.send(f"incoming {number}", room=1)
        await expect(lines(alice).last).to_contain_text(f"incoming {number}")
        found = await changed(alice)
        assert len(found) <= 10, "\n".join(found)
    await bob.react(1, HELD + 2, "👍")
    await expect(line(alice, "the last before").get_by_role("list", name="Reactions")).to_be_visible()
    assert len(await changed(alice)) <= 10
    await say(alice, "again of my own")
    await expect(lines(alice).last).to_contain_text("again of my own")
    found = await changed(alice)
    # The send button, the text field and the hint beside it change, too.
    assert len(found) <= 15, "\n".join(found)
    await bob.__aexit__()


async def test_what_is_marked_scrolled_focused_or_open_stays_when_something_comes(enter: Enter, server: Server) -> None:
    alice = await enter("alice")
    await create(alice, "long")
    bob = await newcomer(server.url, "bob")
    await bob.join(1)
    await bob.send(CODE, room=1)
    await bob.send("words **to be marked** by alice in #long", room=1)
    await bob.send("the one to react to", room=1)
    await expect(lines(alice)).to_have_count(3)
    await expect(lines(alice).first.locator(".hljs-number").first).to_be_visible()
    await alice.evaluate("""() => {
        document.querySelector("pre").scrollLeft = 300;
        const strong = document.querySelector(".text strong");
        getSelection().selectAllChildren(strong);
        window.strong = strong;
    }""")
    await act(alice, "the one to react to", "React")
    picker = alice.get_by_role("dialog", name="Emoji")
    await picker.get_by_role("searchbox").fill("tada")
    kept = """() => [
        document.querySelector("pre").scrollLeft, getSelection().toString() || "in the field",
        window.strong.isConnected, document.activeElement.getAttribute("aria-label"), document.activeElement.value,
    ]"""
    before = await alice.evaluate(kept)
    assert before[0] > 0
    assert before[3:] == ["Search emoji", "tada"]
    await bob.send("something comes", room=1)
    await expect(lines(alice)).to_have_count(4)
    assert await alice.evaluate(kept) == before
    for seq in (1, 2, 3):
        await bob.react(1, seq, "🎉")
        await expect(lines(alice).nth(seq - 1).get_by_role("list", name="Reactions")).to_be_visible()
        assert await alice.evaluate(kept) == before, seq
    await bob.edit(1, 3, "the one to react to, edited")
    await expect(line(alice, "to react to, edited")).to_be_visible()
    await expect(picker).to_be_visible()
    assert await alice.evaluate(kept) == before
    await alice.keyboard.press("Escape")
    await alice.evaluate("() => getSelection().selectAllChildren(window.strong)")
    await bob.send("and comes", room=1)
    await expect(lines(alice)).to_have_count(5)
    assert await alice.evaluate("() => getSelection().toString()") == "to be marked"
    await bob.__aexit__()


async def test_a_quote_of_what_is_not_held_follows_it(enter: Enter, server: Server) -> None:
    alice = await enter("alice")
    await create(alice, "long")
    bob = await newcomer(server.url, "bob")
    await bob.join(1)
    await bob.send("the first words", room=1)
    for number in range(120):
        await bob.send(f"number {number}", room=1)
    await bob.send("an answer", room=1, reply_to=1)
    # What is unread would be opened at its beginning. So many at once need not all have been on the screen.
    async with Client(server.url) as elsewhere:
        await elsewhere.sign_in("alice", PASSWORD)
        await elsewhere.mark_read(1, 122)
    await comes_true(alice, "async () => (await (await fetch('/api/rooms/1')).json()).me.unread === 0")
    # Deleted from a page that does not use it, and waited for: otherwise the room may still be held.
    address = alice.url
    await alice.goto(f"{server.url}/static/icon.svg")
    await alice.evaluate("""async () => {
        for (const { name } of await indexedDB.databases())
            await new Promise((done, failed) =>
                Object.assign(indexedDB.deleteDatabase(name), { onsuccess: done, onerror: failed }));
    }""")
    await alice.goto(address)
    quote = line(alice, "an answer").locator(".quote")
    await expect(quote).to_contain_text("the first words")
    assert await alice.locator("[data-seq='1']").count() == 0
    await bob.edit(1, 1, "words that were mended")
    await expect(quote).to_contain_text("words that were mended")
    await bob.delete(1, 1)
    await expect(quote).not_to_contain_text("words")
    await bob.__aexit__()
