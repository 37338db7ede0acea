"""A hanging connection is given up, as a proxy that drops data causes no error."""

from playwright.async_api import expect

from tests.plug import HangingPlug
from tests.server import Server
from tests.web.conftest import Enter
from tests.web.talking import banner, create, pending, say, texts


async def test_a_handshake_that_is_swallowed_is_given_up(enter: Enter, server: Server) -> None:
    plug = await HangingPlug(server.port, handshakes=1).put_in()
    bob = await enter("bob", at=plug)
    # Shown while it lasts, and hidden afterwards.
    await expect(banner(bob)).to_be_visible()
    await create(bob, "diary")
    await say(bob, "got through")
    await expect(texts(bob)).to_have_text(["got through"])
    await expect(pending(bob)).to_have_count(0)
    await expect(banner(bob)).to_have_count(0)
    assert plug.hung == 1
    await plug.pull()


async def test_a_connection_that_is_never_greeted_is_given_up(enter: Enter, server: Server) -> None:
    plug = await HangingPlug(server.port, greetings=2).put_in()
    bob = await enter("bob", at=plug)
    await create(bob, "diary")
    await say(bob, "got through")
    await expect(texts(bob)).to_have_text(["got through"])
    await expect(pending(bob)).to_have_count(0)
    assert plug.hung == 2
    await plug.pull()


async def test_a_connection_that_has_become_silent_is_given_up(enter: Enter, server: Server) -> None:
    plug = await HangingPlug(server.port).put_in()
    bob = await enter("bob", at=plug)
    await create(bob, "diary")
    await say(bob, "before")
    await expect(texts(bob)).to_have_text(["before"])
    plug.hang()
    await say(bob, "into the void")
    await expect(pending(bob)).to_have_count(1)
    await expect(texts(bob)).to_have_text(["before", "into the void"])
    await expect(pending(bob)).to_have_count(0)
    await plug.pull()


async def test_a_handshake_begun_on_another_network_is_begun_anew(enter: Enter, server: Server) -> None:
    plug = await HangingPlug(server.port).put_in()
    bob = await enter("bob", at=plug)
    await create(bob, "diary")
    await plug.pull()
    await expect(banner(bob)).to_be_visible()
    await bob.clock.install()
    plug.handshakes = 1
    await plug.put_in()
    await plug.has_hung.wait()
    # From now on no timer fires in this page: only the browser's `online` event helps.
    await bob.clock.pause_at(await bob.evaluate("Date.now() + 1"))
    await bob.evaluate("dispatchEvent(new Event('online'))")
    await expect(banner(bob)).to_have_count(0)
    await bob.clock.resume()
    await plug.pull()
