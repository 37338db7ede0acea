"""The plugin in a real server, used as people use it."""

import asyncio
import os
import re
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest

from hubbub.client import Client
from hubbub.errors import InvalidInput


@pytest.fixture
def server(tmp_path: Path) -> Iterator[str]:
    """`hubbub serve` on a free port, with the plugin as it is installed; its address."""
    settings = {"HUBBUB_PLUGIN_EXAMPLE_WORDS": "heck, darn", "HUBBUB_RATE_LIMITS": "off"}
    process = subprocess.Popen(
        [sys.executable, "-m", "hubbub", "serve", "--port", "0"],
        stdout=subprocess.PIPE, text=True, cwd=tmp_path, env={**os.environ, **settings},
    )  # fmt: skip
    assert process.stdout is not None
    with process.stdout:
        found = re.search(r"http://\S+", process.stdout.readline())
        assert found is not None, "the server did not start: see above"
        yield found[0]
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0


@pytest.fixture
async def alice(server: str) -> AsyncIterator[Client]:
    async with Client(server) as client:
        await client.register("alice", "correct horse")
        await client.sign_in("alice", "correct horse")
        yield client


async def test_a_word_is_refused(alice: Client) -> None:
    room = (await alice.create_room("kitchen")).id
    with pytest.raises(InvalidInput, match="not a word for this server") as refused:
        await alice.send("What the HECK?", room=room)
    assert refused.value.errors[0].params == {"plugin": "example", "reason": "bad_word"}
    message = await alice.send("What the check?", room=room)
    with pytest.raises(InvalidInput):
        await alice.edit(room, message.seq, "Darn.")


async def test_dice(alice: Client) -> None:
    room = (await alice.create_room("kitchen")).id
    rolled = await alice.command("/roll 3d6", room=room)
    assert (rolled.kind, rolled.extra["sides"], len(rolled.extra["dice"])) == ("example.roll", 6, 3)
    assert all(1 <= die <= 6 for die in rolled.extra["dice"])
    assert rolled.content.endswith(f"= {sum(rolled.extra['dice'])}")
    for wrong in ("/roll many", "/roll 21d6", "/roll 0d6"):
        with pytest.raises(InvalidInput):
            await alice.command(wrong, room=room)
    with pytest.raises(InvalidInput):  # nobody says what they have rolled
        await alice.send("six!", room=room, kind="example.roll", extra={"sides": 6, "dice": [6]})


async def test_words_are_counted(alice: Client, server: str) -> None:
    room = (await alice.create_room("kitchen")).id
    for text in ("tea please", "more tea"):
        await alice.send(text, room=room)
    headers = {"Authorization": f"Bearer {alice.token}"}
    async with asyncio.timeout(60), httpx.AsyncClient(base_url=server, headers=headers, timeout=60) as http:
        while (await http.get("/api/plugins/example/words")).json()[:1] != [{"word": "tea", "times": 2}]:
            await asyncio.sleep(0.1)


async def test_the_module_of_the_web_client_is_served(alice: Client, server: str) -> None:
    async with httpx.AsyncClient(base_url=server, headers={"Authorization": f"Bearer {alice.token}"}) as http:
        (plugin,) = (await http.get("/api/plugins")).json()["plugins"]
        assert plugin == {"name": "example", "modules": ["/plugins/example/dice.js"]}
        module = await http.get(plugin["modules"][0])
    assert module.headers["content-type"].startswith("text/javascript")
    assert "example.roll" in module.text
