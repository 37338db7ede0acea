"""The load clients, in C: built when they have changed, pinned to a core of their own, their figures read."""

import os
import re
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from server import BUILD, LOAD_CORE, SERVER_CORE, Hubbub

CLIENTS = Path(__file__).parent / "clients"
HELLO = '{"type":"hello"}'
MESSAGE = '{"type":"message","room":1,"content":"' + "x" * 60 + '"}'

Figures = dict[str, float]


def build() -> None:
    BUILD.mkdir(exist_ok=True)
    newest = max(header.stat().st_mtime for header in CLIENTS.glob("*.h"))
    for source in CLIENTS.glob("*.c"):
        target = BUILD / source.stem
        if not target.exists() or target.stat().st_mtime < max(newest, source.stat().st_mtime):
            subprocess.run(["cc", "-O2", "-w", "-o", str(target), str(source)], check=True)


def pinned(program: str, *arguments: object) -> list[str]:
    return ["taskset", "-c", str(LOAD_CORE), str(BUILD / program), *map(str, arguments)]


def load(program: str, *arguments: object, **environment: str) -> Figures:
    """Run a client to its end; the figures it prints last."""
    done = subprocess.run(
        pinned(program, *arguments), env={**os.environ, **environment}, capture_output=True, text=True
    )  # fmt: skip
    if done.returncode != 0:
        raise RuntimeError(f"{program} failed: {done.stdout[-2000:]}{done.stderr[-2000:]}")
    return figures(done.stdout.splitlines()[-1])


def figures(line: str) -> Figures:
    return {name: float(value) for name, value in re.findall(r"(\w+)=(-?[\d.]+|nan)", line)}


def fan_out(port: int, tokens: Path, connections: int, window: int, messages: int, **environment: str) -> Figures:
    """One room of Hubbub's, everybody in it; the first publishes."""
    return load(
        "fanout_client", port, connections, window, messages, 100,
        LG_TOKENS=str(tokens), LG_PRELUDE=HELLO, LG_MSG=MESSAGE, LG_MIN="150", **environment,
    )  # fmt: skip


def hold(server: Hubbub, tokens: Path, connections: int) -> Figures:
    """Connections of one room that do nothing: how fast they came, and what the server's memory was and is."""
    before, used = server.memory, server.cpu
    client, found = opened(server.port, tokens, connections)
    used = server.cpu - used
    time.sleep(5)  # what comes right after the greeting has come
    grown = server.memory - before
    client.kill()
    client.wait()
    return {
        "per_second": found["per_second"],
        "KiB_each": grown / connections / 1024,
        "MiB_before": before / 2**20,
        "MiB_with_them": (before + grown) / 2**20,
        "server_us_each": used / connections * 1e6,
        "client_busy": found["connect_busy"],
    }


def opened(port: int, tokens: Path, connections: int) -> tuple[subprocess.Popen[str], Figures]:
    """Connections of one room, greeted and left standing: the client that holds them, and how fast they came."""
    command = pinned("chat_load", port, tokens, 1, connections, "hold", 0, 12)
    client = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert client.stdout is not None
    return client, figures(client.stdout.readline())


@contextmanager
def beside(program: str | Path, *arguments: object) -> Iterator[int]:
    """Something else under the same load, on the server's core: the port it listens on, which is its first argument."""
    port = free_port()
    what = [str(program)] if isinstance(program, Path) else [sys.executable, str(CLIENTS.parent / program)]
    server = subprocess.Popen(["taskset", "-c", str(SERVER_CORE), *what, str(port), *map(str, arguments)])
    try:
        wait_for(port)
        yield port
    finally:
        server.kill()
        server.wait()


def bare_rest() -> AbstractContextManager[int]:
    """The REST framework with nothing behind it."""
    return beside("bare_rest.py")


@contextmanager
def bare_durable(tokens: Path, members: int) -> Iterator[int]:
    """The least that stores durably and delivers."""
    with (
        tempfile.TemporaryDirectory(dir=BUILD) as folder,
        beside("bare_durable.py", f"{folder}/bare.db", tokens, members) as port,
    ):
        yield port


def bare_limit(*options: str) -> AbstractContextManager[int]:
    """The C loop that makes one send() per receiver and does nothing else."""
    return beside(BUILD / "fanout_limit", *options)


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def wait_for(port: int, seconds: float = 30) -> None:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise RuntimeError(f"nothing listens on port {port}")


def silent(port: int, token: str) -> socket.socket:
    """A client that opens a socket and never reads from it."""
    connection = socket.socket()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    connection.connect(("127.0.0.1", port))
    connection.sendall(
        f"GET /ws HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
        f"Authorization: Bearer {token}\r\n\r\n".encode()
    )
    time.sleep(2)  # it is greeted, and listens
    return connection
