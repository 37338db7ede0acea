"""The view of mentions, and of reactions to the user's messages, in all rooms: it is live and links to each message."""

from playwright.async_api import expect

from tests.conftest import newcomer
from tests.server import Server
from tests.web.conftest import Enter
from tests.web.talking import create, line, say


async def test_mentions_and_reactions_are_listed_live_and_lead_to_their_place(enter: Enter, server: Server) -> None:
    alice = await enter("alice")
    await create(alice, "kitchen")
    await say(alice, "what is for lunch?")
    bob = await newcomer(server.url, "bob")
    (kitchen,) = await bob.rooms("kitchen")
    await bob.join(kitchen.id)
    await alice.get_by_role("navigation").get_by_role("link", name="Mentions").click()
    await expect(alice.get_by_text("Nobody has mentioned you yet")).to_be_visible()
    listed = alice.get_by_role("list", name="Mentions").get_by_role("article")
    said = await bob.send("soup, @alice", kitchen.id)
    await expect(listed).to_have_count(1)
    await bob.send("in the thread, @alice", kitchen.id, thread=1)
    await expect(listed).to_have_count(2)
    await expect(listed.first).to_contain_text("in the thread")
    # Deleted, it goes.
    await bob.delete(kitchen.id, said.seq)
    await expect(listed).to_have_count(1)
    await alice.get_by_role("tab", name="Reactions").click()
    await expect(alice.get_by_role("heading", name="Reactions", level=1)).to_be_visible()
    await expect(alice.get_by_text("No reactions yet")).to_be_visible()
    await bob.react(kitchen.id, 1, "🍲")
    await expect(alice.get_by_role("main").get_by_role("article")).to_contain_text("what is for lunch?")
    await alice.get_by_role("button", name="Show").click()
    await expect(line(alice, "what is for lunch?").first).to_be_visible()
    await alice.go_back()
    await alice.get_by_role("tab", name="Mentions").click()
    await alice.get_by_role("button", name="Show").click()
    await expect(alice.get_by_role("complementary", name="Thread").get_by_text("in the thread")).to_be_visible()
    await bob.__aexit__()
