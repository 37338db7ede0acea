"""`hubbub migrate`: moving from SQLite to PostgreSQL keeps everything."""

import signal
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path

import asyncpg

from hubbub.client import Client
from tests.command import run_hubbub
from tests.conftest import newcomer, user_id
from tests.postgres import Postgres
from tests.server import HUBBUB, Server, sql

TEXTS = ["plain", "Ünïcödé ✓", "日本語", "🎉" * 20, "a\nb\tc", "'quoted' \"too\" \\ %s {x} $1", "أهلا", "x" * 1000]


def moving(file: Path, url: str) -> list[str]:
    return [HUBBUB, "migrate", "--from", f"sqlite:///{file}", "--to", url]


def move(file: Path, url: str) -> subprocess.CompletedProcess[str]:
    return run_hubbub(*moving(file, url)[1:])


async def a_team(server: Server) -> tuple[Client, Client, int]:
    """Two users who have used every feature."""
    alice, bob = await newcomer(server.url, "alice"), await newcomer(server.url, "Bob_2")
    room = (await alice.create_room("Everything", members=[user_id(bob)])).id
    for text in TEXTS:
        await alice.send(text, room=room)
        await bob.send(f"@alice {text}"[:1000], room=room, reply_to=1)
    await alice.edit(room, 1, "edited")
    await bob.delete(room, 4)
    for emoji in ("👍", "🎉", "❤️"):
        await alice.react(room, 3, emoji)
        await bob.react(room, 3, emoji)
    await bob.send("in a thread, @alice", room=room, thread=1)
    await bob.send("only for you", to=user_id(alice))
    return alice, bob, room


async def test_a_team_finds_everything_on_the_other_side(tmp_path: Path, postgres: Postgres) -> None:
    server = Server(tmp_path / "data", "rate_limits=off")
    alice, bob, room = await a_team(server)
    before = [
        await alice.history(room, limit=200), await alice.rooms(), await bob.rooms(), await bob.members(room),
        await alice.thread(room, 1), await alice.threads(),
    ]  # fmt: skip
    secret = server.secret
    server.terminate()
    server.stop()
    url = postgres.database()
    moved = move(tmp_path / "data" / "hubbub.db", url)
    assert moved.returncode == 0, moved.stderr
    assert f"messages: {2 * len(TEXTS) + 2} rows, the same on both sides" in moved.stdout
    # The planner knows of it before the database's own schedule would say so.
    assert sql(url, "SELECT reltuples FROM pg_class WHERE relname = 'messages'") == [(2 * len(TEXTS) + 2,)]
    new = Server(tmp_path / "new", "rate_limits=off", f"secret_key={secret}", database=url)
    alice, bob = (Client(new.url, client.token) for client in (alice, bob))
    after = [
        await alice.history(room, limit=200), await alice.rooms(), await bob.rooms(), await bob.members(room),
        await alice.thread(room, 1), await alice.threads(),
    ]  # fmt: skip
    assert after == before
    carol = await newcomer(new.url, "carol")
    assert user_id(carol) > 2
    assert (await carol.create_room("newer", "public")).id > room
    await alice.send("and it goes on", room=room)
    new.stop()


def many(file: Path, rows: int) -> None:
    """A file with as many messages in one room."""
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.executemany(
            "INSERT INTO messages (room_id, seq, version, sender_id, content, at, deleted, reacted)"
            " VALUES (1, ?, ?, 1, ?, 1, 0, 0)",
            ((seq, seq + 1, f"message {seq}") for seq in range(1, rows + 1)),
        )
        connection.execute("UPDATE rooms SET seq = ?, version = ?", (rows, rows + 1))


def count(url: str) -> int:
    """The present number of messages."""
    try:
        return sql(url, "SELECT count(*) FROM messages")[0][0]
    except asyncpg.UndefinedTableError:
        return 0


async def test_what_was_interrupted_goes_on(tmp_path: Path, postgres: Postgres) -> None:
    server = Server(tmp_path / "data")
    alice = await newcomer(server.url, "alice")
    await alice.create_room("long")
    server.terminate()
    server.stop()
    file, url, rows = tmp_path / "data" / "hubbub.db", postgres.database(), 60_000
    many(file, rows)
    with subprocess.Popen(moving(file, url), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as interrupted:
        while not 0 < count(url) < rows:
            assert interrupted.poll() is None, "it was over before it could be interrupted"
        interrupted.send_signal(signal.SIGKILL)
    assert 0 < count(url) < rows
    moved = move(file, url)
    assert moved.returncode == 0, moved.stderr
    assert f"messages: {rows} rows, the same on both sides" in moved.stdout
    assert count(url) == rows


async def test_what_cannot_be_moved_is_told(tmp_path: Path, postgres: Postgres) -> None:
    server = Server(tmp_path / "data")
    await newcomer(server.url, "alice")
    file = tmp_path / "data" / "hubbub.db"
    refused = move(file, postgres.database())
    assert refused.returncode == 2
    assert "Another Hubbub is running" in refused.stderr
    server.terminate()
    server.stop()
    assert "which is there" in move(tmp_path / "nothing.db", postgres.database()).stderr
    assert "cannot be opened" in move(file, "postgresql://nobody@127.0.0.1:1/nothing").stderr
    url = postgres.database()
    assert move(file, url).returncode == 0
    other = Server(tmp_path / "other")
    await newcomer(other.url, "somebody_else")
    other.terminate()
    other.stop()
    different = move(tmp_path / "other" / "hubbub.db", url)
    assert different.returncode == 2
    assert "not the same as the file: users, id 1" in different.stderr
    assert different.stdout == ""
