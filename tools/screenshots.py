"""`make screenshots`: the pictures in docs/pictures, of a real server in a real browser, with a few people in it."""

import asyncio
import shutil
import sys
import tempfile
from contextlib import AsyncExitStack
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from PIL import Image
from playwright.async_api import Browser, Page, async_playwright

from hubbub.client import Client
from tests.conftest import PASSWORD
from tests.server import Server
from tests.web.conftest import FLAGS, PHONE

OUT = Path(__file__).parent.parent / "docs" / "pictures"
DESKTOP = {"viewport": {"width": 1280, "height": 800}}

PEOPLE = [
    ("maya", "Maya Okafor", "#5b3fd6", "Releasing today"),
    ("jonas", "Jonas Lindqvist", "#1f6f8b", None),
    ("priya", "Priya Raman", "#a3315f", "On the train, patchy line"),
    ("tomas", "Tomás Herrera", "#8a4b08", None),
    ("leila", "ليلى حداد", "#2f7a3c", None),
]
RELEASE = [
    ("jonas", "Morning! The release branch is cut. What is left is the upgrade note and one flaky test."),
    ("priya", "I can take the test. Is it the one that waits for the clock?"),
    ("jonas", "That very one 🙈"),
    (
        "priya",
        "Found it. It never waited for the event at all:\n"
        "```python\n"
        "async def test_the_door_opens(server):\n"
        "    door = await server.door()\n"
        "    await door.opened()  # an event, not a sleep\n"
        "    assert door.is_open\n"
        "```",
    ),
    ("tomas", "Beautiful. **Twenty runs, twenty passes** here."),
    ("maya", "@jonas the upgrade note is in #docs, could you read it once more?"),
    ("jonas", "Reading it now. Two small things:\n- say that the old address keeps working\n- link the backup page"),
    ("leila", "صباح الخير! الترجمة العربية جاهزة 🎉"),
    ("maya", "That was quick, thank you! Then we release at three."),
]


async def sign_up(server: Server) -> dict[str, Client]:
    people = {}
    for name, shown, colour, status in PEOPLE:
        client = people[name] = Client(server.url)
        await client.register(name, PASSWORD, shown)
        await client.sign_in(name, PASSWORD, "screenshots")
        await client.change_profile(avatar=colour, status_text=status)
    return people


async def talk(people: dict[str, Client]) -> int:
    maya, jonas = people["maya"], people["jonas"]
    everybody = [name for name, *_ in PEOPLE]
    release = await maya.create_room("release", topic="Version 2.0, out on Thursday", members=everybody)
    for name, topic in (("docs", "What we tell people"), ("kitchen", "Who brings what"), ("random", None)):
        await maya.create_room(name, topic=topic, members=everybody)
    await jonas.create_room("hiring", kind="private", members=["maya", "priya"])
    for who, text in RELEASE:
        await people[who].send(text, room=release.id)
    await jonas.send("It reads well", room=release.id, reply_to=6)
    for name in ("maya", "tomas", "priya"):
        await people[name].react(release.id, 9, "🚀")
    await maya.react(release.id, 4, "👏")
    await jonas.react(release.id, 4, "👏")
    await maya.react(release.id, 8, "❤️")
    return release.id


async def whisper(people: dict[str, Client]) -> None:
    """What is new once Maya has come in."""
    rooms = {room.name: room.id for room in await people["jonas"].rooms(mine=True)}
    await people["jonas"].send("Coffee before the call?", to="maya")
    await people["priya"].send("There in ten minutes", to="maya")
    await people["tomas"].send("Cake from my garden's rhubarb, @maya promised to come", room=rooms["kitchen"])
    await people["jonas"].send("Three good ones this week", room=rooms["hiring"])


async def open_page(browser: Browser, server: Server, **context: object) -> Page:
    page = await (await browser.new_context(locale="en-GB", **context)).new_page()  # type: ignore[arg-type]
    await page.goto(server.url)
    await page.get_by_label("User name").fill("maya")
    await page.get_by_label("Password").fill(PASSWORD)
    await page.get_by_role("button", name="Sign in", exact=True).click()
    await page.get_by_role("navigation").get_by_role("link").first.wait_for()
    return page


async def shot(page: Page, name: str) -> None:
    await page.wait_for_load_state("networkidle")
    await page.screenshot(path=OUT / f"{name}.png")
    # 256 colours are enough for a page, and a third of the bytes.
    with Image.open(OUT / f"{name}.png") as picture:
        small = picture.convert("RGB").quantize(256, dither=Image.Dither.NONE)
    small.save(OUT / f"{name}.png", optimize=True)


async def take(browser: Browser, server: Server, people: dict[str, Client]) -> None:
    room = await talk(people)
    door = await browser.new_page(**DESKTOP)  # type: ignore[arg-type]
    await door.goto(server.url)
    await shot(door, "sign-in")
    for name, scheme in (("room", "light"), ("room-dark", "dark")):
        page = await open_page(browser, server, **DESKTOP, color_scheme=scheme)
        await page.goto(f"{server.url}/chat/{room}")
        await page.get_by_text("we release at three").wait_for()
        await page.get_by_text("test_the_door_opens").scroll_into_view_if_needed()
        if scheme == "light":
            await whisper(people)
        await page.get_by_role("link").filter(has_text="kitchen").get_by_text("mention").wait_for(state="attached")
        await page.get_by_label("Message", exact=True).focus()
        await shot(page, name)
        if scheme == "light":
            await page.keyboard.press("Control+k")
            await page.get_by_role("combobox").fill("re")
            await page.get_by_role("option").first.wait_for()
            await shot(page, "palette")
            await page.keyboard.press("Escape")
            await page.goto(f"{server.url}/chat/{room}?thread=6")
            await page.get_by_text("1 reply").wait_for()
            await shot(page, "thread")
            await page.goto(f"{server.url}/chat/{room}?panel=members")
            await page.get_by_role("complementary").get_by_role("listitem").nth(4).wait_for()
            await shot(page, "members")
    for name, scheme in (("phone", "light"), ("phone-dark", "dark")):
        page = await open_page(browser, server, **PHONE, color_scheme=scheme)
        await shot(page, f"{name}-list")
        await page.goto(f"{server.url}/chat/{room}")
        await page.get_by_text("we release at three").wait_for()
        await shot(page, f"{name}-room")


async def main() -> None:
    OUT.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        server = Server(Path(folder) / "data", "rate_limits=off")
        try:
            people = await sign_up(server)
            async with AsyncExitStack() as lines:
                for name in ("jonas", "priya"):
                    await (await lines.enter_async_context(people[name].live())).ready()
                playwright = await lines.enter_async_context(async_playwright())
                browser = await playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
                await take(browser, server, people)
                await browser.close()
            for client in people.values():
                await client.__aexit__()
        finally:
            server.stop()


asyncio.run(main())
