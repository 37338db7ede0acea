"""A changed name, avatar or status text is shown everywhere at once without a reload, also after being offline."""

from playwright.async_api import Page, expect

from tests.conftest import newcomer
from tests.plug import Plug
from tests.server import Server
from tests.web.conftest import Enter
from tests.web.talking import create, is_back, is_lost, line, room, say, write_to


async def is_shown_as(page: Page, name: str) -> None:
    """In the list of rooms, in rows, quotes, mentions and among the members."""
    await expect(room(page, name)).to_have_count(1)
    await expect(line(page, "said by bob").first.locator(".head")).to_contain_text(name)
    await expect(line(page, "an answer").locator(".quote")).to_contain_text(name)
    await expect(line(page, "hello").locator(".mention")).to_have_text(f"@{name}")
    await expect(page.get_by_role("complementary", name="Members")).to_contain_text(name)


async def test_what_people_are_called_changes_without_a_reload(enter: Enter, server: Server) -> None:
    plug = await Plug(server.port).put_in()
    alice = await enter("alice", at=plug)
    bob = await newcomer(server.url, "bob")
    await bob.change_profile(display_name="Bob")
    await write_to(alice, "bob")
    await create(alice, "kitchen")
    kitchen = next(found for found in await bob.rooms() if found.name == "kitchen")
    await bob.join(kitchen.id)
    await bob.send("said by bob", room=kitchen.id)
    await expect(line(alice, "said by bob")).to_be_visible()
    await say(alice, "hello @bob")
    await bob.send("an answer", room=kitchen.id, reply_to=1)
    await alice.get_by_role("button", name="Members").click()
    await is_shown_as(alice, "Bob")
    await bob.change_profile(display_name="Robert Paulson", avatar="#3366cc")
    await is_shown_as(alice, "Robert Paulson")
    face = line(alice, "said by bob").first.get_by_role("button", name="Robert Paulson").locator(".avatar")
    await expect(face).to_have_css("background-color", "rgb(51, 102, 204)")
    # Changes while offline are shown after reconnecting.
    await plug.pull()
    await is_lost(alice)
    await bob.change_profile(display_name="Bobby", status_text="Down at the lake")
    await plug.put_in()
    await is_back(alice)
    await is_shown_as(alice, "Bobby")
    await line(alice, "said by bob").first.get_by_role("button", name="Bobby").click()
    dialog = alice.get_by_role("dialog")
    await expect(dialog).to_contain_text("Down at the lake")
    await bob.change_profile(status_text="Back from the lake")
    await expect(dialog).to_contain_text("Back from the lake")
    await bob.__aexit__()
    await plug.pull()
