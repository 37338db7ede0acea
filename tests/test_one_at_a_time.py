"""One server per file, and no migration beneath a running server."""

import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path

import pytest
from alembic import command
from sqlalchemy import create_engine

from hubbub.store.sql import revisions
from tests.command import run_hubbub
from tests.conftest import MakeServer, newcomer
from tests.postgres import Postgres
from tests.server import Server, sql


@pytest.mark.parametrize(
    "way", ["other folder", "symbolic link", "linked folder", "relative", "dots", "hard link", "bind mount"]
)
def test_a_file_is_for_one_server_whatever_path_leads_to_it(tmp_path: Path, way: str) -> None:
    server = Server(tmp_path / "data")
    path = tmp_path / "data" / "hubbub.db"
    is_mounted = False
    if way == "symbolic link":
        (tmp_path / "link.db").symlink_to(path)
        path = tmp_path / "link.db"
    elif way == "linked folder":
        (tmp_path / "link").symlink_to(path.parent)
        path = tmp_path / "link" / "hubbub.db"
    elif way == "relative":
        path = Path(*[".."] * len(Path.cwd().parts[1:]), *path.parts[1:])
    elif way == "dots":
        path = tmp_path / "data" / ".." / "data" / "hubbub.db"
    elif way == "hard link":
        (tmp_path / "elsewhere").mkdir()
        (tmp_path / "elsewhere" / "mine.db").hardlink_to(path)
        path = tmp_path / "elsewhere" / "mine.db"
    elif way == "bind mount":
        mounted = tmp_path / "mounted.db"
        mounted.touch()
        is_mounted = subprocess.run(["mount", "--bind", path, mounted], capture_output=True).returncode == 0
        if not is_mounted:
            # Without the right to mount: another path of the same file, which does not reveal the other one.
            mounted.unlink()
            mounted.hardlink_to(path)
        path = mounted
    url = f"sqlite:///{path}"
    second = run_hubbub("serve", "--port", "0", "--data", str(tmp_path / "other"), "--database", url)
    moved = run_hubbub("migrate", "--from", url, "--to", "postgresql://nobody@127.0.0.1:1/nothing")
    if is_mounted:
        subprocess.run(["umount", path], check=True)
    for done in (second, moved):
        assert done.returncode == 2
        assert "Another Hubbub is running" in done.stderr, done.stderr
    server.stop()


def test_a_server_on_a_file_elsewhere_keeps_others_out_of_it_too(tmp_path: Path) -> None:
    first = run_hubbub("migrate", "--from", f"sqlite:///{tmp_path}/none.db", "--to", "postgresql://x@127.0.0.1:1/y")
    assert first.returncode == 2
    server = Server(tmp_path / "one", f"database=sqlite:///{tmp_path}/chat.db")
    done = run_hubbub(
        "serve", "--port", "0", "--data", str(tmp_path / "two"), "--database", f"sqlite:///{tmp_path}/chat.db"
    )
    assert (done.returncode, "Another Hubbub is running" in done.stderr) == (2, True)
    server.stop()


async def test_the_lock_of_the_file_stays_while_the_server_works(tmp_path: Path) -> None:
    """Whatever files SQLite opens and closes meanwhile. It is released when the server ends, by SIGKILL too."""
    server = Server(tmp_path / "data", "rate_limits=off")
    alice = await newcomer(server.url, "alice")
    room = await alice.create_room("lobby")
    for number in range(50):
        await alice.send(f"message {number}", room=room.id)
    assert run_hubbub("backup", "--data", str(tmp_path / "data"), "--to", str(tmp_path / "kept")).returncode == 0
    assert run_hubbub("check", "--data", str(tmp_path / "data")).returncode == 0
    (tmp_path / "other").mkdir()
    link = tmp_path / "other" / "hubbub.db"
    link.hardlink_to(tmp_path / "data" / "hubbub.db")
    refused = run_hubbub("serve", "--port", "0", "--data", str(tmp_path / "other"))
    assert (refused.returncode, "Another Hubbub is running" in refused.stderr) == (2, True)
    await alice.send("still here", room=room.id)
    server.kill()
    server.start()
    assert (await alice.room(room.id)).seq == 51
    await alice.__aexit__()
    server.stop()


def older(path: Path) -> None:
    """A database of an earlier version."""
    with create_engine(f"sqlite:///{path}").begin() as connection:
        config = revisions.config()
        config.attributes["connection"] = connection
        command.upgrade(config, "0002")


def revision(path: Path) -> str:
    with closing(sqlite3.connect(path)) as connection:
        return str(connection.execute("SELECT version_num FROM alembic_version").fetchone()[0])


def test_an_administrator_is_not_made_by_migrating_beneath_a_server(tmp_path: Path) -> None:
    from hubbub.server.data_folder import lock_database

    (tmp_path / "data").mkdir()
    path = tmp_path / "data" / "hubbub.db"
    older(path)
    create = ("admin", "create", "boss", "--data", str(tmp_path / "data"))
    # The lock of a running server of that version.
    with lock_database(path):
        done = run_hubbub(*create)
        assert done.returncode == 2
        assert "older version" in done.stderr
        assert "restart the server first" in done.stderr
        assert revision(path) == "0002"


async def test_an_administrator_is_made_beside_a_server_of_the_same_version(make_server: MakeServer) -> None:
    server = make_server()
    alice = await newcomer(server.url, "alice")
    assert run_hubbub("admin", "create", "alice", "--data", str(server.data)).returncode == 0
    await alice.sign_in("alice", "correct horse")
    await alice.__aexit__()


def test_nor_beneath_the_nodes_of_a_cluster(tmp_path: Path, postgres: Postgres) -> None:
    url = postgres.database()
    node = Server(tmp_path / "node", database=url)
    create = ("admin", "create", "boss", "--data", str(tmp_path / "admin"), "--database", url)
    newest = sql(url, "SELECT version_num FROM alembic_version")
    try:
        # For this version its schema is an older one.
        sql(url, "UPDATE alembic_version SET version_num = '0002'")
        done = run_hubbub(*create)
        assert done.returncode == 2
        assert "restart the server first" in done.stderr
        assert sql(url, "SELECT version_num FROM alembic_version") == [("0002",)]
        sql(url, f"UPDATE alembic_version SET version_num = '{newest[0][0]}'")
        assert "too short" in run_hubbub(*create).stderr or run_hubbub(*create).returncode == 2  # no password was given
    finally:
        node.stop()


@pytest.mark.parametrize("path", ["/etc/passwd", "/etc", "other.db", "text"])
def test_moving_from_what_is_none_of_ours_leaves_nothing_beside_it(tmp_path: Path, path: str) -> None:
    (tmp_path / "text").write_text("hello")
    with closing(sqlite3.connect(tmp_path / "other.db")) as other, other:
        other.execute("PRAGMA journal_mode = wal")
        other.execute("CREATE TABLE bookmarks (url)")
    source = tmp_path / path
    before = {each.name for each in source.parent.iterdir()}
    done = run_hubbub("migrate", "--from", f"sqlite:///{source}", "--to", "postgresql://nobody@127.0.0.1:1/nothing")
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert {each.name for each in source.parent.iterdir()} == before
