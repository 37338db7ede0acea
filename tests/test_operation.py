"""Operation of the server: settings, start, stop, migration, failures."""

import asyncio
import json
import os
import sqlite3
import stat
from contextlib import closing, suppress
from pathlib import Path

import httpx
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine

from hubbub.errors import Conflict, Unavailable
from hubbub.server.setting_sources import load
from hubbub.server.settings import BadSetting, Settings
from hubbub.store.sql.migrate import migrate
from hubbub.store.sql.tables import metadata
from tests.command import run_hubbub
from tests.conftest import MakeServer, newcomer
from tests.http import HttpClient
from tests.later import Later
from tests.postgres import Postgres
from tests.raw import RawSocket
from tests.server import Server

# Settings


def test_the_command_line_beats_the_environment_beats_the_file(tmp_path: Path) -> None:
    (tmp_path / "hubbub.toml").write_text(
        'port = 1111\nmessage_length = 500\nallowed_origins = ["https://a.example"]\n'
    )
    options = {"port": "3333", "host": None}
    environment = {"HUBBUB_PORT": "2222", "HUBBUB_TRUSTED_PROXY": "10.0.0.1, 10.0.0.2", "HUBBUB_RATE_LIMITS": "off"}
    settings, sources = load(options, environment, tmp_path / "hubbub.toml")
    assert (settings.port, settings.message_length, settings.host) == (3333, 500, "127.0.0.1")
    assert settings.trusted_proxy == ["10.0.0.1", "10.0.0.2"]
    assert (sources["port"], sources["rate_limits"], sources["host"]) == ("command line", "environment", "default")
    assert sources["message_length"].endswith("hubbub.toml")


@pytest.mark.parametrize(
    ("options", "environment", "file", "named"),
    [
        ({"port": "http"}, {}, "", "port"),
        ({"port": "70000"}, {}, "", "port"),
        ({"nonsense": "1"}, {}, "", "nonsense"),
        ({}, {"HUBBUB_RATE_LIMITS": "maybe"}, "", "rate_limits"),
        ({}, {}, "colour = 1", "colour"),
        ({}, {}, "port = ", "not TOML"),
    ],
)
def test_a_bad_setting_is_named(tmp_path: Path, options, environment, file: str, named: str) -> None:
    (tmp_path / "hubbub.toml").write_text(file)
    with pytest.raises(BadSetting, match=named):
        load(options, environment, tmp_path / "hubbub.toml")


def test_config_prints_what_is_in_force_and_where_from(tmp_path: Path) -> None:
    (tmp_path / "hubbub.toml").write_text("message_length = 500\n")
    result = run_hubbub(
        "config", "--port", "9", cwd=tmp_path, HUBBUB_LOG_LEVEL="error", HUBBUB_SECRET_KEY="not to be shown!"
    )
    assert result.returncode == 0
    lines = {line.split("│")[1].strip(): line for line in result.stdout.splitlines() if line.count("│") > 3}
    assert set(Settings.__struct_fields__) <= set(lines)
    assert "command line" in lines["port"]
    assert "environment" in lines["log_level"]
    assert "hubbub.toml" in lines["message_length"]
    assert "not to be shown" not in result.stdout
    urls = {
        "HUBBUB_DATABASE": "postgresql://me:sec/ret@db/chat",
        "HUBBUB_BUS": "nats://me:secret@one,nats://me:secret@two",
    }
    shown = run_hubbub("config", cwd=tmp_path, **urls).stdout
    assert "ret@" not in shown
    assert "nats://me:***@one" in shown


