"""Registration, sign-in and sign-out; sessions; the profile."""

import asyncio
from pathlib import Path

from PIL import Image
from playwright.async_api import Browser, Route, expect

from tests.conftest import PASSWORD, newcomer
from tests.server import Server
from tests.web.conftest import Enter, watched
from tests.web.talking import comes_true, create, field, join, line, say


async def test_signing_in_out_and_mistakes_are_told(browser: Browser, server: Server) -> None:
    taken = await newcomer(server.url, "taken")
    page = await watched(await (await browser.new_context()).new_page())
    await page.goto(server.url)
    await page.get_by_role("button", name="Create an account").click()
    await page.get_by_label("User name").fill("taken")
    await page.get_by_label("Password").fill("short")
    await page.get_by_role("button", name="Create account").click()
    await expect(page.get_by_role("alert").filter(has_text="At least 8 characters.")).to_be_visible()
    await page.get_by_label("Password").fill(PASSWORD)
    await page.get_by_role("button", name="Create account").click()
    await expect(page.get_by_role("alert").filter(has_text="taken")).to_be_visible()
    await page.get_by_role("button", name="Sign in", exact=True).click()
    await page.get_by_label("Password").fill("wrong horse")
    await page.get_by_role("button", name="Sign in", exact=True).click()
    await expect(page.get_by_role("alert").filter(has_text="wrong")).to_be_visible()
    await page.get_by_label("Password").fill(PASSWORD)
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("navigation")).to_be_visible()
    # Scripts cannot read the session's cookie, and the page survives a reload.
    assert await page.evaluate("document.cookie") == ""
    await page.reload()
    await page.get_by_role("button", name="profile and settings").click()
    await page.get_by_role("dialog").get_by_role("button", name="Sign out", exact=True).last.click()
    await expect(page.get_by_role("heading", name="Welcome to Hubbub")).to_be_visible()
    # No data of the user remains in the browser.
    await comes_true(page, "indexedDB.databases().then(all => all.length === 0)")
    await page.reload()
    await expect(page.get_by_role("heading", name="Welcome to Hubbub")).to_be_visible()
    assert page.faults == []  # type: ignore[attr-defined]
    await taken.__aexit__()


async def test_sessions_are_seen_and_revoked(enter: Enter, browser: Browser, server: Server) -> None:
    alice = await enter("alice")
    other = await watched(await (await browser.new_context()).new_page())
    await other.goto(server.url)
    await other.get_by_label("User name").fill("alice")
    await other.get_by_label("Password").fill(PASSWORD)
    await other.keyboard.press("Enter")
    await expect(other.get_by_role("navigation")).to_be_visible()
    await create(other, "diary")
    await field(other).fill("half a thought")
    await alice.get_by_role("button", name="profile and settings").click()
    sessions = alice.get_by_role("dialog").get_by_role("listitem")
    await expect(sessions).to_have_count(2)
    await sessions.get_by_role("button", name="Sign out").click()
    await expect(sessions).to_have_count(1)
    # That page shows the sign-in form at once; its draft is restored after signing in.
    await expect(other.get_by_role("heading", name="Welcome to Hubbub")).to_be_visible()
    await other.get_by_label("User name").fill("alice")
    await other.get_by_label("Password").fill(PASSWORD)
    await other.keyboard.press("Enter")
    await expect(field(other)).to_have_value("half a thought")


async def test_the_profile_is_changed_and_others_see_it(enter: Enter, tmp_path: Path) -> None:
    alice, bob = await enter("alice"), await enter("bob")
    await create(alice, "kitchen")
    await join(bob, "kitchen")
    await alice.get_by_role("button", name="profile and settings").click()
    dialog = alice.get_by_role("dialog")
    await dialog.get_by_label("Display name").fill("Alice the Cook")
    await dialog.get_by_label("Status text").fill("At the stove")
    await dialog.get_by_role("button", name="Save").click()
    await expect(alice.get_by_role("status").filter(has_text="Saved")).to_be_visible()
    picture = tmp_path / "face.png"
    Image.new("RGB", (400, 300), "#c04020").save(picture)
    await dialog.locator("input[type=file]").set_input_files(picture)
    await expect(dialog.locator("img[src^='data:image/']")).to_be_visible()
    # It is as pending as the rest of the form.
    await alice.keyboard.press("Escape")
    await alice.get_by_role("button", name="profile and settings").click()
    await expect(dialog.locator("img")).to_have_count(0)
    await dialog.locator("input[type=file]").set_input_files(picture)
    await dialog.get_by_role("button", name="Save").click()
    await expect(dialog.locator("img[src^='/api/avatars/']")).to_be_visible()
    await dialog.get_by_label("Shown as").select_option("busy")
    await expect(dialog.get_by_role("heading", name="Profile and settings")).to_be_in_viewport(ratio=1)
    await alice.keyboard.press("Escape")
    await say(alice, "hello")
    await expect(line(bob, "hello")).to_contain_text("Alice the Cook")
    await line(bob, "hello").get_by_role("button", name="About Alice the Cook").click()
    person = bob.get_by_role("dialog")
    await expect(person).to_contain_text("At the stove")
    await expect(person).to_contain_text("Busy")
    await expect(person.locator("img[src^='/api/avatars/']")).to_be_visible()
    # A file that is no image is refused with a message.
    await alice.get_by_role("button", name="profile and settings").click()
    text = tmp_path / "face.txt"
    text.write_text("not a picture")
    await dialog.locator("input[type=file]").set_input_files(text)
    await expect(dialog.get_by_text("not a picture this browser can read")).to_be_visible()
    await dialog.get_by_role("button", name="Remove").click()
    await dialog.get_by_role("button", name="Save").click()
    await expect(alice.locator("nav img[src^='/api/avatars/']")).to_have_count(0)


