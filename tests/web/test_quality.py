"""Accessibility and performance: axe on every screen, Lighthouse with a throttled phone, right-to-left text."""

import asyncio
import json
import re
import socket
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, Page, async_playwright, expect

from hubbub.client import Client
from tests.conftest import PASSWORD, newcomer
from tests.server import Server
from tests.web.conftest import FLAGS, PHONE, Enter, go_to_sign_up
from tests.web.talking import act, create, field, line, room, say

WEB = Path(__file__).parent.parent.parent / "web"
AXE = (WEB / "node_modules" / "axe-core" / "axe.min.js").read_text()
LIGHTHOUSE = WEB / "node_modules" / "lighthouse" / "cli" / "index.js"
LIGHT = 200_000
"""Bytes on the wire at first load, all of it."""
NODE = WEB.parent / "tools" / "node.sh"


async def clean(page: Page, screen: str) -> None:
    """Assert that axe finds nothing."""
    await page.evaluate(AXE)
    # Including experimental rules, such as that labels contain their visible text.
    options = "{ resultTypes: ['violations'], rules: { 'label-content-name-mismatch': { enabled: true } } }"
    found = await page.evaluate(f"axe.run(document, {options})")
    told = [(one["id"], [node["html"][:200] for node in one["nodes"]]) for one in found["violations"]]
    assert told == [], screen


Walk = Callable[[Page, Server, int], Awaitable[None]]
SIZES: dict[str, dict[str, Any]] = {"desktop": {"viewport": {"width": 1280, "height": 800}}, "phone": PHONE}
LOOKS = pytest.mark.parametrize(
    ("size", "scheme"),
    [
        ("desktop", "light"),
        ("phone", "dark"),
        pytest.param("desktop", "dark", marks=pytest.mark.long),
        pytest.param("phone", "light", marks=pytest.mark.long),
    ],
)
LONG = "\n".join(f"line {number} of a long text" for number in range(60))
HELLO = (
    "hello @bob ||secret||\n\n> quoted\n\n```python\ndef f(x):\n    return 'x' + str(1)  # why\n```\n\n- `code` and "
    "https://example.org\n\n| a | b |\n|---|--:|\n| "
    + "wide " * 30
    + "| 2 |\n\n1. one\n2. two\n\n- [ ] open\n- [x] done"
)


async def at_the_door(server: Server, browser: Browser, context: dict[str, Any]) -> None:
    door = await (await browser.new_context(**context)).new_page()
    await go_to_sign_up(door, server)
    await clean(door, "the first account")
    await (await newcomer(server.url)).__aexit__()
    await door.reload()
    await expect(door.get_by_label("Display name")).to_have_count(0)
    await clean(door, "signing in")
    await door.get_by_role("button", name="Create an account").click()
    await clean(door, "signing up")
    await door.get_by_role("button", name="Create account").click()
    await clean(door, "signing up, with nothing filled in")
    await door.close()


async def first_steps(alice: Page, bob: Client) -> int:
    """A room with every feature of messages; returns its id."""
    await create(alice, "kitchen")
    await say(alice, HELLO)
    await expect(line(alice, "hello")).to_be_visible()
    kitchen = (await bob.rooms())[0].id
    await bob.join(kitchen)
    await bob.send("hi @alice", room=kitchen, reply_to=1)
    await bob.edit(kitchen, 2, "hi there @alice")
    await bob.send("gone", room=kitchen)
    await bob.delete(kitchen, 3)
    await bob.react(kitchen, 1, "👍")
    await bob.send(LONG, room=kitchen)
    await bob.send("in its thread", room=kitchen, thread=1)
    await bob.send("news", to="alice")
    await expect(line(alice, "line 0").get_by_role("button", name="Show more")).to_be_visible()
    return kitchen


