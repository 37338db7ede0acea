"""The workspace in the browser: its name, picture, colour and welcome, changed by an administrator, seen by all."""

from pathlib import Path

import pytest
from PIL import Image
from playwright.async_api import Browser, Page, expect

from tests.conftest import PASSWORD, MakeServer, newcomer
from tests.server import Server
from tests.web.conftest import PHONE, Enter, go_to_sign_up, watched
from tests.web.talking import create, field, line, say
from tests.web.test_quality import SIZES, clean


async def menu(page: Page, name: str, item: str) -> None:
    await page.get_by_role("button", name=name).click()
    await page.get_by_role("menuitem", name=item).click()


async def test_an_administrator_changes_it_and_all_see_it_at_once(
    enter: Enter, browser: Browser, server: Server, tmp_path: Path
) -> None:
    alice, bob = await enter("alice"), await enter("bob")
    await create(alice, "kitchen")
    # Others are not offered it.
    await bob.get_by_role("button", name="Hubbub").click()
    await expect(bob.get_by_role("menuitem", name="Invite people")).to_be_visible()
    await expect(bob.get_by_role("menuitem", name="Workspace settings")).to_have_count(0)
    await bob.keyboard.press("Escape")
    await menu(alice, "Hubbub", "Workspace settings")
    dialog = alice.get_by_role("dialog", name="Workspace settings")
    await dialog.get_by_label("Name").fill("Fernway")
    await dialog.get_by_label("Welcome text").fill("Good to see you!\nCome in.")
    await dialog.get_by_label("Another").fill("#7a3cc8")
    preview = dialog.get_by_role("figure", name="Preview")
    await expect(preview).to_contain_text("Welcome to Fernway")
    await expect(preview.get_by_text("Sign in", exact=True)).to_have_css("background-color", "rgb(122, 60, 200)")
    picture = tmp_path / "face.png"
    Image.new("RGB", (400, 300), "#c04020").save(picture)
    await dialog.locator("input[type=file]").set_input_files(picture)
    await expect(preview.locator("img[src^='data:image/']")).to_have_count(2)
    # Until it is saved, nothing has changed.
    await dialog.get_by_role("button", name="Cancel").click()
    await expect(alice.locator("nav img[src='/static/icon.svg']")).to_be_visible()
    await menu(alice, "Hubbub", "Workspace settings")
    await dialog.get_by_label("Name").fill("Fernway")
    await dialog.get_by_label("Welcome text").fill("Good to see you!\nCome in.")
    await dialog.get_by_label("Another").fill("#7a3cc8")
    await dialog.locator("input[type=file]").set_input_files(picture)
    await expect(preview.locator("img[src^='data:image/']")).to_have_count(2)
    await expect(preview.get_by_text("Sign in", exact=True)).to_have_css("background-color", "rgb(122, 60, 200)")
    await clean(alice, "the workspace's settings")
    await dialog.get_by_role("button", name="Save").click()
    for page in (alice, bob):
        await expect(page.get_by_role("button", name="Fernway")).to_be_visible()
        await expect(page.locator("nav img[src^='/api/workspace/picture/']")).to_be_visible()
        await expect(page).to_have_title("kitchen · Fernway" if page is alice else "Fernway")
    # The door knows it, too; a page that opens again, before the server has answered.
    door = await watched(await (await browser.new_context()).new_page())
    await door.goto(server.url)
    await expect(door.get_by_role("heading", name="Welcome to Fernway")).to_be_visible()
    await expect(door.get_by_text("Good to see you!")).to_be_visible()
    await expect(door.locator("form img[src^='/api/workspace/picture/']")).to_be_visible()
    await expect(door.get_by_role("button", name="Sign in", exact=True)).to_have_css(
        "background-color", "rgb(122, 60, 200)"
    )
    await expect(door).to_have_title("Fernway")
    # Without a name again, and without a picture.
    await menu(alice, "Fernway", "Workspace settings")
    await dialog.get_by_role("button", name="Remove").click()
    await dialog.get_by_label("Name").fill("")
    await dialog.get_by_role("button", name="Default").click()
    await dialog.get_by_role("button", name="Save").click()
    await expect(bob.get_by_role("button", name="Hubbub")).to_be_visible()
    await expect(bob.locator("nav img[src='/static/icon.svg']")).to_be_visible()
    assert door.faults == []  # type: ignore[attr-defined]


@pytest.mark.parametrize("accent", ["#ffff00", "#000000", "#ffffff", "#ff0000"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_any_colour_leaves_everything_readable(
    browser: Browser, make_server: MakeServer, accent: str, scheme: str
) -> None:
    server = make_server("rate_limits=off")
    async with await newcomer(server.url, "alice") as alice:
        await alice.change_workspace(name="Fernway", accent=accent)
    size = PHONE if accent in ("#000000", "#ff0000") else SIZES["desktop"]
    page = await watched(await (await browser.new_context(**size, color_scheme=scheme)).new_page())
    await go_to_sign_up(page, server)
    await clean(page, "signing up")
    await page.get_by_label("User name").fill("bob")
    await page.get_by_label("Password").fill(PASSWORD)
    await page.get_by_role("button", name="Create account").click()
    await create(page, "kitchen")
    await say(page, "hello @bob, [a link](https://example.org) and `code`")
    await expect(line(page, "hello")).to_be_visible()
    await expect(field(page)).to_be_visible()
    await clean(page, "a room")
    assert page.faults == []  # type: ignore[attr-defined]