async def test_theme_and_language_are_chosen(enter: Enter) -> None:
    alice = await enter("alice", color_scheme="light")
    ground = "getComputedStyle(document.documentElement).backgroundColor"
    assert await alice.evaluate(ground) == "rgb(255, 253, 250)"
    await alice.get_by_role("button", name="profile and settings").click()
    await alice.get_by_label("Theme").select_option("dark")
    assert await alice.evaluate(ground) == "rgb(34, 31, 28)"
    await alice.get_by_label("Language").select_option("de")
    await expect(alice.get_by_role("dialog", name="Profil und Einstellungen")).to_be_visible()
    await alice.reload()
    await expect(alice.get_by_role("button", name="Räume ansehen").first).to_be_visible()
    assert await alice.evaluate("document.documentElement.lang") == "de"
    assert await alice.evaluate(ground) == "rgb(34, 31, 28)"


async def test_a_blank_behind_the_name_is_no_mistake_and_who_was_first_is_known(
    browser: Browser, server: Server
) -> None:
    page = await watched(await (await browser.new_context()).new_page())
    await page.goto(server.url)
    await expect(page.get_by_text("Nobody is here yet.")).to_be_visible()
    await expect(page.get_by_role("button", name="Create account")).to_be_visible()
    await (await newcomer(server.url, "taken")).__aexit__()
    await page.get_by_label("User name").fill("taken")
    await page.get_by_label("Password").fill(PASSWORD)
    await page.get_by_role("button", name="Create account").click()
    await expect(page.get_by_role("alert").filter(has_text="taken")).to_be_visible()
    await expect(page.get_by_text("Nobody is here yet.")).to_have_count(0)
    # Phone keyboards add a space after a word.
    await page.get_by_label("User name").fill("carla ")
    await page.get_by_role("button", name="Create account").click()
    await expect(page.get_by_role("navigation")).to_be_visible()
    assert page.faults == []  # type: ignore[attr-defined]


async def test_nothing_that_was_open_is_open_for_who_comes_next(enter: Enter) -> None:
    alice = await enter("alice")
    await alice.get_by_role("button", name="profile and settings").click()
    await alice.get_by_label("Status text").fill("gone home")
    await alice.get_by_role("dialog").get_by_role("button", name="Save").click()
    await expect(alice.get_by_role("status").filter(has_text="Saved")).to_be_visible()
    await alice.get_by_role("dialog").get_by_role("button", name="Sign out", exact=True).click()
    await alice.get_by_label("User name").fill("alice")
    await alice.get_by_label("Password").fill(PASSWORD)
    await alice.keyboard.press("Enter")
    await expect(alice.get_by_role("navigation")).to_be_visible()
    await expect(alice.get_by_role("dialog")).to_have_count(0)
    await expect(alice.get_by_role("status").filter(has_text="Saved")).to_have_count(0)


async def test_signing_out_leaves_nothing_when_the_socket_is_ended_before_the_answer(enter: Enter) -> None:
    alice = await enter("alice")
    await create(alice, "kitchen")
    await field(alice).fill("a draft")
    ended = asyncio.Event()
    alice.on("websocket", lambda socket: socket.on("close", lambda _: ended.set()))
    await alice.reload()
    await expect(field(alice)).to_have_value("a draft")
    await expect(alice.get_by_role("button", name="Online Alice")).to_be_visible()

    async def late(route: Route) -> None:
        answer = await route.fetch()
        await ended.wait()
        await route.fulfill(response=answer)

    await alice.route("**/api/logout", late)
    await alice.get_by_role("button", name="profile and settings").click()
    await alice.get_by_role("dialog").get_by_role("button", name="Sign out", exact=True).last.click()
    await expect(alice.get_by_role("heading", name="Welcome to Hubbub")).to_be_visible()
    await comes_true(alice, "indexedDB.databases().then(all => all.length === 0)")
