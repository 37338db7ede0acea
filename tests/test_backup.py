"""`hubbub backup`: a copy made under load is a server that can be started."""

import asyncio
import os
import random
import signal
import sqlite3
import subprocess
import threading
from contextlib import closing
from pathlib import Path

import pytest

from hubbub.client import Client
from hubbub.errors import NotAuthenticated
from hubbub.server.backup import back_up
from hubbub.server.settings import BadSetting
from hubbub.store.sql.migrate import migrate
from tests.command import run_hubbub
from tests.conftest import PASSWORD, newcomer
from tests.postgres import Postgres
from tests.raw import RawSocket
from tests.server import HUBBUB, Server


def backup(data: Path, to: Path, *options: str, prefix: tuple[str, ...] = ()) -> subprocess.CompletedProcess[str]:
    arguments = ["backup", "--data", str(data), "--to", str(to), *options]
    if not prefix:
        return run_hubbub(*arguments)
    return subprocess.run([*prefix, HUBBUB, *arguments], capture_output=True, text=True)


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
    # Sessions remain valid: the key is part of the backup.
    again = Client(restored.url, alice.token)
    [(messages, last)] = restored.sql("SELECT count(*), max(seq) FROM messages")
    assert messages == last >= max(acknowledged)
    assert (await again.send("life goes on", room=room)).seq == last + 1
    for client in (alice, again):
        await client.__aexit__()
    for each in (server, restored):
        each.stop()


async def session(client: Client) -> int:
    """The id of the client's session."""
    return next(each.id for each in await client.sessions() if each.current)


async def talk_on(alice: Client, room: int) -> None:
    while True:
        await alice.send("and on", room=room)


async def test_a_token_from_after_the_backup_is_not_somebody_elses_session(tmp_path: Path) -> None:
    """A restored database assigns session ids again that were used after the backup."""
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
        # Many times the size of one step of the copy, so that writes fall between two steps.
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
    migrate(tmp_path / "data" / "hubbub.db")
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
    migrate(data / "hubbub.db")
    for _ in range(3):  # also those of one second
        done = backup(data, data / "copies" / "daily")
        assert done.returncode == 0, done.stderr
    assert len(list((data / "copies" / "daily").iterdir())) == 3
    assert not list((data / "copies" / "daily").glob("*/copies"))


@pytest.mark.parametrize("to", ["", "backups", "copies"])
def test_a_backup_holds_no_older_ones(tmp_path: Path, to: str) -> None:
    """Wherever they are in the data folder: otherwise each backup would contain all earlier ones."""
    data = tmp_path / "data"
    for place in (data, data / "backups", data / "copies", data / "copies" / "old"):
        for name in ("hubbub-20200101T000000Z", "hubbub-20200102T000000Z.partial"):
            (place / name).mkdir(parents=True)
            (place / name / "big").write_text("x" * 100_000)
    (data / "notes" / "hubbub-20200101T000000Z.txt").parent.mkdir()
    (data / "notes" / "hubbub-20200101T000000Z.txt").write_text("kept")
    migrate(data / "hubbub.db")
    done = backup(data, data / to)
    assert done.returncode == 0, done.stderr
    made = Path(done.stdout.splitlines()[0])
    assert not list(made.rglob("big"))
    assert (made / "notes" / "hubbub-20200101T000000Z.txt").read_text() == "kept"


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
    migrate(tmp_path / "data" / "hubbub.db")
    (tmp_path / "a file").touch()
    nowhere = backup(tmp_path / "data", tmp_path / "a file")
    assert (nowhere.returncode, "No backup was made" in nowhere.stderr) == (2, True)


def filled(data: Path, rows: int = 20_000) -> Path:
    """A database that takes a moment to copy."""
    data.mkdir()
    migrate(data / "hubbub.db")
    with closing(sqlite3.connect(data / "hubbub.db")) as writer, writer:
        writer.execute("PRAGMA journal_mode = wal")
        writer.execute("CREATE TABLE padding (text)")
        writer.executemany("INSERT INTO padding VALUES (?)", (("x" * 3000,) for _ in range(rows)))
    (data / "secret.key").write_text("a key")
    return data / "hubbub.db"


def whole(made: Path) -> bool:
    with closing(sqlite3.connect(made / "hubbub.db")) as copy:
        rows = copy.execute("SELECT count(*) FROM padding").fetchone()[0]
        return copy.execute("PRAGMA quick_check").fetchone()[0] == "ok" and rows == 20_000


def test_one_that_is_killed_leaves_nothing_that_looks_like_a_backup(tmp_path: Path) -> None:
    filled(tmp_path / "data")
    (tmp_path / "data" / "files").mkdir()
    for number in range(200):
        (tmp_path / "data" / "files" / f"{number}").write_bytes(b"x" * 10_000)
    kept = tmp_path / "kept"
    chance, killed = random.Random(5), 0
    while killed < 8:
        command = [HUBBUB, "backup", "--data", f"{tmp_path}/data", "--to", str(kept)]
        with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
            while process.poll() is None and not list(kept.glob("*.partial")):
                pass
            threading.Event().wait(chance.uniform(0, 0.3))
            process.kill()
        killed += process.returncode == -signal.SIGKILL
        for made in kept.glob("hubbub-*Z"):
            assert whole(made)
            assert len(list((made / "files").iterdir())) == 200
            assert (made / "secret.key").exists()
    done = backup(tmp_path / "data", kept, "--keep", "1")
    while "exists" in done.stderr:  # one was made in the same second
        done = backup(tmp_path / "data", kept, "--keep", "1")
    assert [path.name for path in kept.iterdir()] == [Path(done.stdout.splitlines()[0]).name], "half ones are gone"


