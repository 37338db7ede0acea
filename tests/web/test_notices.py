"""Notices are shown in the history; users who are added or removed are informed."""

import re

from playwright.async_api import Locator, Page, expect

from tests.conftest import newcomer, user_id
from tests.server import Server
from tests.web.conftest import Enter
from tests.web.talking import create, field, line, lines, room, say, texts


def notices(page: Page) -> Locator:
    """Their texts, without the time."""
    return page.get_by_role("log").locator("[data-notice] p > span, .notice button > span")


async def history(page: Page) -> list[str]:
    """The whole text of the history, from top to bottom."""
    found: list[str] = await page.get_by_role("log").locator(".text, [data-notice] p > span").all_inner_texts()
    return found


async def test_comings_goings_and_changes_stand_where_they_happened(enter: Enter, server: Server) -> None:
    alice = await enter("alice")
    bob = await newcomer(server.url, "bob")
    await bob.change_profile(display_name="Bob")
    await create(alice, "kitchen")
    await expect(notices(alice)).to_have_text(["Alice made this room"])
    await bob.join(1)
    await expect(notices(alice)).to_have_count(2)
    await say(alice, "welcome")
    await expect(texts(alice)).to_have_count(1)
    await bob.remove_member(1, user_id(bob))
    await expect(notices(alice)).to_have_count(3)
    await say(alice, "pity")
    await expect(texts(alice)).to_have_count(2)
    await alice.get_by_role("button", name="Room details").click()
    await alice.get_by_label("Name", exact=True).fill("cantina")
    await alice.get_by_label("Topic").fill("Mexican nights")
    await alice.get_by_role("button", name="Save").click()
    expected = [
        "Alice made this room",
        "Bob joined",
        "welcome",
        "Bob left",
        "pity",
        "Alice renamed the room from “kitchen” to “cantina”",
        "Alice set the topic: Mexican nights",
    ]
    await expect(notices(alice)).to_have_count(5)
    assert await history(alice) == expected
    # A message after a notice shows its sender again.
    await expect(line(alice, "pity").locator(".head")).to_contain_text("Alice")
    for _ in range(2):
        await alice.reload()
        await expect(notices(alice)).to_have_count(5)
        assert await history(alice) == expected
    # Notices are no messages: never unread, and skipped by message navigation.
    assert await lines(alice).count() == 2
    await expect(room(alice, "cantina")).not_to_contain_text("unread")
    # With the present names of users, in the user's language.
    await bob.join(1)
    await expect(notices(alice)).to_have_count(6)
    await bob.change_profile(display_name="Robert")
    await expect(notices(alice).nth(1)).to_have_text("Robert joined")
    await alice.get_by_role("button", name="profile and settings").click()
    await alice.get_by_label("Language").select_option("de")
    await expect(notices(alice).nth(1)).to_have_text("Robert ist beigetreten")
    await bob.__aexit__()


async def test_many_in_a_row_are_one_line_that_opens(enter: Enter, server: Server) -> None:
    alice = await enter("alice")
    await create(alice, "kitchen")
    await say(alice, "come in, all of you")
    clients = [await newcomer(server.url, name) for name in ("bob", "carol", "dave", "erin", "frank")]
    for client in clients[:3]:
        await client.join(1)
    await expect(notices(alice)).to_have_text(["Alice made this room", "bob joined", "carol joined", "dave joined"])
    for client in clients[3:]:
        await client.join(1)
    together = alice.get_by_role("log").get_by_role("button", name="joined")
    await expect(together.locator("> span")).to_have_text("bob, carol, and 3 others joined")
    await expect(together).to_have_attribute("aria-expanded", "false")
    await expect(notices(alice)).to_have_count(2)
    await together.click()
    await expect(alice.get_by_text("frank joined")).to_be_visible()
    await expect(notices(alice)).to_have_count(7)
    # The group stays open while more notices are added.
    await clients[0].remove_member(1, user_id(clients[0]))
    await expect(together.locator("> span")).to_have_text(re.compile("3 others joined · bob left"))
    await expect(alice.get_by_text("bob left", exact=True)).to_be_visible()
    for client in clients:
        await client.__aexit__()


async def test_who_is_added_is_told_and_finds_it_marked(enter: Enter, server: Server) -> None:
    bob = await enter("bob")
    await create(bob, "own")
    alice = await newcomer(server.url, "alice")
    await alice.change_profile(display_name="Alice")
    garden = await alice.create_room("garden", members=["bob"])
    toast = bob.get_by_role("status").filter(has_text="added you")
    await expect(toast).to_contain_text("Alice added you to garden.")
    await expect(room(bob, "garden")).to_contain_text("New")
    await expect(room(bob, "own")).not_to_contain_text("New")
    # It is marked until the room is read, also after a reload; then nowhere.
    await bob.reload()
    await expect(room(bob, "garden")).to_contain_text("New")
    await alice.create_room("secret", "private", members=["bob"])
    await expect(toast).to_contain_text("Alice added you to secret.")
    await toast.get_by_role("button", name="Open").click()
    await expect(bob.get_by_role("heading", name="secret", level=1)).to_be_visible()
    await expect(room(bob, "secret")).not_to_contain_text("New")
    await room(bob, "garden").click()
    await expect(field(bob)).to_be_visible()
    await expect(room(bob, "garden")).not_to_contain_text("New")
    await bob.reload()
    await expect(room(bob, "garden")).to_be_visible()
    await expect(room(bob, "garden")).not_to_contain_text("New")
    # A removal is shown on every page. One's own actions are not.
    await room(bob, "own").click()
    (person,) = [one for one in await alice.members(garden.id) if one.user.username == "bob"]
    await alice.remove_member(garden.id, person.user.id)
    await expect(bob.get_by_role("status").filter(has_text="You are no longer in garden.")).to_be_visible()
    await expect(room(bob, "garden")).to_have_count(0)
    await room(bob, "secret").click()
    await bob.get_by_role("button", name="Room details").click()
    await bob.get_by_role("button", name="Leave").click()
    await bob.get_by_role("dialog").get_by_role("button", name="Leave").click()
    await expect(room(bob, "secret")).to_have_count(0)
    await expect(bob.get_by_role("status").filter(has_text="no longer in secret")).to_have_count(0)
    await alice.__aexit__()