async def in_a_room(alice: Page, server: Server, kitchen: int) -> None:
    await field(alice).fill("a draft in **bold**")
    await clean(alice, "a room")
    await field(alice).fill("")
    await line(alice, "hello").first.get_by_text("hello").first.click()
    await clean(alice, "a message's actions")
    await line(alice, "hello").first.focus()
    await alice.keyboard.press("+")
    await expect(alice.get_by_role("button", name="grinning", exact=True)).to_be_visible()
    await clean(alice, "the picker at a message")
    await alice.keyboard.press("Escape")
    await alice.get_by_role("button", name="Emoji", exact=True).click()
    await alice.keyboard.type("nothing like it")
    await expect(alice.get_by_text("Nothing found.")).to_be_visible()
    await clean(alice, "the picker at the field, with nothing found")
    await alice.keyboard.press("Escape")
    for begun, offered in (("@bo", "Bob"), ("#kit", "kitchen"), (":tad", ":tada:")):
        await field(alice).fill("")
        await field(alice).press_sequentially(begun)
        await expect(alice.get_by_role("option").filter(has_text=re.compile(offered, re.I)).first).to_be_visible()
        await clean(alice, f"what is offered for {begun}")
    await field(alice).fill("")
    await line(alice, "line 0").focus()
    await alice.keyboard.press("r")
    await expect(alice.get_by_role("button", name="Do not reply to this")).to_be_visible()
    await field(alice).fill(f"```\n{'code ' * 60}\n```\n" + "x" * 9_000)
    await clean(alice, "a reply with code, near the limit")
    await field(alice).fill("x" * 10_001)
    await clean(alice, "a text that is too long")
    await alice.get_by_role("button", name="Do not reply to this").click()
    await field(alice).fill("")
    await line(alice, "hello").first.focus()
    await alice.keyboard.press("e")
    await expect(alice.get_by_text("Editing your message")).to_be_visible()
    await clean(alice, "editing")
    await field(alice).focus()
    await alice.keyboard.press("Escape")
    await alice.goto(f"{server.url}/chat/{kitchen}/1")
    await line(alice, "line 0").get_by_role("button", name="Show more").click()
    await alice.get_by_role("log").evaluate("(log) => log.scrollTo(0, 0)")
    await expect(alice.get_by_role("button", name="To the latest")).to_be_visible()
    await clean(alice, "far from the end")


async def panels(alice: Page, server: Server, kitchen: int) -> None:
    await alice.goto(f"{server.url}/chat/{kitchen}?thread=1")
    await expect(alice.get_by_role("log", name="Thread").get_by_text("in its thread")).to_be_visible()
    await clean(alice, "a thread")
    for panel in ("members", "details"):
        await alice.goto(f"{server.url}/chat/{kitchen}?panel={panel}")
        await expect(alice.locator(".panel")).to_be_visible()
        await clean(alice, panel)
    for opens in ("Delete room", "Leave room"):
        await alice.get_by_role("button", name=opens).click()
        await closed(alice, f"asking whether to {opens}")
    await alice.get_by_role("button", name="Mark as unread").click()
    await expect(alice.get_by_text("Marked as unread.")).to_be_visible()
    await clean(alice, "a notice")
    await alice.goto(f"{server.url}/chat/{kitchen}?panel=members")
    await alice.get_by_role("button", name="Add people").click()
    await alice.get_by_role("searchbox", name="Search people").fill("bob")
    await expect(alice.get_by_role("dialog").get_by_text("@bob")).to_be_visible()
    await clean(alice, "adding people")
    # In a search field the first Escape only clears it.
    await alice.get_by_role("searchbox", name="Search people").fill("")
    await closed(alice, "adding people, before any is searched for")


async def views(alice: Page, server: Server, kitchen: int) -> None:
    titles = {"threads": "Threads", "mentions": "Mentions", "saved": "Saved", "drafts": "Drafts"}
    for view, title in titles.items():
        await alice.goto(f"{server.url}/?view={view}")
        await expect(alice.get_by_role("main").get_by_role("heading", name=title).first).to_be_visible()
        await clean(alice, view)


