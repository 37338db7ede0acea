"""A server below a path of a shared host: `public_url` is the only setting needed."""

import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from playwright.async_api import expect

from hubbub.chat.events import MessageEvent
from tests.conftest import MakeServer, newcomer
from tests.http import HttpClient
from tests.server import Server
from tests.web.conftest import Enter
from tests.web.talking import comes_true, create, say, texts

_CADDY = """
{{
	admin off
	auto_https off
	persist_config off
}}
http://127.0.0.1:{port} {{
	redir {prefix} {prefix}/
	{handle} {prefix}/* {{
		reverse_proxy 127.0.0.1:{server}
	}}
	handle {{
		respond "another application" 418
	}}
}}
"""


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


@pytest.fixture(
    params=[("/team", "handle_path"), ("/chat", "handle_path"), ("/chat", "handle"), ("/a/b", "handle")],
    ids=["cut", "cut, named as a page", "left, named as a page", "left, two deep"],
)
def below(request: pytest.FixtureRequest, make_server: MakeServer, tmp_path: Path) -> Iterator[Server]:
    """A server behind a real proxy that strips the path, or leaves it; `url` is the public address."""
    prefix, handle = request.param
    port = free_port()
    settings = ("rate_limits=off", f"public_url=http://127.0.0.1:{port}{prefix}", "trusted_proxy=127.0.0.1")
    server = make_server(*settings, name="below")
    (tmp_path / "Caddyfile").write_text(_CADDY.format(port=port, prefix=prefix, handle=handle, server=server.port))
    command = [Path(sys.executable).with_name("caddy"), "run", "--config", tmp_path / "Caddyfile"]
    with (tmp_path / "caddy.log").open("w") as log:
        process = subprocess.Popen(command, env={"HOME": str(tmp_path)}, stdout=log, stderr=log)
    while True:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
            break
        except ConnectionRefusedError:
            assert process.poll() is None, (tmp_path / "caddy.log").read_text()
    server.url = f"http://127.0.0.1:{port}{prefix}"
    yield server
    process.terminate()
    process.wait()


async def test_people_talk_below_a_path(below: Server, enter: Enter) -> None:
    asked: list[str] = []
    alice = await enter("alice", at=below)
    alice.context.on("request", lambda request: asked.append(request.url))
    alice.on("websocket", lambda line: asked.append(line.url.replace("ws", "http", 1)))
    await create(alice, "kitchen")
    bob = await newcomer(below.url, "bob")
    (kitchen,) = await bob.rooms("kitchen")
    await bob.join(kitchen.id)
    async with bob.live() as live:
        await live.ready()
        await live.send("tea?", room=kitchen.id)
        await expect(texts(alice)).to_have_text(["tea?"])
        await say(alice, "with milk")
        while not (isinstance(event := await anext(live), MessageEvent) and event.content == "with milk"):
            pass
    # The address of the room is below the path, and works.
    assert alice.url == f"{below.url}/chat/{kitchen.id}"
    await alice.reload()
    await expect(texts(alice)).to_have_text(["tea?", "with milk"])
    # The page opens offline: the service worker is installed, with a scope below the path.
    scope = await alice.evaluate("navigator.serviceWorker.ready.then((found) => found.scope)")
    assert scope == f"{below.url}/"
    await comes_true(alice, "caches.keys().then((names) => names.length === 1)")
    await alice.context.set_offline(True)
    await alice.reload()
    await expect(alice.get_by_text("You are offline.").first).to_be_visible()
    await alice.context.set_offline(False)
    assert len(asked) > 10
    outside = [url for url in asked if url.startswith("http") and not url.startswith(f"{below.url}/")]
    assert outside == [], "nothing is asked of what else is on the host"
    await bob.__aexit__()


async def test_links_that_leave_the_server_lead_below_the_path(below: Server) -> None:
    host = below.url.split("/", 3)
    root = "/".join(host[:3])
    prefix = below.url.removeprefix(root)
    alice = await newcomer(below.url, "alice")
    async with HttpClient(headers={"Authorization": f"Bearer {alice.token}"}) as http:
        made = await http.post(f"{below.url}/api/rooms", json={"name": "kitchen", "kind": "public"})
        assert made.headers["location"] == f"{prefix}/api/rooms/{made.json()['id']}"
        assert (await http.get(root + made.headers["location"])).json()["name"] == "kitchen"
        for page in ("/", "/api/reference", "/api/live-reference"):
            found = await http.get(f"{below.url}{page}", headers={"Accept": "text/html"})
            assert found.status_code == 200
            links = [part.split('"')[0] for part in found.text.replace('src="', 'href="').split('href="')[1:]]
            inside = [link for link in links if link.startswith("/")]
            assert inside
            for link in inside:
                assert link.startswith(f"{prefix}/"), link
                assert (await http.get(root + link.partition("#")[0])).status_code == 200
        direct = await http.get(f"http://127.0.0.1:{below.port}{prefix}", follow_redirects=False)
        assert direct.headers["location"] == f"{prefix}/"
        manifest = (await http.get(f"{below.url}/app/manifest.webmanifest")).json()
        assert httpx.URL(f"{below.url}/app/manifest.webmanifest").join(manifest["start_url"]) == f"{below.url}/"
        assert (await http.get(f"{root}/elsewhere")).status_code == 418
    await alice.__aexit__()
