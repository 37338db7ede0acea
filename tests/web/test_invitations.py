"""Invitations by link in the browser: made by one, used by another."""

import re

import pytest
from playwright.async_api import Browser, expect

from hubbub.client import Client
from hubbub.errors import NotFound
from tests.conftest import PASSWORD, MakeServer, newcomer
from tests.web.conftest import PHONE, watched
from tests.web.devices import sign_in
from tests.web.talking import field
from tests.web.test_quality import clean


async def test_a_link_is_made_used_and_revoked(browser: Browser, make_server: MakeServer) -> None:
    server = make_server("registration=invitation")
    async with await newcomer(server.url, "alice") as alice:
        await alice.create_room("kitchen")
    context = await browser.new_context()
    await context.grant_permissions(["clipboard-read", "clipboard-write"])
    page = await watched(await context.new_page())
    await page.goto(server.url)
    await expect(page.get_by_text("New accounts need an invitation")).to_be_visible()
    await page.get_by_label("User name").fill("alice")
    await page.get_by_label("Password").fill(PASSWORD)
    await page.keyboard.press("Enter")
    await page.get_by_role("link", name="kitchen").click()
    await expect(field(page)).to_be_visible()
    await page.goto(f"{page.url}?panel=members")
    await page.get_by_role("button", name="Add people").click()
    await page.get_by_role("dialog").get_by_role("button", name="Invite by a link").click()
    dialog = page.get_by_role("dialog", name="Invite people by a link")
    await dialog.get_by_label("How many may come").select_option("5")
    await dialog.get_by_role("button", name="Make a link").click()
    link = await dialog.get_by_label("The link").input_value()
    assert link.startswith(f"{server.url}/join#")
    assert await page.evaluate("navigator.clipboard.readText()") == link

    guest = await watched(await (await browser.new_context()).new_page())
    await guest.goto(link)
    await expect(guest.get_by_text("alice invites you to talk here.")).to_be_visible()
    await expect(guest.get_by_text("You will join: kitchen.")).to_be_visible()
    await guest.get_by_label("User name").fill("bob")
    await guest.get_by_label("Password").fill(PASSWORD)
    await guest.get_by_role("button", name="Create account").click()
    await expect(guest.get_by_role("link", name="kitchen")).to_be_visible()
    assert "join" not in guest.url

    await page.keyboard.press("Escape")
    await page.get_by_role("button", name="Add people").click()
    await page.get_by_role("dialog").get_by_role("button", name="Invite by a link").click()
    listed = dialog.get_by_role("listitem")
    await expect(listed).to_contain_text("1 of 5 came")
    await expect(listed).to_contain_text("bob")
    # It cannot be undone, so it is asked; the dialog beneath stays.
    await listed.get_by_role("button", name="Revoke").click()
    question = page.get_by_role("dialog", name="Revoke the link")
    await question.get_by_role("button", name="Cancel").click()
    await expect(listed.get_by_role("button", name="Revoke")).to_be_focused()
    await expect(listed).not_to_contain_text("Ended")
    await listed.get_by_role("button", name="Revoke").click()
    await question.get_by_role("button", name="Revoke the link").click()
    await expect(listed).to_contain_text("Ended")
    late = await watched(await (await browser.new_context()).new_page())
    await late.goto(link)
    await expect(late.get_by_role("alert").filter(has_text="This invitation has ended")).to_be_visible()


async def test_whoever_is_signed_in_joins_its_rooms_after_a_question(browser: Browser, make_server: MakeServer) -> None:
    server = make_server()
    async with await newcomer(server.url, "alice") as alice, await newcomer(server.url, "bob"):
        plans = await alice.create_room("plans", "private")
        made = await alice.invite(rooms=[plans.id])
        page = await watched(await (await browser.new_context()).new_page())
        # Signed out, with an account: it is asked once one has signed in.
        await page.goto(made.link)
        await page.get_by_role("button", name="Sign in", exact=True).click()
        await page.get_by_label("User name").fill("bob")
        await page.get_by_label("Password").fill(PASSWORD)
        await page.keyboard.press("Enter")
        question = page.get_by_role("dialog", name="Join")
        await expect(question).to_contain_text("alice invites you to #plans.")
        # It is asked until it is answered.
        await page.reload()
        await expect(question).to_contain_text("alice invites you to #plans.")
        await question.get_by_role("button", name="Cancel").click()
        await expect(page.get_by_role("link", name="plans")).to_have_count(0)
        await expect(page).not_to_have_url(re.compile("join"))
        # Signed in.
        await page.goto(made.link)
        await question.get_by_role("button", name="Join").click()
        await expect(page.get_by_role("link", name="plans")).to_be_visible()
        await expect(field(page)).to_be_visible()
        await page.goto(made.link)
        await expect(page.get_by_text("You are in all rooms of this invitation.")).to_be_visible()
        await alice.revoke_invitation(made.invitation.id)
        await page.goto(made.link)
        await expect(page.get_by_text("This invitation has ended")).to_be_visible()
        assert page.faults == []  # type: ignore[attr-defined]


