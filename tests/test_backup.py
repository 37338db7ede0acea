"""`hubbub backup`: a copy made while people talk is a server one can start."""

import asyncio
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path

import pytest

from hubbub.backup import back_up
from hubbub.client import Client
from hubbub.errors import NotAuthenticated
from hubbub.settings import BadSetting
from tests.conftest import PASSWORD, newcomer
from tests.postgres import Postgres
from tests.raw import RawSocket
from tests.server import HUBBUB, Server


def backup(data: Path, to: Path, *options: str) -> subprocess.CompletedProcess[str]:
    command = [HUBBUB, "backup", "--data", str(data), "--to", str(to), *options]
    return subprocess.run(command, capture_output=True, text=True)


async def test_a_backup_of_a_running_server_has_all_that_was_acknowledged(tmp_path: Path) -> None:
    server = Server(tmp_path / "data", "rate_limits=off")
    alice = await newcomer(server.url, "alice")
    room = (await alice.create_room("room")).id
    (tmp_path / "data" / "files" / "ab").mkdir(parents=True)
    (tmp_path / "data" / "files" / "ab" / "abcd").write_bytes(b"a file")
    acknowledged = [(await alice.send(f"message {number}", room=room)).seq for number in range(50)]
    talking = asyncio.create_task(talk_on(alice, room))
    done = await asyncio.to_thread(backup, tmp_path / "data", tmp_path / "kept")
    talking.cancel()
    assert done.returncode == 0, done.stderr
    made = Path(done.stdout.strip())
    assert made.parent == tmp_path / "kept"
    assert (made / "files" / "ab" / "abcd").read_bytes() == b"a file"
    assert {path.name for path in made.iterdir()} == {"hubbub.db", "secret.key", "files"}
    assert made.stat().st_mode & 0o077 == 0
    restored = Server(made, "rate_limits=off")
    # Still signed in: the key is part of the backup.
    again = Client(restored.url, alice.token)
    [(messages, last)] = restored.sql("SELECT count(*), max(seq) FROM messages")
    assert messages == last >= max(acknowledged)
    assert (await again.send("life goes on", room=room)).seq == last + 1
    for client in (alice, again):
        await client.__aexit__()
    for each in (server, restored):
        each.stop()


async def session(client: Client) -> int:
    """The number of the one it is signed in with."""
    return next(each.id for each in await client.sessions() if each.current)


async def talk_on(alice: Client, room: int) -> None:
    while True:
        await alice.send("and on", room=room)


async def test_a_token_from_after_the_backup_is_not_somebody_elses_session(tmp_path: Path) -> None:
    """A restored database gives out the numbers of sessions again that were opened after the backup."""
    server = Server(tmp_path / "data", "rate_limits=off")
    early, bob = await newcomer(server.url, "early"), await newcomer(server.url, "bob")
    made = Path((await asyncio.to_thread(backup, tmp_path / "data", tmp_path / "kept")).stdout.strip())
    alice = Client(server.url)
    await alice.sign_in("early", PASSWORD, "after the backup")
    number = await session(alice)
    server.stop()
    restored = Server(made, "rate_limits=off")
    async with Client(restored.url) as newly:
        await newly.sign_in("bob", PASSWORD, "the same number")
        assert await session(newly) == number
        async with Client(restored.url, alice.token) as late:
            with pytest.raises(NotAuthenticated):
                await late.rooms()
        socket = await RawSocket.open(restored.socket_url)
        await socket.send(type="hello", token=alice.token)
        await socket.expect("error", code="not_authenticated")
        assert await socket.closed() == 4401
        await newly.rooms()
    for client in (early, bob, alice):
        await client.__aexit__()
    restored.stop()


