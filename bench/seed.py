"""Fills a data folder with accounts, sessions, rooms and messages, through the store itself."""

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path

from hubbub.chat import accounts, clock, rooms, sessions
from hubbub.chat.limits import Limits
from hubbub.chat.tokens import Claim, Tokens
from hubbub.server import data_folder
from hubbub.server.settings import Settings
from hubbub.store.sql.migrate import migrate
from hubbub.store.sql.sqlite import SqliteStore
from hubbub.store.sql.sqlite_file import connect


def seed(data: Path, room_count: int, members: int, public: bool = True) -> Path:
    """Make `room_count` rooms with `members` people each, and write their tokens to a file, a line each."""
    return asyncio.run(_seed(data, room_count, members, public))


async def _seed(data: Path, room_count: int, members: int, public: bool) -> Path:
    settings = Settings(data=str(data))
    folder = data_folder.prepare(settings)
    path = folder / "hubbub.db"
    migrate(path)
    tokens = Tokens(data_folder.signing_keys(settings, folder))
    store = SqliteStore(path, lambda events: None)
    limits = Limits()
    names = [_name(number) for number in range(room_count * members)]
    people = await asyncio.gather(*(store.write(accounts.AddAccount(name, name, "no password")) for name in names))
    opened = await asyncio.gather(
        *(store.write(sessions.StartSession(one.id, "no password", "bench", "", 30)) for one in people)
    )
    for room in range(room_count):
        inside = people[room * members : (room + 1) * members]
        kind = "public" if public else "private"
        made = rooms.CreateRoom(inside[0].id, kind, limits, f"room {room}", None, [one.id for one in inside[1:]])
        await store.write(made)
    await store.close()
    file = data / "tokens"
    file.write_text("\n".join(tokens.issue(Claim(s.id, s.user, s.expires_at)) for s in opened) + "\n")
    return file


def messages(data: Path, total: int, room_count: int) -> None:
    """Spread `total` messages over the rooms, with SQL alone: it is the reading that is measured."""
    with closing(connect(data / "hubbub.db")) as database:
        each = total // room_count
        for room in range(1, room_count + 1):
            version, sender = database.execute("SELECT version, created_by FROM rooms WHERE id = ?", (room,)).fetchone()
            database.execute("BEGIN")
            database.execute(
                "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?) "
                "INSERT INTO messages (room_id, seq, version, sender_id, content, at) "
                "SELECT ?, i, ? + i, ?, 'message ' || i || ' with a text of an ordinary length', ? FROM n",
                (each, room, version, sender, clock.now()),
            )
            database.execute("UPDATE rooms SET seq = ?, version = version + ? WHERE id = ?", (each, each, room))
            database.execute("COMMIT")


def _name(number: int) -> str:
    """None looks like another, and all are equally long."""
    return f"u{number:05}"


def heads(data: Path) -> dict[int, int]:
    """The version of each room."""
    with closing(sqlite3.connect(data / "hubbub.db")) as database:
        return dict(database.execute("SELECT id, version FROM rooms"))