def test_the_table_of_settings_in_the_docs_is_complete() -> None:
    table = (Path(__file__).parent.parent / "docs" / "configuration.md").read_text()
    for name in Settings.__struct_fields__:
        assert f"| `{name}` |" in table, f"docs/configuration.md lacks {name}: run tools/configuration.py"


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--port", "nonsense"), "port"),
        (("--database", "mysql://x"), "sqlite:///"),
        (("--set", "nonsense=1"), "nonsense"),
        (("--set", "frame_bytes"), "NAME=VALUE"),
        (("--set", "trusted_proxy=everyone"), "trusted_proxy"),
        (("--set", "failures_per_account=often"), "rate limit"),
        (("--data", "file/inside"), "cannot be written"),
        (("--config", "missing.toml"), "missing.toml"),
        (("--host", "203.0.113.1"), "Cannot listen"),
        (("--no-such-option",), "No such option"),
    ],
)
def test_a_server_that_cannot_start_says_so_in_one_line(tmp_path: Path, arguments: tuple[str, ...], says: str) -> None:
    (tmp_path / "file").touch()
    result = run_hubbub("serve", *arguments, cwd=tmp_path)
    assert result.returncode == 2
    assert says in result.stderr
    assert "Traceback" not in result.stderr
    if not arguments[0].startswith("--no-such"):
        assert len(result.stderr.strip().splitlines()) == 1


def test_a_folder_that_cannot_be_written_to(tmp_path: Path) -> None:
    if os.geteuid() == 0:
        folder = "/proc/hubbub"  # where even root cannot create a folder
    else:
        folder = str(tmp_path / "closed")
        Path(folder).mkdir(mode=0o500)
    result = run_hubbub("serve", "--data", folder, cwd=tmp_path)
    assert (result.returncode, len(result.stderr.splitlines())) == (2, 1)
    assert "cannot be written" in result.stderr


async def test_two_servers_on_one_folder_or_port(make_server: MakeServer, tmp_path: Path) -> None:
    server = make_server()
    same_folder = run_hubbub("serve", "--port", "0", "--data", str(server.data), cwd=tmp_path)
    assert (same_folder.returncode, "Another Hubbub" in same_folder.stderr) == (2, True)
    same_port = run_hubbub("serve", "--port", str(server.port), "--data", str(tmp_path / "other"), cwd=tmp_path)
    assert (same_port.returncode, "Cannot listen" in same_port.stderr) == (2, True)


async def test_the_signing_key_is_made_once_and_for_the_owner_only(make_server: MakeServer) -> None:
    server = make_server()
    alice = await newcomer(server.url, "alice")
    path = server.data / "secret.key"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(server.data.stat().st_mode) == 0o700
    kept = path.read_text()
    server.terminate()
    server.start()
    assert path.read_text() == kept
    await alice.profile()
    await alice.__aexit__()


async def test_admin_create(make_server: MakeServer, tmp_path: Path) -> None:
    server = make_server()
    first = await newcomer(server.url, "first")
    weak = run_hubbub("admin", "create", "boss", "--data", str(server.data), cwd=tmp_path, stdin="short\n")
    assert (weak.returncode, "password" in weak.stderr) == (2, True)
    made = run_hubbub("admin", "create", "boss", "--data", str(server.data), cwd=tmp_path, stdin="boss password\n")
    assert made.returncode == 0, made.stderr
    await first.sign_in("boss", "boss password")
    assert (await first.profile()).admin
    second = await newcomer(server.url, "second")
    assert not (await second.profile()).admin
    assert run_hubbub("admin", "create", "second", "--data", str(server.data), cwd=tmp_path).returncode == 0
    assert (await second.profile()).admin
    for client in (first, second):
        await client.__aexit__()


async def test_health(server) -> None:
    async with HttpClient(base_url=server.url) as http:
        for path in ("/healthz", "/readyz", "/readyz/reading"):
            assert (await http.get(path)).json() == {"status": "ok"}


