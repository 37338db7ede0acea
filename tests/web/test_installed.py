"""The page as an app: desktop notifications, installable, and in the package that pip builds."""

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

from playwright.async_api import expect

from tests.conftest import newcomer
from tests.server import Server
from tests.web.conftest import Enter
from tests.web.talking import comes_true, create, room

SHOWN = "navigator.serviceWorker.ready.then(ready => ready.getNotifications()).then(all => all.map(one => one.title))"


async def test_what_is_meant_for_one_is_told_on_the_desktop(enter: Enter, server: Server) -> None:
    alice = await enter("alice", permissions=["notifications"])
    bob = await newcomer(server.url, "bob")
    kitchen = await bob.create_room("kitchen", members=["alice"])
    await alice.get_by_role("button", name="profile and settings").click()
    await alice.get_by_label("Notify me on this device").check()
    await alice.keyboard.press("Escape")
    await bob.send("nothing to do with her", room=kitchen.id)
    await bob.send("lunch, @alice?", room=kitchen.id)
    await bob.send("just you", to="alice")
    await expect(room(alice, "bob")).to_contain_text("1 unread message")
    await comes_true(alice, f"async () => (await {SHOWN}).length === 2")
    assert sorted(await alice.evaluate(SHOWN)) == ["bob", "bob · kitchen"]
    # In a muted room nothing is told, however one is called.
    await room(alice, "kitchen").click()
    await alice.get_by_role("button", name="Room details").click()
    await alice.get_by_role("button", name="Mute").click()
    await expect(room(alice, "kitchen").get_by_role("img", name="Muted")).to_be_visible()
    # What one has seen is read, though one goes away at once.
    await alice.goto(server.url)
    await bob.send("again, @alice!", room=kitchen.id)
    await expect(room(alice, "kitchen")).to_contain_text("1 unread message, it mentions you")
    assert len(await alice.evaluate(SHOWN)) == 2
    await bob.__aexit__()


async def test_it_can_be_installed(enter: Enter) -> None:
    alice = await enter("alice")
    await create(alice, "kitchen")
    await alice.evaluate("navigator.serviceWorker.ready.then(() => true)")
    session = await alice.context.new_cdp_session(alice)
    assert (await session.send("Page.getAppManifest"))["errors"] == []
    errors = (await session.send("Page.getInstallabilityErrors"))["installabilityErrors"]
    # A window of a private profile, as tests have, is never offered to be installed.
    assert [error["errorId"] for error in errors if error["errorId"] != "in-incognito"] == []


def test_the_wheel_brings_the_client_and_nothing_of_how_it_is_made(tmp_path: Path) -> None:
    """Built from a copy, so that nobody else's files change under them; with the packages that are here already."""
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
