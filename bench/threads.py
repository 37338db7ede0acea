"""A room of 1,000,000 messages whose last 50,000 are replies in one thread: opening the room, and the thread.

It is the worst order for the room: its last page is behind all the replies. Beside the time of an answer, the processor
time of the server and the database: it is much the same on a machine that others use.
"""

import asyncio
import json
import subprocess
import tempfile
import time
import urllib.request
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import asyncpg

import cluster
import seed
from hubbub.chat import clock
from hubbub.store.sql.sqlite_file import connect
from load import Figures
from server import BIN, BUILD, Hubbub, serving, used

MESSAGES, REPLIES, ROOT = 1_000_000, 50_000, 1_000


def replies(data: Path) -> None:
    """Make the last messages of the room replies, with SQL alone: it is the reading that is measured."""
    first = MESSAGES - REPLIES
    with closing(connect(data / "hubbub.db")) as database:
        sender, other = (row[0] for row in database.execute("SELECT user_id FROM members WHERE room_id = 1"))
        database.execute("BEGIN")
        database.execute(
            "UPDATE messages SET thread_root = ?, thread_count = seq - ?, thread_only_count = seq - ? "
            "WHERE room_id = 1 AND seq > ?",
            (ROOT, first, first, first),
        )
        database.execute("UPDATE messages SET has_replies = true WHERE room_id = 1 AND seq = ?", (ROOT,))
        database.execute("UPDATE rooms SET thread_only_count = ? WHERE id = 1", (REPLIES,))
        database.execute(
            "INSERT INTO threads (room_id, root, replies, last_seq, last_at, people) VALUES (1, ?, ?, ?, ?, ?)",
            (ROOT, REPLIES, MESSAGES, clock.now(), json.dumps([sender])),
        )
        database.execute("INSERT INTO thread_follows VALUES (1, ?, ?, true, ?, 0)", (other, ROOT, ROOT))
        database.execute("COMMIT")


def threads() -> Figures:
    with serving(1, 2, stored=MESSAGES, prepare=replies) as (server, tokens, _):
        return opened(server, tokens, lambda: server.cpu)


def threads_on_postgres() -> Figures:
    """The same database, moved to PostgreSQL."""
    with tempfile.TemporaryDirectory(dir=BUILD) as folder, cluster.postgres() as database:
        data = Path(folder) / "data"
        tokens = seed.seed(data, 1, 2)
        seed.messages(data, MESSAGES, 1)
        replies(data)
        move = ["migrate", "--from", f"sqlite:///{data / 'hubbub.db'}", "--to", database]
        subprocess.run([BIN / "hubbub", *move], check=True, capture_output=True)
        secret = (data / "secret.key").read_text().strip()
        server = Hubbub(data, f"database={database}", f"secret_key={secret}")
        try:
            return opened(server, tokens, lambda: server.cpu + asyncio.run(_used_by(database)))
        finally:
            server.stop()


async def _used_by(database: str) -> float:
    """Seconds of processor time of the connections of a PostgreSQL database on this machine."""
    connection = await asyncpg.connect(database)
    rows = await connection.fetch(
        "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    await connection.close()
    return sum(used(row[0]) for row in rows)


def opened(server: Hubbub, tokens: Path, cpu: Callable[[], float]) -> Figures:
    """How long it takes to open the room, the thread, and the list of threads."""
    token = tokens.read_text().splitlines()[1]

    def asked(path: str) -> tuple[float, float, float]:
        """The median, the 99th percentile, and the processor time, in milliseconds."""
        request = urllib.request.Request(
            f"http://127.0.0.1:{server.port}/api{path}", headers={"Authorization": f"Bearer {token}"}
        )
        urllib.request.urlopen(request).close()  # the connections to the database are made
        times = []
        before = cpu()
        for _ in range(200):
            began = time.perf_counter()
            with urllib.request.urlopen(request) as answer:
                answer.read()
            times.append((time.perf_counter() - began) * 1000)
        taken = (cpu() - before) * 1000 / len(times)
        times.sort()
        return times[99], times[197], taken

    room = asked("/rooms/1/messages?limit=50&threads=apart")
    thread = asked(f"/rooms/1/messages/{ROOT}/thread?limit=50")
    listed = asked("/threads?unread=true")
    return {
        "room_p50_ms": room[0],
        "room_p99_ms": room[1],
        "room_cpu_ms": room[2],
        "thread_p50_ms": thread[0],
        "thread_p99_ms": thread[1],
        "thread_cpu_ms": thread[2],
        "list_p50_ms": listed[0],
    }
