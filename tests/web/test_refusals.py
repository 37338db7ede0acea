"""Errors are shown in the user's language, all at once and at their field, with the rule before the mistake."""

import json
import re
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, expect

from hubbub.error_reasons import FIELD_CODES, REASONS
from hubbub.problem_details import KINDS
from tests.conftest import PASSWORD, MakeServer, newcomer
from tests.http import HttpClient
from tests.server import Server
from tests.web.conftest import Enter, watched
from tests.web.talking import create

WORDS = Path(__file__).parents[2] / "web" / "src" / "i18n"


@pytest.mark.parametrize("language", ["en", "de"])
def test_there_is_a_sentence_for_all_that_can_be_refused(language: str) -> None:
    sentences = json.loads((WORDS / f"errors.{language}.json").read_text())
    stems = {re.sub(r"_(one|other)$", "", key) for key in sentences}
    # Errors that only developers meet are shown in the server's words.
    never_met = {"method_not_allowed", "upgrade_required"}
    assert {f"code.{code}" for code in KINDS if code not in never_met} <= stems
    assert {f"reason.{reason}" for reason in REASONS} <= stems
    assert {f"field.{code}" for code in FIELD_CODES} <= stems


def test_the_protocol_tells_every_reason_and_code_of_a_field() -> None:
    protocol = (WORDS.parents[2] / "docs" / "protocol.md").read_text("utf-8")
    assert [name for name in (*REASONS, *FIELD_CODES) if f"| `{name}` |" not in protocol] == []


async def visit(browser: Browser, server: Server, locale: str) -> Page:
    page = await watched(await (await browser.new_context(locale=locale)).new_page())
    await page.goto(server.url)
    return page


async def test_signing_up_in_german(browser: Browser, server: Server) -> None:
    await newcomer(server.url, "frieda")
    page = await visit(browser, server, "de-DE")
    await page.get_by_role("button", name="Konto anlegen").click()
    name, password = page.get_by_label("Benutzername"), page.get_by_label("Passwort")
    # The rules are shown before anything is wrong.
    await expect(name).to_have_accessible_description(re.compile("höchstens 20 Zeichen"))
    await expect(password).to_have_accessible_description(re.compile("Mindestens 8 Zeichen"))
    await name.fill("frie da")
    await page.get_by_label("Anzeigename").fill("\u202eFrieda")
    await password.fill("kurz")
    await page.get_by_role("button", name="Konto anlegen").click()
    # All errors at once, each at its field.
    await expect(name).to_have_accessible_description(re.compile("Nur|nur Buchstaben"))
    await expect(page.get_by_label("Anzeigename")).to_have_accessible_description(re.compile("nicht erlaubt: U"))
    await expect(page.get_by_text("Mindestens 8 Zeichen.")).to_have_count(2)
    for wrong in (name, password):
        await expect(wrong).to_have_attribute("aria-invalid", "true")
    await name.fill("Frieda")
    await page.get_by_label("Anzeigename").fill("")
    await password.fill(PASSWORD)
    await page.get_by_role("button", name="Konto anlegen").click()
    await expect(name).to_have_accessible_description(re.compile("Dieser Name ist vergeben."))
    await name.fill("otto")
    await page.get_by_role("button", name="Konto anlegen").click()
    await expect(page.get_by_role("navigation")).to_be_visible()


async def test_signing_in_in_german(browser: Browser, server: Server) -> None:
    await newcomer(server.url, "frieda")
    page = await visit(browser, server, "de-DE")
    await page.get_by_label("Benutzername").fill("frieda")
    await page.get_by_label("Passwort").fill("not the one")
    await page.get_by_role("button", name="Anmelden").click()
    await expect(page.get_by_text("Der Benutzername oder das Passwort ist falsch.")).to_be_visible()


