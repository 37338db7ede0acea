"""An open thread is updated live, wherever the room's history is scrolled to, and after a gap."""

from playwright.async_api import expect

from tests.conftest import newcomer
from tests.plug import Plug
from tests.server import Server
from tests.web.conftest import Enter
from tests.web.talking import lines


async def test_an_open_thread_is_told_live_while_the_room_is_looked_at_elsewhere(enter: Enter, server: Server) -> None:
    plug = await Plug(server.port).put_in()
    try:
        bob = await newcomer(server.url, "bob")
        kitchen = await bob.create_room("kitchen")
        root = await bob.send("the root", kitchen.id)
        first = await bob.send("reply one", kitchen.id, reply_to=root.seq)
        for number in range(230):
            await bob.send(f"later {number}", kitchen.id)
        alice = await enter("alice", plug)
        await alice.goto(f"{plug.url}/chat/{kitchen.id}/{root.seq}")
        await alice.get_by_role("button", name="Join this room").click()
        row = lines(alice).first
        await expect(row).to_contain_text("the root")
        await row.hover()
        await row.get_by_role("button", name="Thread").click()
        thread = alice.get_by_role("complementary")
        await expect(thread.get_by_text("reply one")).to_be_visible()
        # The room's loaded part ends far before its last message: new ones are not in it.
        second = await bob.send("reply two", kitchen.id, reply_to=root.seq)
        await expect(thread.get_by_text("reply two")).to_be_visible()
        await bob.edit(kitchen.id, second.seq, "reply two, edited")
        await expect(thread.get_by_text("reply two, edited")).to_be_visible()
        await bob.react(kitchen.id, second.seq, "👍")
        await expect(thread.get_by_role("button", name="👍")).to_be_visible()
        await bob.delete(kitchen.id, second.seq)
        await expect(thread.get_by_text("reply two, edited")).to_have_count(0)
        # Messages missed while offline.
        await plug.pull()
        await bob.send("reply three", kitchen.id, reply_to=root.seq)
        await bob.edit(kitchen.id, first.seq, "reply one, edited")
        await plug.put_in()
        await expect(thread.get_by_text("reply three")).to_be_visible()
        await expect(thread.get_by_text("reply one, edited")).to_be_visible()
        await expect(thread.get_by_role("article")).to_have_count(4)
        await bob.__aexit__()
    finally:
        await plug.pull()
