"""Rooms: private ones, invitations, groups, ranks, renaming, archiving, leaving; muting, hiding, marking as unread."""

from playwright.async_api import expect

from tests.conftest import newcomer
from tests.server import Server
from tests.web.conftest import Enter, another_tab
from tests.web.talking import create, field, join, line, room, say, texts, write_to


async def test_a_private_room_by_invitation(enter: Enter) -> None:
    alice, bob = await enter("alice"), await enter("bob")
    await create(alice, "secret", private=True)
    await say(alice, "before bob")
    await bob.get_by_role("button", name="Browse rooms").first.click()
    await expect(bob.get_by_text("There are no rooms yet")).to_be_visible()
    await bob.keyboard.press("Escape")
    # Its address does not help a user who is not in it.
    await bob.goto(alice.url)
    await expect(bob.get_by_role("heading", name="This room is not here.")).to_be_visible()
    await alice.get_by_role("button", name="Members").click()
    await alice.get_by_role("button", name="Add people").click()
    await alice.get_by_role("dialog").get_by_text("@bob").click()
    await alice.get_by_role("button", name="Add", exact=True).click()
    await room(bob, "secret").click()
    await expect(texts(bob)).to_have_text(["before bob"])
    # Made a moderator, then removed: the room disappears from Bob's page at once.
    rank = alice.get_by_role("combobox", name="Rank of Bob")
    await rank.select_option("moderator")
    await expect(alice.get_by_role("complementary").get_by_text("Moderator").first).to_be_attached()
    await bob.get_by_role("button", name="Members").click()
    await expect(bob.get_by_role("complementary")).to_contain_text("@bob · Moderator")
    await rank.select_option("remove")
    await alice.get_by_role("dialog").get_by_role("button", name="Remove from the room").click()
    await expect(bob.get_by_text("You are no longer in secret.")).to_be_visible()
    await expect(room(bob, "secret")).to_have_count(0)


async def test_looking_into_a_public_room_before_joining(enter: Enter) -> None:
    alice, bob = await enter("alice"), await enter("bob")
    await create(alice, "plaza")
    await say(alice, "open to all")
    await bob.get_by_role("button", name="Browse rooms").first.click()
    await bob.get_by_role("dialog").get_by_role("button", name="plaza 1 member").click()
    await expect(texts(bob)).to_have_text(["open to all"])
    await say(alice, "live for who looks in")
    await expect(texts(bob)).to_have_text(["open to all", "live for who looks in"])
    await bob.get_by_role("button", name="Join this room").click()
    await say(bob, "now I am in")
    await expect(texts(alice)).to_have_text(["open to all", "live for who looks in", "now I am in"])


async def test_groups_and_direct_conversations(enter: Enter, server: Server) -> None:
    alice = await enter("alice")
    clients = [await newcomer(server.url, name) for name in ("bob", "carol")]
    await alice.get_by_role("button", name="New conversation").click()
    for name in ("bob", "carol"):
        await alice.get_by_role("dialog").get_by_text(f"@{name}").click()
    await alice.get_by_role("button", name="Start").click()
    await expect(alice.get_by_role("heading", name="Alice, bob, carol", level=1)).to_be_visible()
    assert [room.joins_as for room in await clients[0].rooms(mine=True)] == ["owner"]
    await write_to(alice, "bob")
    await expect(alice.get_by_role("heading", name="bob", level=1)).to_be_visible()
    await write_to(alice, "bob")
    await expect(alice.get_by_role("navigation").locator("[data-room]")).to_have_count(2)
    for client in clients:
        await client.__aexit__()


async def test_renaming_archiving_and_deleting_a_room(enter: Enter) -> None:
    alice, bob = await enter("alice"), await enter("bob")
    await create(alice, "kitchen")
    await join(bob, "kitchen")
    await alice.get_by_role("button", name="Room details").click()
    await alice.get_by_label("Name", exact=True).fill("cantina")
    await alice.get_by_label("Topic").fill("Mexican nights")
    await alice.get_by_role("button", name="Save").click()
    await expect(bob.get_by_role("heading", name="cantina", level=1)).to_be_visible()
    await expect(bob.get_by_text("Mexican nights")).to_be_visible()
    await alice.get_by_role("button", name="Archive for everybody").click()
    await expect(bob.get_by_text("This room is archived")).to_be_visible()
    await expect(field(bob)).to_have_count(0)
    await alice.get_by_role("button", name="Reopen").click()
    await expect(field(bob)).to_be_visible()
    # A taken name is reported, and no input is lost.
    await create(bob, "garden")
    await alice.get_by_label("Name", exact=True).fill("garden")
    await alice.get_by_role("button", name="Save").click()
    await expect(alice.get_by_role("complementary").get_by_role("alert")).to_contain_text("room of this name")
    await expect(alice.get_by_label("Name", exact=True)).to_have_value("garden")
    await alice.get_by_role("button", name="Delete room").click()
    await alice.get_by_role("dialog").get_by_role("button", name="Delete room").click()
    await expect(room(bob, "cantina")).to_have_count(0)
    await expect(room(alice, "cantina")).to_have_count(0)