async def test_rooms_settings_and_messages_in_german(enter: Enter, server: Server) -> None:
    frieda = await enter("frieda")
    await create(frieda, "kitchen")
    await frieda.evaluate("localStorage.setItem('hubbub.language', 'de')")
    await frieda.reload()
    await frieda.get_by_role("button", name="Neuer Raum").first.click()
    dialog = frieda.get_by_role("dialog")
    await dialog.get_by_label("Name", exact=True).fill("Kitchen")
    await dialog.get_by_role("button", name="Raum anlegen").click()
    await expect(dialog.get_by_label("Name", exact=True)).to_have_accessible_description(
        re.compile("Ein öffentlicher Raum heißt schon so")
    )
    await frieda.keyboard.press("Escape")
    await frieda.get_by_role("button", name=re.compile("Profil und Einstellungen")).first.click()
    await dialog.get_by_label("Anzeigename").fill("\u202eFrieda")
    await dialog.get_by_role("button", name="Speichern").click()
    await expect(dialog.get_by_label("Anzeigename")).to_have_accessible_description(re.compile("U\\+202E"))
    await dialog.get_by_text("Passwort", exact=True).click()
    await dialog.get_by_label("Bisheriges Passwort").fill("not the one")
    await dialog.get_by_label("Neues Passwort").fill("another good one")
    await dialog.get_by_role("button", name="Passwort ändern").click()
    await expect(dialog.get_by_label("Bisheriges Passwort")).to_have_accessible_description("Das Passwort ist falsch.")


@pytest.mark.parametrize("what", ["closed", "open"])
async def test_who_may_come_in_is_said(browser: Browser, make_server: MakeServer, what: str) -> None:
    server = make_server("rate_limits=off", f"registration={what}")
    page = await visit(browser, server, "en-GB")
    await expect(page.get_by_text("Nobody is here yet.")).to_be_visible()
    await newcomer(server.url, "first")
    await page.reload()
    if what == "closed":
        await expect(page.get_by_text("takes no new accounts")).to_be_visible()
        await expect(page.get_by_role("button", name="Create an account")).to_have_count(0)
    else:
        await expect(page.get_by_role("button", name="Create an account")).to_be_visible()


async def test_a_session_of_another_page_is_known(browser: Browser, server: Server) -> None:
    """As after single sign-on: there is a cookie, and nothing in the page's own storage."""
    await newcomer(server.url, "alice")
    context = await browser.new_context()
    answer = await context.request.post(
        f"{server.url}/api/login", data={"username": "alice", "password": PASSWORD, "cookie": True}
    )
    assert answer.ok
    page = await watched(await context.new_page())
    # The last thing that the page asks for by itself.
    async with page.expect_response(lambda response: response.url.endswith("/api/plugins")):
        await page.goto(server.url)
    await expect(page.get_by_role("navigation")).to_be_visible()
    # An ended session is no error: the form is shown, and the console is empty.
    await page.evaluate("localStorage.clear()")
    await page.goto("about:blank")  # or the page, which is signed in, asks for something without its cookie
    await context.clear_cookies()
    refused: list[str] = []
    page.on("response", lambda response: refused.append(response.url) if response.status >= 400 else None)
    await page.goto(server.url)
    await expect(page.get_by_label("User name")).to_be_visible()
    assert refused == []


async def test_who_one_is_over_rest(server: Server, people) -> None:
    (alice,) = await people(1)
    async with HttpClient(base_url=server.url) as nobody:
        told = (await nobody.get("/api/session")).raise_for_status().json()
        assert told["user"] is None
        assert (told["registration"], told["password_min"], told["username_length"]) == ("open", 8, 20)
        for token in ("nonsense", alice.token[:-2]):
            headers = {"Authorization": f"Bearer {token}"}
            assert (await nobody.get("/api/session", headers=headers)).json()["user"] is None
        mine = {"Authorization": f"Bearer {alice.token}"}
        assert (await nobody.get("/api/session", headers=mine)).json()["user"]["id"] == alice.user.id