async def test_a_double_tap_joins_once_and_presses_nothing_beneath(browser: Browser, make_server: MakeServer) -> None:
    server = make_server()
    async with await newcomer(server.url, "alice") as alice, await newcomer(server.url, "bob"):
        made = await alice.invite(rooms=[(await alice.create_room("plans", "private")).id])
        page = await sign_in(browser, server, "bob", **PHONE)
        joins: list[str] = []
        page.on("request", lambda request: joins.append(request.url) if request.url.endswith("/join") else None)
        await page.goto(made.link)
        box = await page.get_by_role("dialog").get_by_role("button", name="Join").bounding_box()
        assert box is not None
        at = (box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        for _ in range(2):
            await page.touchscreen.tap(*at)
        await expect(field(page)).to_be_visible()
        await expect(page.get_by_role("dialog")).to_have_count(0)
        # The POST, and not the address of the page.
        assert len([url for url in joins if "/api/" in url]) == 1
        # With a mouse: what is opened by the first click is not closed by the second.
        await page.get_by_role("button", name="Jump to a day").dblclick()
        await expect(page.get_by_role("dialog")).to_be_visible()
        await page.keyboard.press("Escape")
        await expect(page.get_by_role("dialog")).to_have_count(0)
        assert page.faults == []  # type: ignore[attr-defined]


async def test_administrators_see_and_revoke_those_of_everybody(browser: Browser, make_server: MakeServer) -> None:
    server = make_server()
    async with await newcomer(server.url, "alice"), await newcomer(server.url, "bob") as bob:
        made = await bob.invite(uses=3)
        async with Client(server.url) as carol:
            await carol.register("carol", PASSWORD, invitation=made.code)
        page = await sign_in(browser, server, "alice", **PHONE)
        await page.get_by_role("button", name="Hubbub").click()
        await page.get_by_role("menuitem", name="Invite people").click()
        dialog = page.get_by_role("dialog")
        await expect(dialog.get_by_text("None yet.")).to_be_visible()
        await dialog.get_by_role("tab", name="Everybody").click()
        listed = dialog.get_by_role("listitem")
        for text in ("by bob", "1 of 3 came", "carol"):
            await expect(listed).to_contain_text(text)
        # When it ends is seen on a phone, too.
        end = listed.get_by_text("until ")
        await expect(end).to_be_in_viewport()
        assert await end.evaluate("(one) => one.scrollWidth <= one.clientWidth")
        await clean(page, "everybody's invitations")
        await listed.get_by_role("button", name="Revoke").click()
        await page.get_by_role("dialog", name="Revoke").get_by_role("button", name="Revoke").click()
        await expect(listed).to_contain_text("Ended")
        with pytest.raises(NotFound):
            await bob.invitation(made.code)


async def test_the_first_account_asks_for_the_token(browser: Browser, make_server: MakeServer) -> None:
    server = make_server("first_administrator=token")
    page = await watched(await (await browser.new_context()).new_page())
    await page.goto(server.url)
    # Whoever comes first is shown the form, and told where the token is.
    await expect(page.get_by_text("hubbub admin create NAME")).to_be_visible()
    await page.get_by_label("User name").fill("alice")
    await page.get_by_label("Password").fill(PASSWORD)
    await page.get_by_label("Setup token").fill("guessed")
    await page.get_by_role("button", name="Create account").click()
    await expect(page.get_by_role("alert").filter(has_text="This token is wrong")).to_be_visible()
