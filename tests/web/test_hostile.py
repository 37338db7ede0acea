"""Hostile content is shown as text or harmless Markdown, inside its own box, without effect on its surroundings."""

import re

import pytest
from playwright.async_api import Page, expect

from hubbub.client import Client
from tests.conftest import newcomer
from tests.server import Server
from tests.web.conftest import Enter
from tests.web.talking import lines, room, texts

SCRIPTS = [
    "<script>window.pwned = 1</script>",
    "<img src=x onerror='window.pwned = 1'>",
    "<svg onload='window.pwned = 1'><script>window.pwned = 1</script></svg>",
    "<math><mtext><table><mglyph><style><!--</style><img title='--&gt;&lt;img src=1 onerror=window.pwned=1&gt;'>",
    "<iframe srcdoc='<script>parent.pwned = 1</script>'></iframe>",
    "<style>* { display: none !important }</style>",
    "[click](javascript:window.pwned=1) [data](data:text/html,<script>window.pwned=1</script>) <javascript:alert(1)>",
    "[a](\x01javascript:window.pwned=1) [b](JaVaScRiPt:window.pwned=1) [c](vbscript:x) ![d](https://evil.example/spy.png)",
    "`<script>window.pwned = 1</script>` ```html\n<script>window.pwned = 1</script>\n```",
    "[x]: javascript:window.pwned=1\n[x]",
    '<a href="#" style="position:fixed;inset:0" onclick="window.pwned=1">everything</a>',
    '<div class="shell" data-person="1" id="composer">clobber</div><form><input name="attributes"></form>',
    "{{constructor.constructor('window.pwned=1')()}} ${window.pwned=1} {@html '<b>x</b>'}",
]
SHAPES = [
    "\u202eright to left override \u202d and back \u2066isolate \u2069 end",
    "Z\u0351\u036b\u0343\u036a\u0302\u036b\u033d\u034f\u0334\u0319\u0324\u031e\u0349\u035a\u032f\u031e\u0320\u034da\u036b\u0357\u0334\u0362\u0335\u031c\u0330\u0354l\u0368\u0367\u0369\u0358\u0320g\u0311\u0357\u030e\u0305\u035b\u0341\u0334\u033b\u0348\u034d\u0354\u0339o"
    * 6,
    "😀" * 1000,
    "w" * 1000,
    "\u05d0" * 500 + " " + "x" * 400,
    "ﷺ" * 300,
    "\u200b" * 500 + "x",
    "> " * 400 + "deep",
    "- " * 300 + "deep",
    "[" * 500 + "](" * 200,
    "*" * 990,
    "_a" * 480,
    "`" * 999,
    "|a" * 300 + "\n" + "|-" * 150,
    "\n" * 400 + "x",
    "https://example.org/" + "a" * 900,
    "# not a title\n\n===\n\n---",
]
SAFE = """() => {
    const allowed = new Set(["P","BR","EM","STRONG","S","CODE","PRE","BLOCKQUOTE","UL","OL","LI","A","HR","SPAN",
        "TABLE","THEAD","TBODY","TR","TH","TD"]);
    return [...document.querySelectorAll(".text *")].flatMap(one => [
        // What is folded away of a long text is in a box of ours.
        ...(allowed.has(one.tagName) || one.className === "rest" ? [] : [one.tagName]),
        ...[...one.attributes]
            .filter(({ name, value }) => /^on|style|src/.test(name)
                || (name === "href" && !/^(https?:|mailto:|#$|\\/chat\\/)/.test(value)))
            .map(({ name, value }) => name + value),
    ]);
}"""
INSIDE = """() => {
    const log = document.querySelector("[role=log]");
    const edge = log.getBoundingClientRect().right + 1;
    const wide = [...log.querySelectorAll("[data-seq]")].filter(row => row.getBoundingClientRect().right > edge);
    return [wide.length, log.scrollWidth <= log.clientWidth, document.documentElement.scrollWidth <= innerWidth];
}"""


async def seen(page: Page, number: int) -> None:
    await expect(texts(page)).to_have_count(number)
    assert await page.evaluate(SAFE) == []
    assert await page.evaluate(INSIDE) == [0, True, True]
    assert await page.evaluate("window.pwned") is None


async def write(mallory: Client, room_id: int, messages: list[str]) -> None:
    for text in messages:
        await mallory.send(text, room=room_id)