async def test_a_server_that_lost_its_database_is_alive_and_not_to_be_read_from(tmp_path: Path) -> None:
    postgres = Postgres()
    server = Server(tmp_path / "data", database=postgres.database())

    async def received(http: httpx.AsyncClient) -> list[int]:
        return [(await http.get(path)).status_code for path in ("/healthz", "/readyz/reading", "/readyz")]

    try:
        async with HttpClient(base_url=server.url, timeout=30) as http:
            assert await received(http) == [200, 200, 200]
            postgres.stop()
            assert await received(http) == [200, 503, 503]
            assert (await http.get("/readyz/reading")).json()["detail"]
            postgres.start()
            while await received(http) != [200, 200, 200]:
                await asyncio.sleep(0.1)
    finally:
        server.stop()
        postgres.remove()


async def test_rate_limits_off_is_said_loudly(make_server: MakeServer) -> None:
    warned = make_server("rate_limits=off")
    first = json.loads(warned.log.splitlines()[0])
    assert (first["event"], first["level"]) == ("rate_limits_off", "warning")


# Stopping


async def test_sigterm_drains(make_server: MakeServer) -> None:
    server = make_server("rate_limits=off")
    alice = await newcomer(server.url, "alice")
    room = await alice.create_room("room")
    sockets = [await RawSocket.open(server.socket_url, {"Authorization": f"Bearer {alice.token}"}) for _ in range(20)]
    for socket in sockets:
        await socket.send(type="hello")
        await socket.expect("connect")
    busy = sockets[0]
    for number in range(300):
        await busy.send(type="message", room=room.id, content=f"m{number}", ref=number)
    await busy.expect("ack")
    server.process.terminate()
    codes = await asyncio.gather(*(socket.closed() for socket in sockets))
    assert set(codes) == {1012}
    last = [socket.seen[-1] for socket in sockets]
    assert {event["type"] for event in last} == {"disconnect"}
    waits = [event["retry_after"] for event in last]
    assert len(set(waits)) > 10, "everybody would come back at once"
    assert await asyncio.to_thread(server.process.wait, 30) == 0
    # Messages acknowledged before the end are stored.
    acks = [event for event in busy.seen if event["type"] == "ack"]
    server.start()
    stored = {m.seq: m.content for m in (await alice.history(room.id, after=0, limit=200)).messages}
    assert acks
    for ack in acks[:200]:
        assert stored[ack["seq"]] == f"m{ack['ref']}"
    await alice.__aexit__()


async def test_a_request_under_way_is_finished_before_the_end(make_server: MakeServer) -> None:
    server = make_server("rate_limits=off")
    alice = await newcomer(server.url, "alice")
    room = await alice.create_room("room")
    sends = [asyncio.create_task(alice.send(f"m{number}", room=room.id)) for number in range(20)]
    await asyncio.wait(sends, return_when=asyncio.FIRST_COMPLETED)
    server.process.terminate()
    answered = []
    for send in sends:
        with suppress(Unavailable):
            answered.append((await send).content)
    assert await asyncio.to_thread(server.process.wait, 30) == 0
    server.start()
    stored = [m.content for m in (await alice.history(room.id)).messages]
    assert set(answered) <= set(stored)
    assert len(stored) == len(set(stored))
    await alice.__aexit__()


async def test_what_is_said_to_a_server_that_goes_is_said_again_to_the_next(make_server: MakeServer) -> None:
    server = make_server("rate_limits=off")
    alice = await newcomer(server.url, "alice")
    room = await alice.create_room("room")
    assert alice.token is not None
    socket = await RawSocket.greeted(server.socket_url, alice.token)
    live = alice.live()
    async with live:
        await live.ready()
        # A request without its body delays the stop for a moment.
        _, slow = await asyncio.open_connection("127.0.0.1", server.port)
        head = f"POST /api/messages HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {alice.token}\r\n"
        slow.write(f"{head}Content-Type: application/json\r\nContent-Length: 50\r\n\r\n".encode())
        await slow.drain()
        await alice.profile()  # by now its head has been read
        server.process.terminate()
        while "draining" not in server.log:
            await asyncio.sleep(0.01)
        await socket.send(type="message", room=room.id, content="raw", ref="late")
        said = asyncio.create_task(live.send("said once", room=room.id))
        # The frame gets no answer: the connection is closed instead.
        assert await socket.closed() == 1012
        assert {event["type"] for event in socket.seen} <= {"connect", "presence", "disconnect"}
        slow.close()
        assert await asyncio.to_thread(server.process.wait, 30) == 0
        server.start()
        assert (await said).seq == 1
    await alice.__aexit__()