def test_one_that_is_being_made_is_not_cleaned_away_by_another(tmp_path: Path) -> None:
    path = filled(tmp_path / "data")
    seen: list[subprocess.CompletedProcess[str]] = []

    def meanwhile(done: int, pages: int) -> None:
        if not seen:
            # In another second, as its name has the time.
            threading.Event().wait(1)
            seen.append(backup(path.parent, tmp_path / "kept"))

    made, _ = back_up(path, path.parent, tmp_path / "kept", 0, meanwhile)
    assert seen[0].returncode == 0, seen[0].stderr
    assert whole(made)
    assert len(list((tmp_path / "kept").iterdir())) == 2


def test_half_a_copy_of_a_migration_is_cleaned_away(tmp_path: Path) -> None:
    server = Server(tmp_path / "data")
    server.stop()
    left = tmp_path / "data" / "backups" / "hubbub-20200101T000000Z.partial"
    left.mkdir(parents=True)
    server = Server(tmp_path / "data")
    server.stop()
    assert not left.exists()


def test_links_are_not_followed(tmp_path: Path) -> None:
    path = filled(tmp_path / "data", 10)
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "secret").write_text("not yours")
    (tmp_path / "data" / "files").mkdir()
    for link, target in (
        ("folder", "outside"),
        ("file", "outside/secret"),
        ("nothing", "nowhere"),
        ("files/inner", "outside"),
    ):
        (tmp_path / "data" / link).symlink_to(tmp_path / target)
    made, _ = back_up(path, path.parent, tmp_path / "kept", 0, lambda done, pages: None)
    for link in ("folder", "file", "nothing", "files/inner"):
        assert (made / link).is_symlink()
    found = [file for folder, _, files in os.walk(made) for file in files if not (Path(folder) / file).is_symlink()]
    assert sorted(found) == ["hubbub.db", "secret.key"]


def test_a_database_of_another_name_is_copied_once(tmp_path: Path) -> None:
    filled(tmp_path / "data", 10).rename(tmp_path / "data" / "chat.sqlite")
    done = backup(tmp_path / "data", tmp_path / "kept", "--database", f"sqlite:///{tmp_path}/data/chat.sqlite")
    assert done.returncode == 0, done.stderr
    assert {path.name for path in Path(done.stdout.strip()).iterdir()} == {"hubbub.db", "secret.key"}


def test_files_that_come_and_go_meanwhile(tmp_path: Path) -> None:
    path = filled(tmp_path / "data", 10)
    files = tmp_path / "data" / "files"
    files.mkdir()
    (files / "stays").write_text("stays")
    stopping = threading.Event()

    def churn() -> None:
        while not stopping.is_set():
            for number in range(300):
                (files / f"{number}").mkdir()
                (files / f"{number}" / "file").write_text("here")
            for number in range(300):
                (files / f"{number}" / "file").unlink()
                (files / f"{number}").rmdir()

    churning = threading.Thread(target=churn)
    churning.start()
    try:
        for number in range(10):
            to = tmp_path / f"kept{number}"
            made, _ = back_up(path, path.parent, to, 0, lambda done, pages: None)
            assert (made / "files" / "stays").read_text() == "stays"
    finally:
        stopping.set()
        churning.join()


@pytest.mark.parametrize("left", [False, True], ids=["stopped well", "killed"])
def test_a_folder_that_can_only_be_read(tmp_path: Path, left: bool) -> None:
    """A disk snapshot mounted read-only, with data in the WAL."""
    data = tmp_path / "data"
    path = filled(data)
    if left:
        with closing(sqlite3.connect(path)) as writer:
            writer.execute("PRAGMA journal_mode = wal")
            writer.execute("DELETE FROM padding WHERE rowid > 19990")
            writer.executemany("INSERT INTO padding VALUES (?)", (("y",) for _ in range(10)))
            writer.commit()
            for end in ("", "-wal"):
                (tmp_path / f"kept{end}").write_bytes(Path(f"{path}{end}").read_bytes())
        path.write_bytes((tmp_path / "kept").read_bytes())
        Path(f"{path}-wal").write_bytes((tmp_path / "kept-wal").read_bytes())
    mounting = f'mount --bind "{data}" "{data}" && mount -o remount,ro,bind "{data}" && exec "$0" "$@"'
    done = backup(data, tmp_path / "to", prefix=("unshare", "-rm", "sh", "-c", mounting))
    assert done.returncode == 0, done.stderr
    made = Path(done.stdout.strip())
    assert whole(made)
    assert {each.name for each in made.iterdir()} == {"hubbub.db", "secret.key"}
    with closing(sqlite3.connect(made / "hubbub.db")) as copy:
        assert copy.execute("SELECT count(*) FROM padding WHERE text = 'y'").fetchone()[0] == (10 if left else 0)
