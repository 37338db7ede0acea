"""`make bench-peers`: other servers under the same load, on the same machine, in the same run as Hubbub.

None of them but Hubbub signs anybody in, and none but the two XMPP servers and Hubbub stores anything. What cannot be
installed here is said, and left out.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).parent))
from load import BUILD, Figures, bare_limit, build, fan_out, figures, free_port, hold, load, pinned, wait_for
from run import RESULTS, machine
from server import SERVER_CORE, resident, serving

HERE = Path(__file__).parent / "peers"
ROOT = HERE.parent.parent
VENV = BUILD / "peers"
NODE = str(ROOT / "tools" / "node.sh")
SOCKET_IO = {"LG_PRELUDE": "40", "LG_MSG": '42["m","' + "x" * 180 + '"]', "LG_MIN": "150"}
SIZES = ((1_000, 4, 200), (10_000, 1, 30))
"""Connections, messages in flight, messages."""


class Peer(NamedTuple):
    """`largest`: more connections than this it was not given; `docs/performance.md` says why."""

    name: str
    note: str
    start: Callable[[int, Path], list[str]]
    environment: dict[str, str] = {}
    path: str = "/ws"
    xmpp: bool = False
    largest: int = 10_000


def python(script: str) -> Callable[[int, Path], list[str]]:
    return lambda port, folder: [str(VENV / "bin" / "python"), str(HERE / script), str(port)]


def node(script: str) -> Callable[[int, Path], list[str]]:
    return lambda port, folder: [NODE, "node", str(HERE / script), str(port)]


def prosody(port: int, folder: Path) -> list[str]:
    return ["prosody", "--config", str(filled("prosody.cfg.lua", port, folder)), "-F"]


def ejabberd(port: int, folder: Path) -> list[str]:
    config = filled("ejabberd.yml", port, folder)
    code = (
        f'application:set_env(mnesia, dir, "{folder}/db"), application:load(ejabberd), '
        f'application:set_env(ejabberd, config, "{config}"), {{ok, _}} = application:ensure_all_started(ejabberd).'
    )
    paths = [part for place in sorted(Path("/usr/lib").glob("*/*/ebin")) for part in ("-pa", str(place))]
    return ["erl", "-noinput", "+P", "1000000", *paths, "-sname", f"bench{port}", "-eval", code]


def filled(template: str, port: int, folder: Path) -> Path:
    text = (HERE / template).read_text().replace("@PORT@", str(port)).replace("@FOLDER@", str(folder))
    (folder / template).write_text(text)
    return folder / template


NOTHING = "accounts: none; stored: nothing"
ARCHIVE = "accounts: anonymous; stored: the room's archive, in the background; XMPP over TCP"
PEERS = [
    Peer("`ws` on Node", NOTHING, node("ws.js")),
    Peer("Socket.IO on Node", NOTHING, node("socketio.js"), SOCKET_IO, "/socket.io/?EIO=4&transport=websocket"),
    Peer("FastAPI (Starlette) on uvicorn", NOTHING, python("starlette_app.py")),
    Peer(
        "python-socketio on uvicorn", NOTHING, python("socketio_app.py"), SOCKET_IO,
        "/socket.io/?EIO=4&transport=websocket",
    ),
    Peer("Django Channels on uvicorn, in-memory layer", NOTHING, python("channels_app.py"), largest=1_000),
    Peer("ejabberd, one room with archive", ARCHIVE, ejabberd, xmpp=True, largest=1_000),
    Peer("Prosody, one room with archive", ARCHIVE, prosody, xmpp=True, largest=1_000),
]  # fmt: skip


def install() -> list[str]:
    """Fetch what the peers need; what could not be had."""
    missing = []
    steps = {
        "the Node servers": [[NODE, "npm", "--silent", "--prefix", str(HERE), "ci", "--no-audit", "--no-fund"]],
        "the Python servers": [
            [sys.executable, "-m", "venv", str(VENV)],
            [str(VENV / "bin" / "pip"), "install", "--quiet", "--require-hashes", "-r", str(HERE / "requirements.txt")],
        ],
    }
    for what, commands in steps.items():
        for command in commands:
            if subprocess.run(command).returncode != 0:
                missing.append(what)
                break
    for package in ("ejabberd", "prosody"):
        if shutil.which(package if package == "prosody" else "ejabberdctl") is None:
            command = ["apt-get", "install", "--yes", "--no-install-recommends", package]
            if os.getuid() != 0 or subprocess.run(command, stdout=subprocess.DEVNULL).returncode != 0:
                missing.append(package)
    return missing


@contextmanager
def running(peer: Peer) -> Iterator[tuple[int, int]]:
    """The port and the process of a peer, pinned to the core that Hubbub is pinned to."""
    with tempfile.TemporaryDirectory() as folder:
        port = free_port()
        command = ["taskset", "-c", str(SERVER_CORE), *peer.start(port, Path(folder))]
        process = subprocess.Popen(command, cwd=folder, env={**os.environ, "HOME": folder}, stdout=subprocess.DEVNULL)
        try:
            wait_for(port, 60)
            time.sleep(2)
            yield port, process.pid
        finally:
            process.kill()
            process.wait()


def measure(peer: Peer) -> Figures:
    found: Figures = {}
    for connections, window, messages in SIZES:
        if connections > peer.largest:
            continue
        with running(peer) as (port, process):
            if peer.xmpp:
                one = load("muc_load", port, connections, window, messages, 100)
            else:
                one = load("fanout_client", port, connections, window, messages, 200, peer.path, **peer.environment)
        found[f"fan_out_{connections}"] = one["deliveries_per_second"]
    with running(peer) as (port, process):
        before = resident(process)
        if peer.xmpp:
            command = pinned("muc_load", port, peer.largest, 1, 1, 1, 8)
        else:
            command = pinned("fanout_client", port, peer.largest, 1, 1, 1, peer.path)
        began = time.monotonic()
        client = subprocess.Popen(
            command, env={**os.environ, **peer.environment, "LG_IDLE": "8"},
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        )  # fmt: skip
        assert client.stdout is not None
        line = client.stdout.readline()
        took = figures(line).get("greeted_s", time.monotonic() - began)
        time.sleep(5)
        found["connections"] = peer.largest
        found["KiB_each"] = (resident(process) - before) / peer.largest / 1024
        if not peer.xmpp:  # whose client comes in one after another, everybody being told of each
            found["connected_per_second"] = peer.largest / took
        client.wait()
    return found


def ours() -> Figures:
    found: Figures = {}
    for connections, window, messages in SIZES:
        with serving(1, connections) as (server, tokens, _):
            found[f"fan_out_{connections}"] = fan_out(server.port, tokens, connections, window, messages)[
                "deliveries_per_second"
            ]
    with serving(1, 10_000) as (server, tokens, _):
        held = hold(server, tokens, 10_000)
    found |= {"connections": 10_000, "KiB_each": held["KiB_each"], "connected_per_second": held["per_second"]}
    return found


def limit() -> Figures:
    found: Figures = {}
    for connections, window, messages in SIZES:
        with bare_limit() as port:
            one = load("fanout_client", port, connections, window, messages, 300)
        found[f"fan_out_{connections}"] = one["deliveries_per_second"]
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default="", help="a part of the peers' names, separated by commas")
    options = parser.parse_args()
    build()
    missing = install()
    for what in missing:
        print(f"could not be installed, and is left out: {what}")
    wanted = [part.lower() for part in options.only.split(",")]
    everyone: list[tuple[str, str, Callable[[], Figures]]] = [
        ("the bare limit (C)", "one send() per receiver, nothing else", limit),
        ("**Hubbub**", "accounts, sessions, permissions; every message on the disk before it is delivered", ours),
        *((peer.name, peer.note, lambda peer=peer: measure(peer)) for peer in PEERS),  # type: ignore[misc]
    ]
    found = []
    RESULTS.mkdir(exist_ok=True)
    file = RESULTS / f"{datetime.now(UTC):%Y%m%dT%H%M%S}-peers.json"
    for name, note, measured in everyone:
        if not any(part in name.lower() for part in wanted):
            continue
        try:
            figures_ = measured()
        except (RuntimeError, OSError) as error:
            print(f"{name}: could not be measured: {error}", flush=True)
            missing.append(name)
            continue
        found.append({"name": name, "note": note, **figures_})
        print(name, {key: round(value) for key, value in figures_.items()}, flush=True)
        file.write_text(json.dumps({"machine": machine(), "peers": found, "missing": missing}, indent=1))
    print(f"written to {file}")


if __name__ == "__main__":
    main()
