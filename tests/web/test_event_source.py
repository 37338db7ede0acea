"""A browser's EventSource on a feed, with the page's cookie, through a crash of the server."""

import asyncio
import re
from contextlib import suppress
from pathlib import Path

from playwright.async_api import Browser

from tests.conftest import PASSWORD, MakeServer, newcomer
from tests.server import Server
from tests.web.conftest import Enter


async def test_an_event_source_of_the_browser_resumes_through_a_crash(enter: Enter, server: Server) -> None:
    """Without a library: the cookie authenticates it, and the browser reconnects and resumes."""
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

    for texts in (["one"], ["one", "two"]):  # the first crash comes before any event
        server.kill()
        server.start()
        await bob.send(texts[-1], room=room.id)
        await told(*texts)
    await bob.send("three", room=room.id)
    await told("one", "two", "three")


class BadGateway:
    """A proxy that answers 502 while the server is down; `answered` counts these answers."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self.answered = 0
        self.url = ""

    async def __aenter__(self) -> "BadGateway":
        self._listening = await asyncio.start_server(self._pass, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{self._listening.sockets[0].getsockname()[1]}"
        return self

    async def __aexit__(self, *_: object) -> None:
        self._listening.close()

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            there, back = await asyncio.open_connection("127.0.0.1", self._server.port)
        except OSError:
            with suppress(OSError, asyncio.IncompleteReadError):
                head = await reader.readuntil(b"\r\n\r\n")
                self.answered += b"/subscribe" in head
                writer.write(b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
                await writer.drain()
            writer.close()
            return

        async def carry(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
            with suppress(OSError):
                while data := await source.read(65536):
                    target.write(data)
                    await target.drain()
            target.close()

        await asyncio.gather(carry(reader, back), carry(there, writer))


async def test_the_documented_lines_come_back_after_an_answer_of_a_proxy(
    browser: Browser, make_server: MakeServer
) -> None:
    """A 502 ends an EventSource for good (WHATWG HTML, section 9.2). The code in docs/interfaces/rooms.md retries."""
    document = (Path(__file__).parents[2] / "docs" / "interfaces" / "rooms.md").read_text()
    (lines,) = re.findall(r"^```js\n(.*?)^```$", document, re.MULTILINE | re.DOTALL)
    server = make_server("rate_limits=off")
    bob = await newcomer(server.url, "bob")
    room = await bob.create_room("feed")
    async with BadGateway(server) as proxy:
        page = await (await browser.new_context()).new_page()
        await page.goto(f"{proxy.url}/api/openapi.json")  # of the same origin, and without requests of its own
        signed_in = await page.evaluate(
            """body => fetch("/api/login", {method: "POST", headers: {"Content-Type": "application/json"},
                body: JSON.stringify(body)}).then(answer => answer.status)""",
            {"username": "bob", "password": PASSWORD, "cookie": True},
        )
        assert signed_in == 200
        first = await bob.send("zero", room=room.id)
        await page.evaluate(
            f"() => {{ {lines}; window.told = []; follow('/room/{room.id}/subscribe', "
            f"message => told.push(message.content), 'room-{room.id}-{first.version}'); }}"
        )

        async def told(*texts: str) -> None:
            await page.wait_for_function("texts => JSON.stringify(told) === JSON.stringify(texts)", arg=list(texts))

        texts = ["one"]
        await bob.send(texts[0], room=room.id)
        await told(*texts)
        for text in ("two", "three"):
            before = proxy.answered
            server.kill()
            while proxy.answered == before:
                await asyncio.sleep(0.05)
            server.start()
            await bob.send(text, room=room.id)
            texts.append(text)
            await told(*texts)
        await page.close()
    await bob.__aexit__()