async def test_what_is_typed_into_the_details_is_not_lost_to_what_others_do_meanwhile(enter: Enter) -> None:
    alice, bob = await enter("alice"), await enter("bob")
    await create(alice, "kitchen")
    await alice.get_by_role("button", name="Room details").click()
    await alice.get_by_label("Name", exact=True).fill("cantina")
    await join(bob, "kitchen")
    await expect(alice.get_by_text("2 members")).to_be_visible()
    await expect(alice.get_by_label("Name", exact=True)).to_have_value("cantina")
    # Alice edits the name in one tab, and the topic in another.
    tab = await another_tab(alice)
    await tab.get_by_label("Topic").fill("Mexican nights")
    await tab.get_by_role("button", name="Save").click()
    await expect(alice.get_by_label("Topic")).to_have_value("Mexican nights")
    await alice.get_by_role("button", name="Save").click()
    await expect(bob.get_by_role("heading", name="cantina", level=1)).to_be_visible()
    await expect(bob.get_by_text("Mexican nights")).to_be_visible()
    await expect(tab.get_by_label("Name", exact=True)).to_have_value("cantina")
    await expect(alice.get_by_role("button", name="Save")).to_have_count(0)
    # Text that the server normalizes (here the accent as one character) does not count as unsaved.
    await alice.get_by_label("Name", exact=True).fill(" Cafe\u0301 ")
    await alice.get_by_role("button", name="Save").click()
    await expect(alice.get_by_label("Name", exact=True)).to_have_value("Caf\u00e9")
    await expect(alice.get_by_role("button", name="Save")).to_have_count(0)


async def test_leaving_muting_putting_away_and_marking_as_unread(enter: Enter, server: Server) -> None:
    alice = await enter("alice")
    bob = await newcomer(server.url, "bob")
    kitchen = await bob.create_room("kitchen", members=["alice"])
    await room(alice, "kitchen").click()
    await alice.get_by_role("button", name="Room details").click()
    await alice.get_by_role("button", name="Mark as unread").click()
    await expect(room(alice, "kitchen")).to_contain_text("marked as unread")
    # The room stays open, and messages shown there are not marked as read until the user returns to it.
    await expect(alice.get_by_role("heading", name="kitchen", level=1)).to_be_visible()
    await alice.get_by_role("button", name="Close").click()
    await alice.locator("[role=log]").hover()
    await alice.mouse.wheel(0, 100)
    await expect(room(alice, "kitchen")).to_contain_text("marked as unread")
    await alice.goto(server.url)
    await expect(room(alice, "kitchen")).to_contain_text("marked as unread")
    await room(alice, "kitchen").click()
    await expect(room(alice, "kitchen")).not_to_contain_text("marked as unread")
    await alice.get_by_role("button", name="Room details").click()
    await alice.get_by_role("button", name="Mute").click()
    await expect(room(alice, "kitchen").get_by_role("img", name="Muted")).to_be_visible()
    await alice.get_by_role("button", name="Unmute").click()
    await expect(room(alice, "kitchen").get_by_role("img", name="Muted")).to_have_count(0)
    await alice.get_by_role("button", name="Put away").click()
    await expect(room(alice, "kitchen")).to_have_count(0)
    await bob.send("back again", room=kitchen.id)
    await expect(room(alice, "kitchen")).to_contain_text("1 unread message")
    await room(alice, "kitchen").click()
    await alice.get_by_role("button", name="Room details").click()
    await alice.get_by_role("button", name="Leave room").click()
    await alice.get_by_role("dialog").get_by_role("button", name="Leave room").click()
    await expect(room(alice, "kitchen")).to_have_count(0)
    assert [member.user.username for member in await bob.members(kitchen.id)] == ["bob"]
    await bob.__aexit__()


async def test_who_looks_into_a_room_and_joins_it_goes_on_hearing_it(enter: Enter, server: Server) -> None:
    bob = await newcomer(server.url, "bob")
    kitchen = await bob.create_room("kitchen")
    alice = await enter("alice")
    await alice.goto(f"{server.url}/chat/{kitchen.id}")
    await bob.send("while looking in", kitchen.id)
    await expect(line(alice, "while looking in")).to_have_count(1)
    await alice.get_by_role("button", name="Join this room").click()
    await expect(field(alice)).to_be_visible()
    await bob.send("after joining", kitchen.id)
    await expect(line(alice, "after joining")).to_have_count(1)
