"""Modules of plugins in the web client: what they add, and that one that fails takes nothing with it."""

import re
from pathlib import Path

from playwright.async_api import Browser, Page, expect

from hubbub.client import Client
from tests.conftest import PASSWORD, MakeServer
from tests.plugins.plugin_files import plugin_file
from tests.web.conftest import Enter
from tests.web.talking import create, say

PARTY = """
from pathlib import Path
import msgspec
from hubbub.chat.message_kinds import MessageKind
from hubbub.plugins import Answer, Post, Refused, SlashCommand, hookimpl

class Roll(msgspec.Struct):
    dice: list[int]

async def whisper(call):
    return Answer(f"You said **{call.arguments}**")

async def roll(call):
    return Post("rolled 3 and 4", "roll", {"dice": [3, 4]})

@hookimpl
def compose(draft):
    if "secret" in draft.content:
        raise Refused("Do not tell secrets here.")

@hookimpl
def slash_commands():
    return [
        SlashCommand("whisper", "Says it to you only.", whisper, "[text]"),
        SlashCommand("roll", "Rolls two dice.", roll),
    ]

@hookimpl
def message_kinds():
    return [MessageKind("roll", Roll, from_clients=False)]

@hookimpl
def client_modules():
    return [Path(__file__).with_name(name) for name in MODULES]
"""
DICE = """
import { sum } from "./sum.js";

export default function register(hubbub) {
  hubbub.messageKind("roll", (element, message) => {
    const total = document.createElement("b");
    total.textContent = `dice: ${message.extra.dice.join(" and ")}, together ${sum(message.extra.dice)}`;
    element.append(total);
  });
  hubbub.command({
    name: "table", usage: "", description: "Flips it.", run: ({ arguments: text }) => `${text} flipped`.trim(),
  });
  hubbub.command({ name: "crash", usage: "", description: "Fails.", run: () => { throw new Error("crashed"); } });
  hubbub.settingsPage({ title: "Dice", render: (element) => element.append("Six sides.") });
  hubbub.settingsPage({ title: "Broken", render: () => { throw new Error("no page"); } });
}
"""
SUM = "export const sum = (numbers) => numbers.reduce((total, one) => total + one, 0);"
BROKEN = {
    "syntax.js": "export default function (",
    "throws.js": "throw new Error('at once');",
    "registers.js": "export default function () { throw new Error('when called'); }",
    "evaluates.js": "export default function () { eval('1'); }",
    "markup.js": "export default function () { document.createElement('p').innerHTML = '<b>bold</b>'; }",
    "missing.js": "import { nothing } from './sum.js';",
}


def party(folder: Path, modules: dict[str, str], kind: str = "from_clients=False") -> str:
    for name, source in modules.items():
        (folder / name).write_text(source)
    return plugin_file(
        folder, "party", PARTY.replace("MODULES", repr(list(modules))).replace("from_clients=False", kind)
    )


async def send(page: Page, text: str) -> None:
    field = page.get_by_role("textbox", name="Message", exact=True)
    await field.fill(text)
    await field.press("Enter")


async def test_what_a_plugin_adds_to_the_client(make_server: MakeServer, enter: Enter, tmp_path: Path) -> None:
    server = make_server(
        "rate_limits=off", f"plugins={party(tmp_path, {'dice.js': DICE, 'sum.js': SUM})}", name="party"
    )
    page = await enter("alice", at=server)
    async with page.expect_response(lambda response: response.url.endswith("/plugins/party/sum.js")):
        await page.reload()
    await create(page, "kitchen")
    field = page.get_by_role("textbox", name="Message", exact=True)
    # Commands are completed with their usage, and run.
    await field.press_sequentially("/whi")
    offer = page.get_by_role("option", name=re.compile("whisper"))
    await expect(offer).to_contain_text("whisper [text]")
    await expect(offer).to_contain_text("Says it to you only.")
    await field.press("Tab")
    await expect(field).to_have_value("/whisper ")
    await field.press_sequentially("hello")
    await field.press("Enter")
    answer = page.get_by_role("status").filter(has_text="Only you can see this")
    await expect(answer.locator("strong")).to_have_text("hello")
    await page.get_by_role("button", name="Dismiss").click()
    await expect(answer).to_have_count(0)
    # A kind of message is shown by its renderer.
    await send(page, "/roll")
    await expect(page.get_by_role("article").get_by_text("dice: 3 and 4, together 7")).to_be_visible()
    # A command that runs in the client, and texts that only look like commands.
    await send(page, "/table oops")
    await expect(page.get_by_role("article").get_by_text("oops flipped")).to_be_visible()
    await send(page, "//roll")
    await expect(page.get_by_role("article").get_by_text("/roll", exact=True)).to_be_visible()
    await send(page, "/unknown")
    await expect(page.get_by_role("article").get_by_text("/unknown")).to_be_visible()
    # What a plugin refuses is said in its words, where it was written.
    await send(page, "a secret")
    await expect(page.get_by_text("Do not tell secrets here.")).to_be_visible()
    assert page.faults == []  # type: ignore[attr-defined]
    await page.get_by_role("button", name="Settings").click()
    await expect(page.get_by_role("region", name="Dice")).to_contain_text("Six sides.")
    # The page that throws is named, and the rest of the settings is there.
    await expect(page.get_by_label("Display name")).to_be_visible()
    named = [fault for fault in page.faults if "Plugin party: the page Broken" in fault]  # type: ignore[attr-defined]
    assert named
    await page.keyboard.press("Escape")
    await send(page, "/crash")
    await expect(page.get_by_text("The command /crash failed.")).to_be_visible()
    await expect(field).to_have_value("/crash")
    page.faults.clear()  # type: ignore[attr-defined]