# Migration


def test_the_migrations_give_the_schema_of_the_code(tmp_path: Path) -> None:
    path = tmp_path / "hubbub.db"
    migrate(path)
    with create_engine(f"sqlite:///{path}").connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
        tables = connection.exec_driver_sql("SELECT sql FROM sqlite_master WHERE name = 'messages'").scalar()
    assert "WITHOUT ROWID" in tables


def test_a_copy_is_kept_before_a_migration_changes_the_file(tmp_path: Path, later: Later) -> None:
    """A file of an older schema, and a migration that this test adds."""
    path = tmp_path / "hubbub.db"
    assert migrate(path) is None
    with closing(sqlite3.connect(path)) as database:
        database.execute("INSERT INTO tickets VALUES ('kept', 1, 'socket', 1)")
        database.commit()
    with later('op.execute("DELETE FROM tickets")'):
        copy = migrate(path)
    assert copy is not None
    assert copy.parent.name == "backups"
    with closing(sqlite3.connect(copy)) as old, closing(sqlite3.connect(path)) as new:
        assert old.execute("SELECT digest FROM tickets").fetchall() == [("kept",)]
        assert new.execute("SELECT digest FROM tickets").fetchall() == []


def test_a_migration_that_fails_changes_nothing(tmp_path: Path, later: Later) -> None:
    path = tmp_path / "hubbub.db"
    migrate(path)
    with closing(sqlite3.connect(path)) as database:
        before = database.execute("SELECT name FROM sqlite_master").fetchall()
    with later('op.create_table("halves", sa.Column("id", sa.Integer))\nraise OSError("the power failed")'):
        with pytest.raises(OSError, match="the power failed"):
            migrate(path)
        with closing(sqlite3.connect(path)) as database:
            assert database.execute("SELECT name FROM sqlite_master").fetchall() == before
    with later('op.create_table("halves", sa.Column("id", sa.Integer))'):
        assert migrate(path) is not None


def test_the_file_is_written_durably(tmp_path: Path) -> None:
    from hubbub.store.sql.sqlite_file import connect

    migrate(tmp_path / "hubbub.db")
    with closing(connect(tmp_path / "hubbub.db")) as connection:
        settings = [
            connection.execute(f"PRAGMA {name}").fetchone()[0]
            for name in ("journal_mode", "synchronous", "foreign_keys")
        ]
    assert settings == ["wal", 2, 1]


# Failures


async def test_a_full_disk(small_disk, tmp_path: Path) -> None:
    from tests.server import Server

    place, prefix = small_disk
    server = Server(place / "data", "rate_limits=off", prefix=prefix)
    try:
        alice = await newcomer(server.url, "alice")
        room = await alice.create_room("room")
        socket = await RawSocket.open(server.socket_url, {"Authorization": f"Bearer {alice.token}"})
        await socket.send(type="hello")
        await socket.expect("connect")
        inside = Path(f"/proc/{server.process.pid}/root{place}")
        filler = inside / "filler"
        with filler.open("wb", buffering=0) as file, suppress(OSError):
            while True:
                file.write(b"x" * 4096)
        acknowledged = []
        refused = None
        while refused is None:
            try:
                stored = await alice.send(f"m{len(acknowledged)} " + "x" * 900, room=room.id)
                acknowledged.append((stored.seq, stored.content))
            except Unavailable as error:
                refused = error
        assert "disk" in str(refused)
        assert refused.retry_after >= 1
        over_socket = await socket.ask(type="message", room=room.id, content="x" * 900)
        assert (over_socket["code"], "disk" in over_socket["detail"]) == ("unavailable", True)
        # Nothing refused was published, and reads still work.
        received = [event["seq"] for event in socket.seen if event["type"] == "message"]
        assert received == [seq for seq, _ in acknowledged]
        assert len((await alice.history(room.id, limit=200)).messages) == min(200, len(acknowledged))
        async with HttpClient(base_url=server.url) as http:
            assert (await http.get("/healthz")).status_code == 200
        # With free space it continues by itself, without gaps.
        filler.unlink()
        after = await alice.send("room again", room=room.id)
        assert after.seq == len(acknowledged) + 1
        assert (await socket.expect("message", seq=after.seq))["content"] == "room again"
        await socket.close()
        await alice.__aexit__()
    finally:
        server.stop()


