"""The rows of the table: what is measured, and what must be reached."""

import json
import statistics
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import browser
import cluster
import hostile
import letters
import seed
import threads
import user_streams
import work
from load import Figures, bare_durable, bare_limit, bare_rest, fan_out, figures, hold, load, opened
from server import LOAD_CORE, SERVER_CORE, serving

HERE = Path(__file__).parent


class Row(NamedTuple):
    """`bounds`: for a figure, the least or the most it may be."""

    title: str
    bounds: dict[str, tuple[str, float]]
    measure: Callable[[], Figures]


def fanout(connections: int, window: int, messages: int) -> Figures:
    """Deliveries a second, beside the bare limit right before and after; and what the client alone could take."""
    limits = []
    with bare_limit() as port:
        limits.append(load("fanout_client", port, connections, window, messages, 300)["deliveries_per_second"])
    with serving(1, connections) as (server, tokens, _):
        ours = fan_out(server.port, tokens, connections, window, messages)
    with bare_limit() as port:
        limits.append(load("fanout_client", port, connections, window, messages, 300)["deliveries_per_second"])
    with bare_limit("together") as port:
        most = load("fanout_client", port, connections, window * 8, messages, 300)["deliveries_per_second"]
    rate, limit = ours["deliveries_per_second"], statistics.mean(limits)
    return {
        "ratio": rate / limit,
        "deliveries_per_second": rate,
        "bare_limit_per_second": limit,
        "client_takes_per_second": most,
        "client_busy": ours["client_busy"],
    }


def connections() -> Figures:
    with serving(1, 10_000) as (server, tokens, _):
        found = hold(server, tokens, 10_000)
        with bare_durable(tokens, 10_000) as port:
            client, bare = opened(port, tokens, 10_000)
            client.kill()
            client.wait()
    return {**found, "bare_handshakes_per_second": bare["per_second"]}


def ingest() -> Figures:
    with serving(64, 2, public=False) as (server, tokens, _):
        load("chat_load", server.port, tokens, 64, 2, "closed", 16, 1)
        used = server.cpu
        found = load("chat_load", server.port, tokens, 64, 2, "closed", 16, 8)
        used = server.cpu - used
        with bare_durable(tokens, 2) as port:
            bare = load("chat_load", port, tokens, 64, 2, "closed", 16, 5)["acks_per_second"]
    return {
        **_some(found, "acks_per_second", "delivery_p50_ms", "delivery_p99_ms", "lost", "client_busy"),
        "bare_per_second": bare,
        "share_of_bare": found["acks_per_second"] / bare,
        "server_us_each": used / found["acks"] * 1e6,
    }


def rest() -> Figures:
    with serving(32, 2, public=False) as (server, tokens, _):
        load("rest_load", server.port, tokens, 32, 2, 1)
        used = server.cpu
        found = load("rest_load", server.port, tokens, 32, 2, 8)
        used = server.cpu - used
        with bare_rest() as port:
            framework = load("rest_load", port, tokens, 32, 2, 5)["posts_per_second"]
    return {
        **_some(found, "posts_per_second", "p50_ms", "p99_ms", "client_busy"),
        "framework_alone_per_second": framework,
        "share_of_framework": found["posts_per_second"] / framework,
        "server_us_each": used / found["posts"] * 1e6,
    }


def latency() -> Figures:
    with serving(1, 2, public=False) as (server, tokens, _):
        found = load("chat_load", server.port, tokens, 1, 2, "closed", 1, 10)
        with bare_durable(tokens, 2) as port:
            bare = load("chat_load", port, tokens, 1, 2, "closed", 1, 5)
    return {
        **_some(found, "delivery_p50_ms", "delivery_p99_ms", "ack_p50_ms", "ack_p99_ms"),
        "bare_p50_ms": bare["delivery_p50_ms"],
        "bare_p99_ms": bare["delivery_p99_ms"],
    }


def crowd() -> Figures:
    with serving(100, 100) as (server, tokens, _):
        found = load("chat_load", server.port, tokens, 100, 100, "open", 500, 60)
        with bare_durable(tokens, 100) as port:
            bare = load("chat_load", port, tokens, 100, 100, "open", 500, 20)
    return {
        **_some(
            found,
            "delivery_p50_ms",
            "delivery_p99_ms",
            "delivery_max_ms",
            "deliveries_per_second",
            "lost",
            "client_busy",
        ),
        "bare_p50_ms": bare["delivery_p50_ms"],
        "bare_p99_ms": bare["delivery_p99_ms"],
    }