async def test_a_module_that_fails_leaves_the_client_working(
    make_server: MakeServer, enter: Enter, tmp_path: Path
) -> None:
    modules = {**BROKEN, "dice.js": DICE.replace("message.extra.dice.join", "message.nothing.join"), "sum.js": SUM}
    server = make_server("rate_limits=off", f"plugins={party(tmp_path, modules)}", name="party")
    page = await enter("alice", at=server)
    async with page.expect_response(lambda response: response.url.endswith("/plugins/party/sum.js")):
        await page.reload()
    await create(page, "kitchen")
    await send(page, "/roll")
    # Its renderer throws: the text for clients that do not know the kind is shown.
    await expect(page.get_by_role("article").get_by_text("rolled 3 and 4")).to_be_visible()
    await say(page, "still working")
    faults = page.faults  # type: ignore[attr-defined]
    for name in BROKEN:
        assert [fault for fault in faults if f"/plugins/party/{name} failed" in fault], (name, faults)
    assert [fault for fault in faults if "Plugin party: the kind roll failed" in fault]
    faults.clear()


SULKING = """
export default function register(hubbub) {
  hubbub.messageKind("roll", (element, message) => {
    if (message.edited_at == null) throw new Error("not yet");
    element.textContent = `drawn: ${message.content}`;
  });
  hubbub.settingsPage({
    title: () => { throw new Error("no title"); }, render: (element) => element.append("Untitled."),
  });
}
"""


async def test_what_could_not_be_drawn_is_tried_again_when_it_changes(
    make_server: MakeServer, enter: Enter, tmp_path: Path
) -> None:
    plugin = party(tmp_path, {"sulking.js": SULKING}, kind="editable=True")
    server = make_server("rate_limits=off", f"plugins={plugin}", name="party")
    page = await enter("alice", at=server)
    async with page.expect_response(lambda response: response.url.endswith("/plugins/party/sulking.js")):
        await page.reload()
    await create(page, "kitchen")
    await send(page, "/roll")
    await expect(page.get_by_role("article").get_by_text("rolled 3 and 4")).to_be_visible()
    alice = Client(server.url)
    await alice.sign_in("alice", PASSWORD)
    await alice.edit(1, 1, "rolled 5 and 6", kind="roll", extra={"dice": [5, 6]})
    await expect(page.get_by_role("article").get_by_text("drawn: rolled 5 and 6")).to_be_visible()
    await alice.__aexit__()
    # A page that cannot say its title has the name of its plugin.
    await page.get_by_role("button", name="profile and settings").click()
    await expect(page.get_by_role("region", name="party")).to_contain_text("Untitled.")
    for named in ("the kind roll", "a text"):
        assert [fault for fault in page.faults if f"Plugin party: {named} failed" in fault]  # type: ignore[attr-defined]
    page.faults.clear()  # type: ignore[attr-defined]


async def test_the_shortcuts_are_a_page_and_a_command_as_a_plugin_would_add_them(enter: Enter) -> None:
    page = await enter("alice")
    await create(page, "kitchen")
    field = page.get_by_role("textbox", name="Message", exact=True)
    await field.press_sequentially("/shor")
    await expect(page.get_by_role("option", name=re.compile("shortcuts"))).to_contain_text("Keyboard shortcuts")
    await field.press("Tab")
    await field.press("Enter")
    await expect(page.get_by_role("dialog", name="Keyboard shortcuts")).to_contain_text("This sheet")
    await page.keyboard.press("Escape")
    await page.get_by_role("button", name="profile and settings").click()
    shown = page.get_by_role("region", name="Keyboard shortcuts")
    await expect(shown).to_contain_text("In the field")
    # In the language of the moment.
    await page.get_by_label("Language").select_option("de")
    await expect(page.get_by_role("region", name="Tastenkürzel")).to_be_visible()


async def test_the_policy_of_the_page_is_what_it_was(make_server: MakeServer, browser: Browser, tmp_path: Path) -> None:
    server = make_server(f"plugins={party(tmp_path, {'dice.js': DICE, 'sum.js': SUM})}")
    page = await (await browser.new_context()).new_page()
    answer = await page.goto(server.url)
    assert answer is not None
    policy = answer.headers["content-security-policy"]
    assert "script-src 'self';" in policy
    assert "unsafe" not in policy
    module = await page.request.get(f"{server.url}/plugins/party/dice.js")
    assert (module.status, module.headers["content-type"]) == (200, "text/javascript; charset=utf-8")
    for path in ("party/other.js", "party/party.py", "other/dice.js", "party/..%2Fparty.py"):
        assert (await page.request.get(f"{server.url}/plugins/{path}")).status == 404