async def test_a_race_for_a_public_name_has_one_winner(people) -> None:
    alice, bob = await people(2)
    name = f"race {alice.user.username}"
    made = await asyncio.gather(
        *(client.create_room(name) for client in (alice, bob) for _ in range(5)), return_exceptions=True
    )
    assert sum(not isinstance(result, Exception) for result in made) == 1
    assert all(isinstance(result, Conflict) for result in made if isinstance(result, Exception))


async def test_a_database_of_the_first_schema_is_brought_along(tmp_path: Path) -> None:
    """Direct messages are added to inboxes, archived rooms stay archived, and new columns get the right values."""
    from alembic import command
    from sqlalchemy import create_engine

    from hubbub.chat import members, messages, rooms, user_stream
    from hubbub.chat.limits import Limits
    from hubbub.store.sql import revisions
    from hubbub.store.sql.sqlite import SqliteStore

    path = tmp_path / "hubbub.db"
    config = revisions.config()
    with create_engine(f"sqlite:///{path}").begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
    with closing(sqlite3.connect(path)) as old:
        for number, name in enumerate(("alice", "bob", "carol"), start=1):
            old.execute(
                "INSERT INTO users (id, username, key, display_name, display_key, created_at, admin, chosen_status) "
                "VALUES (?, ?, ?, ?, ?, 1, 0, 'online')",
                (number, name, name, name, name),
            )
        for room, (low, high) in ((1, (1, 2)), (2, (1, 3))):
            old.execute(
                "INSERT INTO rooms (id, kind, seq, version, member_count, created_at, pair_low, pair_high) "
                "VALUES (?, 'direct', 2, 4, 2, 1, ?, ?)",
                (room, low, high),
            )
            for user in (low, high):
                old.execute(
                    "INSERT INTO members (room_id, user_id, version, read_seq, joined_at, rank, archived) "
                    "VALUES (?, ?, ?, 1, 1, 'member', ?)",
                    (room, user, user, user == 1 and room == 2),
                )
            for seq, (sender, at) in enumerate(((high, 100 + room), (low, 200)), start=1):
                old.execute(
                    "INSERT INTO messages (room_id, seq, version, sender_id, content, at) VALUES (?, ?, ?, ?, ?, ?)",
                    (room, seq, seq + 2, sender, f"room {room} message {seq}", at),
                )
        old.commit()
    assert migrate(path) is not None
    store = SqliteStore(path, lambda events: None)
    arrived = (await store.read(user_stream.StreamSince(1, 0, 9))).entries
    assert [(one.position, one.message.content) for one in arrived] == [
        (1, "room 1 message 1"),
        (2, "room 2 message 1"),
    ]
    assert {room.id: room.me.archived for room in await store.read(rooms.MyRooms(1))} == {1: False, 2: True}
    posted = (await store.write(messages.compose(3, "wake up", Limits(), to=1))).message
    assert (posted.room, posted.seq) == (2, 3)
    assert {room.id: room.me.archived for room in await store.read(rooms.MyRooms(1))} == {1: False, 2: False}
    assert (await store.read(user_stream.StreamSince(1, 2, 9))).entries[0].message.content == "wake up"
    assert [m.rank for m in await store.read(members.Members(1, 1, 0, 9))] == ["member", "member"]
    await store.close()