def resume() -> Figures:
    with serving(100, 100) as (server, tokens, data):
        held = max(seed.heads(data).values())
        load("chat_load", server.port, tokens, 100, 100, "resume", held, 0)  # all are on line, and drop at once
        load("chat_load", server.port, tokens, 100, 1, "closed", 1, 0.2)
        missed = sum(version - held for version in seed.heads(data).values())
        found = load("chat_load", server.port, tokens, 100, 100, "resume", held, 0)
    wrong = abs(found["resumed_deliveries"] - missed * 100)
    return {
        "seconds": found["greeted_s"],
        "lost_or_doubled": wrong,
        "deliveries": found["resumed_deliveries"],
        "client_busy": found["connect_busy"],
    }


def history(total: int = 10_000_000) -> Figures:
    with serving(100, 2, stored=total) as (server, tokens, _):
        token = tokens.read_text().splitlines()[0]
        with urllib.request.urlopen(_page(server.port, token, 0)) as answer:
            assert len(json.load(answer)["messages"]) == 50
        return history_times(server.port, token)


def history_times(port: int, token: str, rooms: int = 100) -> Figures:
    """The last page of each room in turn, a thousand times."""
    times = []
    for number in range(1000):
        began = time.perf_counter()
        with urllib.request.urlopen(_page(port, token, number % rooms)) as answer:
            answer.read()
        times.append((time.perf_counter() - began) * 1000)
    times.sort()
    return {"p50_ms": times[499], "p99_ms": times[989]}


def _page(port: int, token: str, room: int) -> urllib.request.Request:
    url = f"http://127.0.0.1:{port}/api/rooms/{room + 1}/messages?limit=50"
    return urllib.request.Request(url, headers={"Authorization": f"Bearer {token}"})


