"""`make bench`: each row of the table in docs/performance.md, measured on this machine beside the bare limit.

The server is started as a user would start it, with its data on disk and every feature on, pinned to one core; the load
is pinned to the other. `--only fanout,ingest` runs a part; `--messages N` sizes the history row.
"""

import argparse
import json
import os
import platform
import re
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
import seed

HERE = Path(__file__).parent
BUILD = HERE / "build"
BIN = Path(sys.executable).parent
CORES = sorted(os.sched_getaffinity(0))
SERVER_CORE, LOAD_CORE = CORES[0], CORES[-1]
HELLO = '{"type":"hello"}'
MESSAGE = '{"type":"message","room":1,"content":"' + "x" * 60 + '"}'
results: dict[str, dict[str, object]] = {}


class Hubbub:
    """A running server on a seeded folder."""

    def __init__(self, data: Path, *settings: str) -> None:
        command = ["taskset", "-c", str(SERVER_CORE), str(BIN / "hubbub"), "serve", "--port", "0", "--data", str(data)]
        for setting in ("rate_limits=off", "log_level=warning", *settings):
            command += ["--set", setting]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        assert self.process.stdout is not None
        found = re.search(r":(\d+)", self.process.stdout.readline())
        assert found is not None, "the server did not start"
        self.port = int(found[1])

    @property
    def memory(self) -> int:
        """Resident bytes."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        found = re.search(r"VmRSS:\s+(\d+)", status)
        assert found is not None
        return int(found[1]) * 1024

    def stop(self) -> None:
        self.process.kill()
        self.process.wait()


@contextmanager
def serving(rooms: int, members: int, public: bool = True) -> Iterator[tuple[Hubbub, Path, Path]]:
    with tempfile.TemporaryDirectory(dir=HERE / "build") as folder:
        data = Path(folder) / "data"
        tokens = seed.seed(data, rooms, members, public)
        server = Hubbub(data)
        try:
            yield server, tokens, data
        finally:
            server.stop()


def build() -> None:
    BUILD.mkdir(exist_ok=True)
    for source in HERE.glob("*.c"):
        target = BUILD / source.stem
        if not target.exists() or target.stat().st_mtime < source.stat().st_mtime:
            subprocess.run(["cc", "-O2", "-w", "-o", str(target), str(source)], check=True)


def load(program: str, *arguments: object, **environment: str) -> str:
    command = ["taskset", "-c", str(LOAD_CORE), str(BUILD / program), *map(str, arguments)]
    done = subprocess.run(command, env={**os.environ, **environment}, capture_output=True, text=True)
    if done.returncode != 0:
        raise RuntimeError(f"{program} failed: {done.stdout}{done.stderr[-2000:]}")
    return done.stdout + done.stderr


def figures(line: str) -> dict[str, float]:
    return {name: float(value) for name, value in re.findall(r"(\w+)=([\d.]+|nan)", line)}


def rate(text: str) -> float:
    found = re.search(r"= (\d+)/s", text)
    assert found is not None, text
    return float(found[1])


def bare_limit(connections: int, window: int, messages: int, size: int) -> float:
    """The C loop that makes one send() per receiver and does nothing else, in this very run."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = subprocess.Popen(["taskset", "-c", str(SERVER_CORE), str(BUILD / "fanout_limit"), str(port)])
    try:
        wait_for(port)
        return rate(load("fanout_client", port, connections, window, messages, size))
    finally:
        server.kill()
        server.wait()


def wait_for(port: int) -> None:
    for _ in range(200):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise RuntimeError("nothing listens")


def record(row: str, target: str, **values: object) -> None:
    results[row] = {"target": target, **values}
    print(f"{row}: {', '.join(f'{name} {value}' for name, value in values.items())}  (target {target})", flush=True)


def fanout() -> None:
    for connections, window, messages, target in ((10_000, 1, 60, 0.75), (1_000, 4, 2_000, 1.5)):
        rounds = []
        for _ in range(3):
            limit = bare_limit(connections, window, messages, 300)
            with serving(1, connections) as (server, tokens, _):
                ours = rate(
                    load(
                        "fanout_client",
                        server.port,
                        connections,
                        window,
                        messages,
                        100,
                        LG_TOKENS=str(tokens),
                        LG_PRELUDE=HELLO,
                        LG_MSG=MESSAGE,
                        LG_MIN="150",
                    )  # fmt: skip
                )
            rounds.append((ours / limit, ours, limit))
        ratio, ours, limit = sorted(rounds)[1]
        spread = f"{min(rounds)[0]:.2f}-{max(rounds)[0]:.2f}"
        record(
            f"fan-out, one public room, N={connections:,}, {window} in flight",
            f">= {target} x the bare limit",
            ratio=round(ratio, 2), spread=spread, deliveries_per_s=round(ours), bare_limit_per_s=round(limit),
        )  # fmt: skip