async def dialogs(alice: Page, server: Server, kitchen: int) -> None:
    await alice.goto(f"{server.url}/chat/{kitchen}/2")
    await alice.get_by_role("button", name="(edited)").click()
    await closed(alice, "earlier versions")
    await alice.get_by_role("button", name="Jump to a day").click()
    await closed(alice, "a day")
    await line(alice, "hi there").locator(".mention").click()
    await closed(alice, "a person")
    await alice.goto(server.url)
    await expect(room(alice, "bob")).to_contain_text("1 unread message")
    await clean(alice, "the list of rooms")
    for opens in ("profile and settings", "Browse rooms", "New room", "New conversation", "Go to"):
        await alice.get_by_role("button", name=opens).first.click()
        await expect(alice.get_by_role("dialog")).to_be_visible()
        await alice.evaluate("() => document.querySelectorAll('dialog details').forEach((one) => (one.open = true))")
        await closed(alice, opens)
    await alice.keyboard.press("?")
    await closed(alice, "shortcuts")


async def closed(alice: Page, screen: str) -> None:
    """Assert that axe finds nothing while it is open, and close it."""
    await expect(alice.get_by_role("dialog")).to_be_visible()
    await clean(alice, screen)
    await alice.keyboard.press("Escape")
    await expect(alice.get_by_role("dialog")).to_have_count(0)


async def rooms_one_is_not_in(alice: Page, server: Server, bob: Client) -> None:
    garden = await bob.create_room("garden")
    await bob.send("come in", room=garden.id)
    await alice.goto(f"{server.url}/chat/{garden.id}")
    await expect(line(alice, "come in")).to_be_visible()
    await clean(alice, "looking into a room")
    await bob.change_room(garden.id, archived=True)
    await expect(alice.get_by_text("archived").first).to_be_visible()
    await clean(alice, "an archived room")
    await alice.goto(f"{server.url}/chat/99999")
    await expect(alice.get_by_role("button", name="Back").first).to_be_visible()
    await clean(alice, "no such room")


async def many_rooms(alice: Page, server: Server, bob: Client) -> None:
    for number in range(210):
        await bob.create_room(f"room {number}", members=["alice"])
    await alice.goto(server.url)
    await expect(alice.get_by_role("searchbox", name="Filter rooms")).to_be_visible()
    for number in (1, 2):
        await bob.send("something", room=(await bob.rooms("room 19", mine=True))[number].id)
    await alice.locator("nav .scroller").evaluate("(list) => list.scrollTo(0, list.scrollHeight)")
    await expect(alice.get_by_role("navigation").get_by_role("button", name="unread")).to_be_visible()
    await clean(alice, "very many rooms")


async def off_line(alice: Page, address: str) -> None:
    await alice.goto(address)
    await expect(field(alice)).to_be_visible()
    await alice.context.set_offline(True)
    await say(alice, "into the void")
    await expect(alice.get_by_role("log").locator("[data-pending]")).to_have_count(1)
    await expect(alice.get_by_text("You are offline")).to_be_visible()
    await clean(alice, "off line, with a message on its way")
    await alice.context.set_offline(False)


@LOOKS
async def test_axe_finds_nothing_at_the_door(
    enter: Enter, server: Server, browser: Browser, scheme: str, size: str
) -> None:
    context = {**SIZES[size], "color_scheme": scheme}
    await at_the_door(server, browser, context)
    alice = await enter("alice", **context)
    await clean(alice, "nothing yet")
    await create(alice, "kitchen")
    await clean(alice, "an empty room")


@LOOKS
@pytest.mark.parametrize("walk", [in_a_room, panels, views, dialogs])
async def test_axe_finds_nothing_on_any_screen(
    enter: Enter, server: Server, walk: Walk, scheme: str, size: str
) -> None:
    alice = await enter("alice", **SIZES[size], color_scheme=scheme)
    bob = await newcomer(server.url, "bob")
    await walk(alice, server, await first_steps(alice, bob))
    await bob.__aexit__()


@LOOKS
async def test_axe_finds_nothing_elsewhere(enter: Enter, server: Server, scheme: str, size: str) -> None:
    """In rooms of which one is no member, in a list of very many, and offline."""
    alice = await enter("alice", **SIZES[size], color_scheme=scheme)
    await create(alice, "kitchen")
    bob = await newcomer(server.url, "bob")
    await rooms_one_is_not_in(alice, server, bob)
    await many_rooms(alice, server, bob)
    await off_line(alice, f"{server.url}/chat/1")
    await bob.__aexit__()


