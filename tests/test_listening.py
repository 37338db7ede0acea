"""The addresses a server listens on: one or several, IPv4 and IPv6 at once, a Unix socket."""

import asyncio
import json
import signal
import subprocess
from pathlib import Path

import httpx
import pytest

from tests.command import run_hubbub
from tests.conftest import MakeServer, newcomer
from tests.http import PATIENCE, HttpClient
from tests.server import HUBBUB, Server


async def address_of(server: Server, path: str) -> str:
    """The client address of the request for this path, from the server's log."""
    while True:
        found = [json.loads(line) for line in server.log.splitlines() if line.startswith("{") and line.endswith("}")]
        for line in found:
            if line["event"] == "request" and line["path"] == path:
                return str(line["address"])
        await asyncio.sleep(0.02)


@pytest.mark.parametrize("host", ["::", "127.0.0.1,::1"])
async def test_both_kinds_of_addresses(make_server: MakeServer, host: str) -> None:
    server = make_server(f"host={host}")
    for name, seen in (("127.0.0.1", "127.0.0.1"), ("[::1]", "::1")):
        async with HttpClient(base_url=f"http://{name}:{server.port}") as http:
            assert (await http.get(f"/api/users/{seen}")).status_code in (400, 401)
        assert await address_of(server, f"/api/users/{seen}") == seen, "one and the same, whichever socket it comes to"


async def test_a_proxy_is_believed_that_comes_to_a_socket_for_both(make_server: MakeServer) -> None:
    server = make_server("host=::", "trusted_proxy=127.0.0.1")
    async with HttpClient(base_url=f"http://127.0.0.1:{server.port}") as http:
        await http.get("/api/users", headers={"X-Forwarded-For": "192.0.2.7"})
    assert await address_of(server, "/api/users") == "192.0.2.7"


async def test_a_unix_socket(make_server: MakeServer, tmp_path: Path) -> None:
    path = tmp_path / "hubbub.sock"
    server = make_server(f"host=127.0.0.1,unix:{path}", "trusted_proxy=unix", "first_administrator=anybody")
    through = httpx.AsyncHTTPTransport(uds=str(path))
    async with HttpClient(transport=through, base_url="http://localhost") as http:
        assert (await http.get("/healthz")).json() == {"status": "ok"}
        await http.get("/api/users", headers={"X-Forwarded-For": "192.0.2.7"})
        assert await address_of(server, "/api/users") == "192.0.2.7"
        await http.get("/api/rooms")
        assert await address_of(server, "/api/rooms") == "unix"
    alice = await newcomer(server.url, "alice")
    from websockets.asyncio.client import unix_connect

    async with unix_connect(str(path), "ws://localhost/ws", subprotocols=["hubbub.v1"]) as socket:
        await socket.send('{"type": "hello", "token": "' + str(alice.token) + '"}')
        assert '"connect"' in str(await socket.recv())
    taken = run_hubbub("serve", "--data", str(tmp_path / "other"), "--host", f"unix:{path}")
    assert (taken.returncode, "Cannot listen" in taken.stderr) == (2, True)
    # A killed server leaves its socket, which the next one replaces.
    server.kill()
    assert path.exists()
    server.start()
    async with HttpClient(transport=httpx.AsyncHTTPTransport(uds=str(path)), base_url="http://localhost") as http:
        assert (await http.get("/healthz")).status_code == 200
    await alice.__aexit__()


def test_a_unix_socket_alone(tmp_path: Path) -> None:
    command = [HUBBUB, "serve", "--data", f"{tmp_path}/data", "--host", f"unix:{tmp_path}/s"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline().strip() == f"Hubbub is listening on unix:{tmp_path}/s"
        with httpx.Client(timeout=PATIENCE, transport=httpx.HTTPTransport(uds=f"{tmp_path}/s")) as http:
            assert http.get("http://any.name/healthz").status_code == 200
        process.send_signal(signal.SIGTERM)
        assert process.wait() == 0


def test_a_file_is_not_taken_for_a_socket(tmp_path: Path) -> None:
    (tmp_path / "precious").write_text("kept")
    done = run_hubbub("serve", "--data", f"{tmp_path}/data", "--host", f"unix:{tmp_path}/precious")
    assert (done.returncode, len(done.stderr.strip().splitlines())) == (2, 1)
    assert (tmp_path / "precious").read_text() == "kept"