def test_a_copy_is_of_one_moment_and_ends_though_another_process_writes(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    path = tmp_path / "data" / "hubbub.db"
    with closing(sqlite3.connect(path)) as writer:
        writer.execute("PRAGMA journal_mode = wal")
        writer.execute("CREATE TABLE rows (number INTEGER PRIMARY KEY, padding)")
        # Many times what is copied at once, so that it is written to between two parts.
        writer.executemany("INSERT INTO rows VALUES (?, ?)", [(number, "x" * 3000) for number in range(20_000)])
        writer.commit()
        parts = 0

        def meanwhile(done: int, pages: int) -> None:
            nonlocal parts
            parts += 1
            assert parts < 1000, "begun anew with each write"
            writer.execute("UPDATE rows SET padding = ? WHERE number < 100", (str(parts) * 3000,))
            writer.execute("INSERT INTO rows VALUES (?, 'new')", (20_000 + parts,))
            writer.commit()

        made, _ = back_up(path, path.parent, tmp_path / "kept", 0, meanwhile)
    assert parts > 3
    with closing(sqlite3.connect(made / "hubbub.db")) as copy:
        assert copy.execute("SELECT count(*), max(number) FROM rows").fetchone() == (20_000, 19_999)
        assert copy.execute("SELECT count(*) FROM rows WHERE padding != ?", ("x" * 3000,)).fetchone() == (0,)


def test_the_newest_are_kept(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    sqlite3.connect(tmp_path / "data" / "hubbub.db").close()
    kept = tmp_path / "kept"
    for name in ("hubbub-20200101T000000Z", "hubbub-20210101T000000Z", "hubbub-20220101T000000Z", "mine"):
        (kept / name).mkdir(parents=True)
    done = backup(tmp_path / "data", kept, "--keep", "2")
    assert done.returncode == 0, done.stderr
    made, *removed = done.stdout.splitlines()
    assert removed == [f"removed {kept}/hubbub-{year}0101T000000Z" for year in (2020, 2021)]
    assert {path.name for path in kept.iterdir()} == {"hubbub-20220101T000000Z", "mine", Path(made).name}


def test_backups_inside_the_data_folder_are_not_backed_up(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    sqlite3.connect(data / "hubbub.db").close()
    for _ in range(2):
        done = backup(data, data / "copies" / "daily")
        if done.returncode != 0:
            assert "exists" in done.stderr  # made in the same second
    assert not list((data / "copies" / "daily").glob("*/copies"))


def test_what_is_damaged_is_said_and_no_backup_is_left(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    path = tmp_path / "data" / "hubbub.db"
    with closing(sqlite3.connect(path)) as writer, writer:
        writer.execute("CREATE TABLE rows (number INTEGER PRIMARY KEY, padding)")
        writer.executemany("INSERT INTO rows VALUES (?, ?)", [(number, "x" * 3000) for number in range(100)])
    with path.open("r+b") as file:
        file.seek(5 * 4096)
        file.write(b"\xff" * 4096 * 3)
    with pytest.raises(BadSetting, match="damaged"):
        back_up(path, path.parent, tmp_path / "kept", 0, lambda done, pages: None)
    assert list((tmp_path / "kept").iterdir()) == []


def test_a_disk_without_room(small_disk, tmp_path: Path) -> None:
    place, prefix = small_disk
    (tmp_path / "data").mkdir()
    with closing(sqlite3.connect(tmp_path / "data" / "hubbub.db")) as writer, writer:
        writer.execute("CREATE TABLE rows (padding)")
        writer.executemany("INSERT INTO rows VALUES (?)", [("x" * 3000,) for _ in range(2_000)])
    command = [*prefix, HUBBUB, "backup", "--data", str(tmp_path / "data"), "--to", str(place / "kept")]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 2
    assert "full" in done.stderr
    assert done.stdout == ""
    assert not list((place / "kept").glob("*"))


def test_what_cannot_be_backed_up_is_said(tmp_path: Path, postgres: Postgres) -> None:
    nothing = backup(tmp_path / "data", tmp_path / "kept")
    assert (nothing.returncode, "There is no database at" in nothing.stderr) == (2, True)
    elsewhere = backup(tmp_path / "data", tmp_path / "kept", "--database", postgres.database())
    assert (elsewhere.returncode, "pg_dump" in elsewhere.stderr) == (2, True)
    (tmp_path / "data").mkdir()
    sqlite3.connect(tmp_path / "data" / "hubbub.db").close()
    (tmp_path / "a file").touch()
    nowhere = backup(tmp_path / "data", tmp_path / "a file")
    assert (nowhere.returncode, "No backup was made" in nowhere.stderr) == (2, True)