def feeds(kind: str) -> Figures:
    """2,000 readers of one room by server-sent events or by long polling."""
    with serving(1, 2_000) as (server, tokens, _):
        before = server.memory
        command = ["taskset", "-c", str(LOAD_CORE), sys.executable, str(HERE / "clients" / "feed_load.py")]
        readers = subprocess.Popen(
            [*command, str(server.port), str(tokens), kind, "2000", "20"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        assert readers.stdin is not None
        assert readers.stdout is not None
        opened = figures(readers.stdout.readline())
        time.sleep(3)
        grown = server.memory - before
        found: Figures = json.loads(readers.communicate("go\n")[0])
    return {"KiB_each": grown / 2_000 / 1024, "opened_s": opened["opened_s"], **found}


def in_process() -> Figures:
    """ChatServer: what importing it takes, and what sending costs with few and with many messages stored."""
    done = subprocess.run(
        ["taskset", "-c", str(SERVER_CORE), sys.executable, str(HERE / "chat_server.py")],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    found: Figures = json.loads(done.stdout)
    return found


def _some(found: Figures, *names: str) -> Figures:
    return {name: found[name] for name in names}


ROWS = {
    "fanout10k": Row(
        "fan-out, one public room, N=10,000, 1 in flight",
        {"ratio": (">=", 0.75)}, lambda: fanout(10_000, 1, 60),
    ),
    "fanout1k": Row(
        "fan-out, N=1,000, 4 in flight",
        {"ratio": (">=", 1.5)}, lambda: fanout(1_000, 4, 2_000),
    ),
    "connections": Row(
        "10,000 connections, with authentication and greeting: how fast, and how much memory each",
        {"per_second": (">=", 2_000), "KiB_each": ("<=", 10)}, connections,
    ),
    "ingest": Row(
        "durable sends acknowledged, 64 senders x 16 in flight, 64 rooms of 2",
        {"acks_per_second": (">=", 25_000), "lost": ("<=", 0)}, ingest,
    ),
    "rest": Row(
        "the same over REST, 32 keep-alive connections",
        {"posts_per_second": (">=", 4_000)}, rest,
    ),
    "latency": Row(
        "one message alone: send to the other end, and to the acknowledgement",
        {"delivery_p50_ms": ("<=", 1), "delivery_p99_ms": ("<=", 5)}, latency,
    ),
    "crowd": Row(
        "10,000 people on line in 100 rooms of 100, 500 messages/s in all, 60 s",
        {"delivery_p99_ms": ("<=", 100), "lost": ("<=", 0)}, crowd,
    ),
    "resume": Row(
        "10,000 clients drop at once and resume: all caught up",
        {"seconds": ("<=", 10), "lost_or_doubled": ("<=", 0)}, resume,
    ),
    "history": Row(
        "last 50 messages of a room in a database of 10 million, over REST",
        {"p99_ms": ("<=", 5)}, history,
    ),
    "threads": Row(
        "a room of 1,000,000 messages, the last 50,000 of them replies in one thread: the last page of each, over REST",
        {"room_p99_ms": ("<=", 50), "thread_p99_ms": ("<=", 50)}, threads.threads,
    ),
    "threads_on_postgres": Row(
        "the same on PostgreSQL",
        {"room_p99_ms": ("<=", 50), "thread_p99_ms": ("<=", 50)}, threads.threads_on_postgres,
    ),
    "stalled": Row(
        "memory while one client stops reading under full load",
        {"MiB": ("<=", 2)}, hostile.stalled,
    ),
    "hostile": Row(
        "500 people, 100 messages/s in all, without and with one account more that asks for as much as it can",
        {"with_delivery_p99_ms": ("<=", 100), "with_get_p99_ms": ("<=", 100), "with_lost": ("<=", 0)}, hostile.hostile,
    ),
    "client_messages": Row(
        "the web client with 300 messages held: a message at 1, 10 and 50 a second; nodes changed; a key meanwhile",
        {"at_10_ms": ("<=", 5)}, browser.messages,
    ),
    "client_room": Row("the web client: from a click on a room until its 100 messages are shown", {}, browser.room),
    "client_rooms_21": Row("the web client with 21 rooms: until one can write", {}, lambda: browser.rooms(21)),
    "client_rooms_1000": Row("the web client with 1,000 rooms", {}, lambda: browser.rooms(1_000)),
    "client_rooms_5000": Row("the web client with 5,000 rooms", {}, lambda: browser.rooms(5_000)),
    "client_paste": Row("the web client: 1 MB pasted, and one key after it", {}, browser.paste),
    "bus": Row("what one message on the bus costs the sender and each receiver", {}, cluster.bus),
    "letters": Row(
        "two nodes on PostgreSQL: direct messages to two popular people, 80 in flight, beside messages to 80 rooms",
        {"deadlocks": ("<=", 0)}, letters.letters,
    ),
    "workers_ingest": Row(
        "durable sends acknowledged, 64 senders x 16 in flight, 64 rooms of 2", {}, cluster.ingest,
    ),
    "workers_latency": Row("one message alone: send to the other end", {}, cluster.latency),
    "workers_crowd": Row("2,000 people in 20 rooms of 100, 100 messages/s in all, 30 s", {}, cluster.crowd),
    "workers_fanout": Row("fan-out, N=1,000, 4 in flight", {}, cluster.fanout),
    "streams": Row("2,000 readers of a room by server-sent events", {"lost": ("<=", 0)}, lambda: feeds("stream")),
    "polls": Row("2,000 readers of a room by long polling", {"lost": ("<=", 0)}, lambda: feeds("poll")),
    "user_stream": Row(
        "a user's stream of 1,000,000 entries: 50 read or resumed from any position; read markers",
        {"page_p99_ms": ("<=", 5), "resume_p99_ms": ("<=", 5)}, user_streams.stream,
    ),
    "work_jobs": Row(
        "200 messages/s to 20 rooms of 10, alone and while 100,000 jobs are due",
        {"with_lost": ("<=", 0)}, work.jobs,
    ),
    "work_consumer": Row(
        "the same while a consumer is 1,000,000 changes behind",
        {"with_lost": ("<=", 0)}, work.consumer,
    ),
    "work_following": Row("ingest and fan-out without consumers, and with two that do nothing", {}, work.following),
    "in_process": Row(
        "`ChatServer` in process: import beyond Python's own, a send with 1,000,000 stored against 1,000",
        {"import_ms": ("<=", 150), "ratio": ("<=", 1.5)}, in_process,
    ),
}  # fmt: skip
