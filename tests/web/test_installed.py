"""The page as an app: desktop notifications, installable, and included in the wheel."""

import asyncio
import shutil
import subprocess
import sys
import zipfile
from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio
from playwright.async_api import Browser, Page, Route, WebSocketRoute, async_playwright, expect

from hubbub.client import Client
from tests.conftest import newcomer
from tests.server import Server
from tests.web.conftest import FLAGS, Enter
from tests.web.talking import comes_true, create, lines, room

# Notifications the browser accepted are recorded: `getNotifications` of a browser without a desktop sometimes misses
# one of two concurrent ones.
RECORDED = """() => {
    window.shown = [];
    if (!isSecureContext) return;
    const show = ServiceWorkerRegistration.prototype.showNotification;
    ServiceWorkerRegistration.prototype.showNotification = async function (title, options) {
        await show.call(this, title, options);
        window.shown.push(title);
    };
}"""


@pytest_asyncio.fixture(loop_scope="session")
async def browser(chromium: str) -> AsyncIterator[Browser]:
    """The whole browser: the one without windows shows no notifications and installs no apps."""
    async with async_playwright() as playwright:
        running = await playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        yield running
        await running.close()


async def notified(page: Page) -> None:
    """The user has enabled desktop notifications."""
    await page.get_by_role("button", name="profile and settings").click()
    await page.get_by_label("Notify me on this device").check()
    # The permission is granted after the box is ticked.
    await page.wait_for_function("Object.entries(localStorage).some(([key]) => key.endsWith('notify'))")
    await page.keyboard.press("Escape")
    await page.add_init_script(f"({RECORDED})()")
    await page.evaluate(RECORDED)


async def greeted(page: Page, bob: Client, kitchen: int) -> None:
    """Wait until the page is connected: later messages arrive live."""
    await bob.send("are you there?", room=kitchen)
    await expect(room(page, "kitchen")).to_contain_text("1 unread message")


async def shown(page: Page, *titles: str) -> None:
    await page.wait_for_function("count => window.shown.length >= count", arg=len(titles))
    assert sorted(await page.evaluate("window.shown")) == sorted(titles)


async def test_what_is_meant_for_one_is_told_on_the_desktop(enter: Enter, server: Server) -> None:
    alice = await enter("alice", permissions=["notifications"])
    bob = await newcomer(server.url, "bob")
    kitchen = await bob.create_room("kitchen", members=["alice"])
    await notified(alice)
    await expect(room(alice, "kitchen")).to_be_visible()
    await bob.send("nothing to do with her", room=kitchen.id)
    asked = await bob.send("lunch, @alice?", room=kitchen.id)
    await bob.send("just you", to="alice")
    await expect(room(alice, "bob")).to_contain_text("1 unread message")
    await shown(alice, "bob", "bob · kitchen")
    await bob.edit(kitchen.id, asked.seq, "dinner, @alice?")
    # A muted room shows no notifications, not even for mentions.
    await room(alice, "kitchen").click()
    await alice.get_by_role("button", name="Room details").click()
    await alice.get_by_role("button", name="Mute").click()
    await expect(room(alice, "kitchen").get_by_role("img", name="Muted")).to_be_visible()
    await expect(lines(alice).last).to_contain_text("dinner")
    await shown(alice, "bob", "bob · kitchen")
    # A message that was shown is read, even if the user leaves at once.
    await alice.goto(server.url)
    await bob.send("again, @alice!", room=kitchen.id)
    await expect(room(alice, "kitchen")).to_contain_text("1 unread message, it mentions you")
    await shown(alice)
    await bob.__aexit__()