def connections() -> None:
    with serving(1, 10_000) as (server, tokens, _):
        before = server.memory
        hold = subprocess.Popen(
            ["taskset", "-c", str(LOAD_CORE), str(BUILD / "chat_load"), str(server.port), str(tokens), "1", "10000",
             "hold", "0", "15"],
            stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        assert hold.stdout is not None
        line = hold.stdout.readline()
        time.sleep(5)
        grown = server.memory - before
        hold.wait()
        found = figures(line)
        record(
            "connections accepted, with authentication and greeting",
            ">= 2,000 /s",
            per_second=round(found["per_second"]),
        )
        record(
            "memory per idle, signed-in connection at 10,000", "<= 10 KiB",
            KiB=round(grown / 10_000 / 1024, 1), before_MiB=round(before / 2**20),
            after_MiB=round((before + grown) / 2**20),
        )  # fmt: skip


def ingest() -> None:
    with serving(64, 2, public=False) as (server, tokens, _):
        found = [figures(load("chat_load", server.port, tokens, 64, 2, "closed", 16, 8)) for _ in range(3)]
        rates = sorted(f["acks_per_second"] for f in found)
        record(
            "durable sends, 64 senders x 16 in flight, 64 rooms of 2", ">= 25,000 /s",
            acks_per_s=round(rates[1]), spread=f"{rates[0]:.0f}-{rates[-1]:.0f}", lost=sum(f["lost"] for f in found),
        )  # fmt: skip


def rest() -> None:
    with serving(32, 2, public=False) as (server, tokens, _):
        found = sorted(figures(load("rest_load", server.port, tokens, 32, 2, 8))["posts_per_second"] for _ in range(3))
        record(
            "the same over REST, 32 keep-alive connections",
            ">= 4,000 /s",
            posts_per_s=round(found[1]),
            spread=f"{found[0]:.0f}-{found[-1]:.0f}",
        )


def latency() -> None:
    with serving(1, 2, public=False) as (server, tokens, _):
        found = figures(load("chat_load", server.port, tokens, 1, 2, "closed", 1, 10))
        record(
            "one message alone: send to the other end", "p50 <= 1 ms, p99 <= 5 ms",
            p50_ms=found["delivery_p50_ms"], p99_ms=found["delivery_p99_ms"], ack_p50_ms=found["ack_p50_ms"],
            ack_p99_ms=found["ack_p99_ms"],
        )  # fmt: skip


def crowd() -> None:
    with serving(100, 100) as (server, tokens, _):
        found = figures(load("chat_load", server.port, tokens, 100, 100, "open", 500, 60))
        record(
            "10,000 on line in 100 rooms of 100, 500 messages/s, 60 s", "p99 <= 100 ms, nothing lost",
            p50_ms=found["delivery_p50_ms"], p99_ms=found["delivery_p99_ms"], max_ms=found["delivery_max_ms"],
            deliveries=round(found["deliveries"]), lost=round(found["lost"]),
        )  # fmt: skip


def resume() -> None:
    with serving(100, 100) as (server, tokens, data):
        held = max(seed.heads(data).values())
        load("chat_load", server.port, tokens, 100, 100, "resume", held, 0)  # all are on line, and drop at once
        load("chat_load", server.port, tokens, 100, 1, "closed", 1, 0.2)
        missed = sum(version - held for version in seed.heads(data).values())
        found = figures(load("chat_load", server.port, tokens, 100, 100, "resume", held, 0))
        record(
            "10,000 clients drop at once and resume", "all caught up in <= 10 s, nothing lost or doubled",
            seconds=found["greeted_s"], synced=round(found["synced"]),
            delivered=round(found["resumed_deliveries"]), expected=missed * 100,
        )  # fmt: skip


def history(total: int) -> None:
    with tempfile.TemporaryDirectory(dir=BUILD) as folder:
        data = Path(folder) / "data"
        tokens = seed.seed(data, 100, 2)
        seed.messages(data, total, 100)
        token = tokens.read_text().splitlines()[0]
        server = Hubbub(data)
        try:
            times = []
            for number in range(1000):
                url = f"http://127.0.0.1:{server.port}/api/rooms/{number % 100 + 1}/messages?limit=50"
                began = time.perf_counter()
                with urllib.request.urlopen(
                    urllib.request.Request(url, headers={"Authorization": f"Bearer {token}"})
                ) as answer:
                    page = json.load(answer)
                times.append((time.perf_counter() - began) * 1000)
                assert len(page["messages"]) == 50
        finally:
            server.stop()
    times.sort()
    record(
        f"last 50 messages of a room in a database of {total:,}", "p99 <= 5 ms",
        p50_ms=round(statistics.median(times), 2), p99_ms=round(times[989], 2),
    )  # fmt: skip


def feeds() -> None:
    """2,000 readers of one room, by server-sent events and by long polling."""
    for kind, name in (("stream", "server-sent events"), ("poll", "long polling")):
        with serving(1, 2_000) as (server, tokens, _):
            before = server.memory
            readers = subprocess.Popen(
                ["taskset", "-c", str(LOAD_CORE), sys.executable, str(HERE / "feed_load.py"), str(server.port),
                 str(tokens), kind, "2000", "20"],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            )  # fmt: skip
            assert readers.stdin is not None
            assert readers.stdout is not None
            opened = figures(readers.stdout.readline())
            time.sleep(3)
            grown = server.memory - before
            found = json.loads(readers.communicate("go\n")[0])
            record(
                f"2,000 readers by {name}", "held, nothing lost",
                KiB_each=round(grown / 2_000 / 1024, 1), opened_s=opened["opened_s"], **found,
            )  # fmt: skip


def in_process() -> None:
    """ChatServer: what importing it takes, and what sending costs with few and with many messages stored."""
    done = subprocess.run(
        ["taskset", "-c", str(SERVER_CORE), sys.executable, str(HERE / "chat_server.py")],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    found = json.loads(done.stdout)
    record("importing ChatServer, beyond Python's own start", "< 150 ms", ms=found["import_ms"])
    record(
        "ChatServer: one send with 1,000,000 messages stored against 1,000", "<= 1.5 x",
        ratio=found["ratio"], us_at_1000=found["us_few"], us_at_1000000=found["us_many"],
    )  # fmt: skip


def stalled() -> None:
    """Two runs of the same load, one with a member that never reads."""
    grown = []
    for silent in (False, True):
        with serving(1, 3, public=False) as (server, tokens, _):
            lines = tokens.read_text().splitlines()
            tokens.write_text("\n".join(lines[:2]) + "\n")
            load("chat_load", server.port, tokens, 1, 2, "closed", 64, 3)
            before = server.memory
            idle = _silent(server.port, lines[2]) if silent else None
            load("chat_load", server.port, tokens, 1, 2, "closed", 64, 6)
            grown.append(server.memory - before)
            if idle is not None:
                idle.close()
    record(
        "memory while one client stops reading under full load", "<= 2 MiB for that client",
        MiB=round((grown[1] - grown[0]) / 2**20, 2),
    )  # fmt: skip


def _silent(port: int, token: str) -> socket.socket:
    connection = socket.socket()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    connection.connect(("127.0.0.1", port))
    connection.sendall(
        f"GET /ws HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
        f"Authorization: Bearer {token}\r\n\r\n".encode()
    )
    time.sleep(2)
    return connection


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--only", default="fanout,connections,ingest,rest,latency,crowd,resume,history,stalled,feeds,in_process"
    )
    parser.add_argument("--messages", type=int, default=10_000_000)
    options = parser.parse_args()
    build()
    rows = {
        "fanout": fanout, "connections": connections, "ingest": ingest, "rest": rest, "latency": latency,
        "crowd": crowd, "resume": resume, "history": lambda: history(options.messages), "stalled": stalled,
        "feeds": feeds, "in_process": in_process,
    }  # fmt: skip
    print(f"{platform.machine()}, {len(CORES)} cores, Python {platform.python_version()}, {datetime.now(UTC):%Y-%m-%d}")
    for name in options.only.split(",") if options.only else rows:
        rows[name]()
    folder = HERE / "results"
    folder.mkdir(exist_ok=True)
    (folder / f"{datetime.now(UTC):%Y%m%dT%H%M%S}.json").write_text(json.dumps(results, indent=2))


if __name__ == "__main__":
    main()
