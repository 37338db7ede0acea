"""Makes docs/page.png: two people in a room, in a real browser at a real server."""

import asyncio
import shutil
import tempfile
from pathlib import Path

from playwright.async_api import async_playwright

from tests.conftest import newcomer
from tests.server import Server
from tests.test_page import FLAGS


async def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        server = Server(Path(folder) / "data")
        try:
            alice, bob = await newcomer(server.url, "alice"), await newcomer(server.url, "bob")
            room = await alice.create_room("kitchen", members=["bob"])
            await alice.create_room("garden")
            await alice.create_room(kind="direct", members=["bob"])
            for who, text in (
                (alice, "Who wants tea?"),
                (bob, "Me! Is there any of the green one left?"),
                (alice, "Just enough for two cups 🍵"),
                (bob, "On my way."),
            ):
                await who.send(text, room=room.id)
            await alice.edit(room.id, 3, "Just enough for three cups 🍵")
            async with async_playwright() as playwright:
                browser = await playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
                page = await browser.new_page(viewport={"width": 900, "height": 480})
                await page.goto(server.url)
                await page.get_by_label("User name").fill("alice")
                await page.get_by_label("Password").fill("correct horse")
                await page.get_by_role("button", name="Sign in").click()
                await page.get_by_role("button", name="kitchen").click()
                await page.get_by_text("On my way.").wait_for()
                await page.screenshot(path=Path(__file__).parent.parent / "docs" / "page.png")
                await browser.close()
            for client in (alice, bob):
                await client.__aexit__()
        finally:
            server.stop()


asyncio.run(main())