async def lighthouse(address: str, port: int, out: Path) -> dict[str, Any]:
    """Lighthouse's report of a page, with its default profile: a phone on a slow network."""
    command = [
        *(str(NODE), "node", str(LIGHTHOUSE), address, f"--port={port}", "--disable-storage-reset", "--quiet"),
        *("--output=json", f"--output-path={out}", "--only-categories=performance,accessibility,best-practices"),
    ]
    # On a busy machine Lighthouse sometimes fails with NO_NAVSTART, and asks to be run again.
    for _ in range(3):
        process = await asyncio.create_subprocess_exec(*command)
        if await process.wait() == 0:
            break
    assert process.returncode == 0
    report: dict[str, Any] = json.loads(out.read_text())
    return report


async def test_lighthouse(server: Server, chromium: str, tmp_path: Path) -> None:
    """Accessibility and best practices, signed out and in; signed out, also the audits of a fast first load.

    The score itself depends on the machine and its load: it is a figure in docs/performance.md.
    """
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    bob = await newcomer(server.url, "bob")
    async with async_playwright() as playwright:
        arguments = [*FLAGS, f"--remote-debugging-port={port}"]
        context = await playwright.chromium.launch_persistent_context(
            tmp_path / "profile", executable_path=chromium, args=arguments, locale="en-GB"
        )
        reports = {"door": await lighthouse(server.url, port, tmp_path / "door.json")}
        page = await context.new_page()
        await page.goto(server.url)
        await page.get_by_label("User name").fill("bob")
        await page.get_by_label("Password").fill(PASSWORD)
        await page.keyboard.press("Enter")
        await create(page, "kitchen")
        for number in range(30):
            await bob.send(f"message {number}", room=1)
        await expect(line(page, "message 29")).to_be_visible()
        address = page.url
        await page.close()
        reports["room"] = await lighthouse(address, port, tmp_path / "room.json")
        await context.close()
    await bob.__aexit__()
    for screen, report in reports.items():
        scores = {name: category["score"] for name, category in report["categories"].items()}
        assert (screen, scores["accessibility"], scores["best-practices"]) == (screen, 1, 1)
    audits = reports["door"]["audits"]
    assert audits["total-byte-weight"]["numericValue"] <= LIGHT
    assert audits["dom-size"]["numericValue"] <= 100
    held = (
        "cumulative-layout-shift redirects uses-text-compression unminified-javascript unminified-css unused-css-rules "
        "duplicated-javascript legacy-javascript uses-long-cache-ttl font-display"
    )
    assert {name: audits[name]["score"] for name in held.split()} == dict.fromkeys(held.split(), 1)
    assert audits["render-blocking-resources"]["numericValue"] == 0


async def test_the_page_mirrors_for_languages_from_right_to_left(enter: Enter) -> None:
    alice = await enter("alice")
    await create(alice, "kitchen")
    await say(alice, "hello")
    await act(alice, "hello", "React")
    await alice.keyboard.press("Escape")
    left = await alice.get_by_role("navigation").bounding_box()
    assert left is not None
    assert left["x"] == 0
    await alice.evaluate("document.documentElement.dir = 'rtl'")
    right = await alice.get_by_role("navigation").bounding_box()
    face = await line(alice, "hello").locator(".face").bounding_box()
    text = await line(alice, "hello").locator(".body").bounding_box()
    assert right is not None
    assert face is not None
    assert text is not None
    assert right["x"] > 900
    assert face["x"] > text["x"]
    assert await alice.evaluate("document.documentElement.scrollWidth <= innerWidth")
    # Each text has its own direction, whatever the page's is.
    await say(alice, "שלום לכולם")
    assert await line(alice, "hello").locator(".text").evaluate("text => getComputedStyle(text).direction") == "ltr"
    assert await line(alice, "שלום").locator(".text").evaluate("text => getComputedStyle(text).direction") == "rtl"
    assert PASSWORD not in await alice.content()
