"""With a damaged database, no server writes to it, and the error helps."""

import os
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from hubbub.store.sql.examine import examine
from hubbub.store.sql.migrate import migrate
from tests.command import run_hubbub
from tests.server import Server

PAGE = 4096


def filled(folder: Path, rows: int = 3000) -> Path:
    folder.mkdir()
    path = folder / "hubbub.db"
    migrate(path)
    with closing(sqlite3.connect(path)) as writer, writer:
        writer.executemany(
            "INSERT INTO messages (room_id, seq, version, sender_id, content, at, deleted, reacted)"
            " VALUES (1, ?, ?, 1, ?, 1, 0, 0)",
            ((number, number, f"message {number} " * 20) for number in range(1, rows)),
        )
    return path


def overwritten(data: bytes) -> Callable[[Path], None]:
    def damage(path: Path) -> None:
        with path.open("r+b") as file:
            file.seek(path.stat().st_size // 2 // PAGE * PAGE)
            file.write(data)

    return damage


def cut(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def cut_in_a_page(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2 // PAGE * PAGE + 100)


def empty(path: Path) -> None:
    os.truncate(path, 0)


def a_text(path: Path) -> None:
    path.write_text("dear diary\n" * 1000)


def a_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def anothers(path: Path) -> None:
    path.unlink()
    with closing(sqlite3.connect(path)) as other, other:
        other.execute("CREATE TABLE bookmarks (url)")


def header(path: Path) -> None:
    with path.open("r+b") as file:
        file.seek(16)
        file.write(os.urandom(84))


DAMAGES = [
    pytest.param(overwritten(os.urandom(16384)), id="noise in the middle"),
    pytest.param(overwritten(b"\xff" * PAGE * 3), id="pages of 0xff", marks=pytest.mark.long),
    pytest.param(overwritten(b"\0" * PAGE * 3), id="pages of zeros", marks=pytest.mark.long),
    *[pytest.param(each, id=each.__name__) for each in (cut, empty, anothers)],
    *[
        pytest.param(each, id=each.__name__, marks=pytest.mark.long)
        for each in (cut_in_a_page, a_text, a_folder, header)
    ],
]


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_server_does_not_start_on_what_is_damaged(tmp_path: Path, damage: Callable[[Path], None]) -> None:
    path = filled(tmp_path / "data")
    (tmp_path / "data" / "secret.key").write_text("a key that is long enough\n")
    kept = run_hubbub("backup", "--data", str(path.parent), "--to", str(tmp_path / "kept")).stdout.strip()
    damage(path)
    before = None if path.is_dir() else path.read_bytes()
    for command in (("serve", "--port", "0"), ("admin", "create", "boss")):
        done = run_hubbub(*command, "--data", str(path.parent))
        assert done.returncode == 2, done.stderr
        [line] = [line for line in done.stderr.splitlines() if line.startswith("hubbub: ")]
        assert str(path) in line
        assert "Traceback" not in done.stderr
        if damage is not anothers:
            assert f"the newest that is known of is {kept}" in line
    assert before is None or path.read_bytes() == before, "nothing was written into it"
    checked = run_hubbub("check", "--data", str(path.parent))
    assert checked.returncode == 1
    assert any(line.startswith("PROBLEM database") for line in checked.stdout.splitlines()), checked.stdout
    assert "Traceback" not in checked.stderr
    # A damaged backup does not displace the newest intact one.
    again = run_hubbub("backup", "--data", str(path.parent), "--to", str(tmp_path / "kept"), "--keep", "1")
    assert again.returncode == (0 if damage is anothers else 2), again.stderr
    if damage is not anothers:
        # The hint in the error is enough.
        shutil.rmtree(path.parent)
        shutil.copytree(kept, path.parent)
        server = Server(path.parent)
        assert server.sql("SELECT count(*) FROM messages") == [(2999,)]
        server.terminate()
        server.stop()


@pytest.mark.parametrize("share", [0.0, 0.3, 0.7, 0.999])
def test_a_log_that_is_cut_gives_what_was_before_the_cut(tmp_path: Path, share: float) -> None:
    """As after a power failure during a write: earlier commits are complete."""
    path = filled(tmp_path / "data", 10)
    copy = tmp_path / "copy" / "hubbub.db"
    copy.parent.mkdir()
    with closing(sqlite3.connect(path)) as writer:
        writer.execute("PRAGMA journal_mode = wal")
        writer.execute("PRAGMA wal_autocheckpoint = 0")
        for number in range(100):
            writer.execute("INSERT INTO tickets VALUES (?, 1, 'socket', 1)", (f"{number}",))
            writer.commit()
        for end in ("", "-wal"):
            shutil.copy(f"{path}{end}", f"{copy}{end}")
    wal = Path(f"{copy}-wal")
    os.truncate(wal, int(wal.stat().st_size * share))
    server = Server(copy.parent)
    [(found, last)] = server.sql("SELECT count(*), coalesce(max(CAST(digest AS INTEGER)), -1) FROM tickets")
    server.terminate()
    server.stop()
    assert found == last + 1
    assert examine(copy)


def test_a_log_that_is_a_folder(tmp_path: Path) -> None:
    path = filled(tmp_path / "data")
    with closing(sqlite3.connect(path)) as writer:
        writer.execute("PRAGMA journal_mode = wal")
    Path(f"{path}-wal").mkdir()
    done = run_hubbub("serve", "--port", "0", "--data", str(path.parent))
    assert (done.returncode, len(done.stderr.strip().splitlines())) == (2, 1), done.stderr


async def test_damage_that_is_found_while_it_runs_is_one_line(make_server) -> None:
    from hubbub.errors import Unavailable
    from tests.conftest import newcomer

    server = make_server("rate_limits=off")
    alice = await newcomer(server.url, "alice")
    room = await alice.create_room("room")
    for number in range(300):
        await alice.send(f"{number} " * 100, room=room.id)
    server.sql("PRAGMA wal_checkpoint(TRUNCATE)")
    path = server.data / "hubbub.db"
    with path.open("r+b") as file:
        file.seek(PAGE)
        file.write(b"\xff" * (path.stat().st_size - PAGE))
    # Cached data is still served; reads fail.
    with pytest.raises(Unavailable, match="damaged"):
        await alice.history(room.id, limit=200)
    assert "database_damaged" in server.log
    assert "Traceback" not in server.log
    await alice.__aexit__()


def test_looking_takes_no_longer_than_it_may(tmp_path: Path) -> None:
    path = filled(tmp_path / "data", 20_000)
    assert examine(path)
    assert not examine(path, 0.0001)
    server = Server(tmp_path / "data")
    server.terminate()
    server.stop()


def test_check_is_content_with_what_is_well(make_server) -> None:
    server = make_server()
    done = run_hubbub("check", "--data", str(server.data))
    assert done.returncode == 0, done.stdout + done.stderr
    assert "is whole" in done.stdout
    assert "schema: the newest" in done.stdout