async def test_a_message_that_was_counted_before_it_came_is_told(enter: Enter, server: Server) -> None:
    """The answer to a REST request may be ahead of the socket's events."""
    alice = await enter("alice", permissions=["notifications"])
    bob = await newcomer(server.url, "bob")
    kitchen = await bob.create_room("kitchen", members=["alice"])
    await notified(alice)
    held: list[str | bytes] | None = None
    line: WebSocketRoute | None = None

    def through(socket: WebSocketRoute) -> None:
        nonlocal line
        line, onward = socket, socket.connect_to_server()

        def hear(frame: str | bytes) -> None:
            if held is not None and "counted first" in str(frame):
                held.append(frame)
            else:
                socket.send(frame)

        onward.on_message(hear)

    await alice.route_web_socket("**/ws**", through)
    await alice.reload()
    await greeted(alice, bob, kitchen.id)
    held = []
    await bob.send("@alice, counted first", room=kitchen.id)
    # A join changes the member count: the page requests the room.
    carol = await newcomer(server.url)
    await bob.add_member(kitchen.id, carol.user.id)
    await expect(room(alice, "kitchen")).to_contain_text("2 unread messages")
    assert line is not None
    for frame in held:
        line.send(frame)
    await shown(alice, "bob · kitchen")
    for client in (bob, carol):
        await client.__aexit__()


async def test_what_comes_while_the_worker_is_installed_is_told(enter: Enter, server: Server) -> None:
    alice = await enter("alice", permissions=["notifications"])
    bob = await newcomer(server.url, "bob")
    kitchen = await bob.create_room("kitchen", members=["alice"])
    await notified(alice)
    installed = asyncio.Event()

    async def late(route: Route) -> None:
        if route.request.service_worker is not None:
            await installed.wait()
        await route.continue_()

    await alice.context.route("**/static/icon.svg", late)
    await alice.evaluate("navigator.serviceWorker.ready.then(ready => ready.unregister())")
    # While a page uses it, it is only marked, and would be used again.
    await alice.goto("about:blank")
    await alice.goto(server.url)
    await comes_true(alice, "async () => (await navigator.serviceWorker.getRegistration())?.installing != null")
    await greeted(alice, bob, kitchen.id)
    await bob.send("just you", to="alice")
    await expect(room(alice, "bob")).to_contain_text("1 unread message")
    installed.set()
    await shown(alice, "bob")
    await bob.__aexit__()


async def test_it_can_be_installed(enter: Enter) -> None:
    alice = await enter("alice")
    await create(alice, "kitchen")
    await alice.evaluate("navigator.serviceWorker.ready.then(() => true)")
    session = await alice.context.new_cdp_session(alice)
    assert (await session.send("Page.getAppManifest"))["errors"] == []
    errors = (await session.send("Page.getInstallabilityErrors"))["installabilityErrors"]
    # Private windows, as in tests, never offer the installation.
    assert [error["errorId"] for error in errors if error["errorId"] != "in-incognito"] == []


def test_the_wheel_brings_the_client_and_nothing_of_how_it_is_made(tmp_path: Path) -> None:
    """Built from a copy, so that no files change under other tests, with the installed packages."""
    root, copy = Path(__file__).parent.parent.parent, tmp_path / "hubbub"
    copy.mkdir()
    for name in ("pyproject.toml", "hatch_build.py", "README.md", "LICENSE", "CHANGELOG.md"):
        shutil.copy(root / name, copy)
    shutil.copytree(root / "src", copy / "src", ignore=shutil.ignore_patterns("app", "__pycache__"))
    shutil.copytree(root / "web", copy / "web", ignore=shutil.ignore_patterns("node_modules"))
    (copy / "web" / "node_modules").symlink_to(root / "web" / "node_modules")
    pip = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation"]
    subprocess.run([str(root / "tools" / "node.sh"), *pip, "-w", str(tmp_path), "."], cwd=copy, check=True)
    (wheel,) = tmp_path.glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    assert {"hubbub/static/app/index.html", "hubbub/static/app/worker.js"} <= set(names)
    assert [name for name in names if "node_modules" in name or name.endswith((".ts", ".svelte"))] == []
    assert wheel.stat().st_size < 2_000_000