@pytest.mark.parametrize("width", [1280, 360])
async def test_hostile_messages_are_harmless_and_keep_their_place(enter: Enter, server: Server, width: int) -> None:
    mallory = await newcomer(server.url, "mallory")
    alice = await enter("alice", viewport={"width": width, "height": 700})
    wall = await mallory.create_room("wall", members=["alice"])
    await room(alice, "wall").click()
    await write(mallory, wall.id, SCRIPTS)
    await seen(alice, len(SCRIPTS))
    # All of the content is shown as text.
    await expect(texts(alice).first).to_have_text(SCRIPTS[0])
    await expect(texts(alice).locator("img, script, svg, style, iframe, form")).to_have_count(0)
    for link in await texts(alice).locator("a[target]").all():
        assert await link.get_attribute("rel") == "noopener noreferrer nofollow ugc"
    await write(mallory, wall.id, SHAPES)
    await seen(alice, len(SCRIPTS) + len(SHAPES))
    # Stacked combining marks do not overlap neighbouring messages.
    box = (
        await texts(alice)
        .nth(len(SCRIPTS) + 1)
        .evaluate("text => [getComputedStyle(text).overflowX, getComputedStyle(text).overflowY]")
    )
    assert box == ["clip", "clip"]
    # The preview is rendered the same way.
    await alice.get_by_role("textbox", name="Message", exact=True).fill(SCRIPTS[1] + "\n```html\n" + SCRIPTS[0])
    await expect(alice.get_by_role("region", name="Preview")).to_contain_text("onerror")
    await seen(alice, len(SCRIPTS) + len(SHAPES))
    await mallory.__aexit__()


async def test_hostile_names_titles_and_topics(enter: Enter, server: Server) -> None:
    markup = "<img src=x onerror=pwned=1>"
    mallory = await newcomer(server.url, "mallory")
    await mallory.change_profile(
        display_name="<b onclick=pwned=1>" + "M" * 30, status_text="</title><script>pwned=1</script>"
    )
    alice = await enter("alice")
    hostile = await mallory.create_room(markup, topic=markup + "T" * 200, members=["alice"])
    await mallory.create_room("W" * 80, kind="private", members=["alice"])
    await mallory.create_room("\u05d0\u05d1\u05d2 (!) 123 \u05d3", members=["alice"])
    await mallory.send("@alice look", room=hostile.id)
    await room(alice, markup).click()
    await expect(alice.get_by_role("heading", name=markup, level=1)).to_be_visible()
    await expect(alice).to_have_title(re.compile(rf"^(\(\d\) |• )?{re.escape(markup)} · Hubbub$"))
    await alice.get_by_role("button", name="Room details").click()
    await expect(alice.get_by_role("complementary")).to_contain_text(markup)
    await alice.get_by_role("button", name="Members").click()
    await expect(alice.get_by_role("complementary").get_by_text("<b onclick")).to_be_visible()
    await alice.get_by_role("complementary").get_by_role("button", name="<b onclick").click()
    await expect(alice.get_by_role("dialog")).to_contain_text("</title><script>")
    await alice.keyboard.press("Escape")
    await alice.get_by_role("button", name="Browse rooms").first.click()
    await expect(alice.get_by_role("dialog").get_by_text(markup).first).to_be_visible()
    await alice.keyboard.press("Escape")
    await alice.keyboard.press("Control+k")
    await expect(alice.get_by_role("option", name=markup)).to_be_visible()
    await alice.keyboard.press("Escape")
    assert await alice.evaluate("window.pwned") is None
    assert await alice.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert await alice.get_by_role("navigation").evaluate("nav => nav.scrollWidth <= nav.clientWidth")
    await expect(lines(alice).locator("img[src=x], b[onclick]")).to_have_count(0)
    await mallory.__aexit__()


async def test_the_policy_stops_what_would_come_through(enter: Enter) -> None:
    """Defence in depth: no inline script, no foreign code, no HTML from plain text."""
    alice = await enter("alice")
    stopped = await alice.evaluate(
        """async () => {
            const found = [];
            addEventListener("securitypolicyviolation", event => found.push(event.effectiveDirective));
            const script = document.createElement("script");
            const attempt = (act, what) => { try { act(); } catch { found.push(what); } };
            attempt(() => { script.text = "window.pwned = 1"; document.body.append(script); }, "trusted types");
            attempt(() => { document.createElement("div").innerHTML = "<b>x</b>"; }, "trusted types");
            try { trustedTypes.createPolicy("anything", {}); } catch { found.push("policy"); }
            try { await fetch("https://evil.example/"); } catch { found.push("fetch"); }
            return [...["policy", "trusted types", "fetch"].map(what => found.includes(what)), window.pwned ?? null];
        }"""
    )
    assert stopped == [True, True, True, None]
    alice.faults.clear()  # type: ignore[attr-defined] - what was stopped is told in the console
