"""Another device of somebody who has an account."""

from playwright.async_api import Browser, Page, expect

from tests.conftest import PASSWORD
from tests.server import Server
from tests.web.conftest import watched


async def sign_in(browser: Browser, server: Server, name: str, **context: object) -> Page:
    options = {"locale": "en-GB", **context}
    page = await watched(await (await browser.new_context(**options)).new_page())  # type: ignore[arg-type]
    await page.goto(server.url)
    await page.get_by_label("User name").fill(name)
    await page.get_by_label("Password").fill(PASSWORD)
    await page.get_by_role("button", name="Sign in").click()
    await expect(page.get_by_role("navigation")).to_be_visible()
    return page
