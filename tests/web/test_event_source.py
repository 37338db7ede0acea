"""The browser's own EventSource on a feed, with the cookie of the page: through a crash of the server."""

from tests.conftest import newcomer
from tests.server import Server
from tests.web.conftest import Enter


async def test_an_event_source_of_the_browser_resumes_through_a_crash(enter: Enter, server: Server) -> None:
    """What any page of ours may use: no library, the cookie signs it in, the browser itself comes back and resumes."""
    page = await enter("alice")
    bob = await newcomer(server.url, "bob")
    room = await bob.create_room("feed")
    await page.evaluate(
        """path => new Promise((resolve, reject) => {
            window.told = [];
            window.source = new EventSource(path);
            window.source.onmessage = event => window.told.push(JSON.parse(event.data).content);
            window.source.onopen = resolve;
        })""",
        f"/room/{room.id}/subscribe",
    )

    async def told(*texts: str) -> None:
        await page.wait_for_function("texts => JSON.stringify(told) === JSON.stringify(texts)", arg=list(texts))

    for texts in (["one"], ["one", "two"]):  # nothing has been told yet when the first crash comes
        server.kill()
        server.start()
        await bob.send(texts[-1], room=room.id)
        await told(*texts)
    await bob.send("three", room=room.id)
    await told("one", "two", "three")
