"""A store of each implementation, for tests of its contract."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from hubbub.chat import accounts, history, messages, rooms
from hubbub.chat.events import Event
from hubbub.chat.limits import Limits
from hubbub.store.memory.store import MemoryStore
from hubbub.store.sql.database import Database

LIMITS = Limits(groups_per_user=3, reactions_per_message=2, resync_after=10, edits_per_message=4)


class Chat:
    """A store with three users, and its published events."""

    def __init__(self, store, received: list[Event]) -> None:
        self.store = store
        self.published = received
        self.write = store.write
        self.read = store.read
        self.alice = self.bob = self.carol = 0

    async def start(self) -> "Chat":
        self.alice, self.bob, self.carol = [
            (await self.write(accounts.AddAccount(name, name.title(), "hash"))).id for name in ("alice", "bob", "carol")
        ]
        return self

    async def room(self, kind="private", name="room", who=None) -> int:
        command = rooms.CreateRoom(self.alice, kind, LIMITS, name, None, [self.bob] if who is None else who)
        return (await self.write(command)).room.id

    async def post(self, actor: int, room: int, text: str, **options):
        return (await self.write(messages.compose(actor, text, LIMITS, room=room, **options))).message

    async def history(self, actor: int, room: int, **options):
        return await self.read(history.History(actor, room, options.pop("limit", 50), **options))

    async def mine(self, actor: int, room: int):
        return (await self.read(rooms.OneRoom(actor, room))).me


@pytest.fixture(params=["memory", "sqlite", "postgresql"])
async def chat(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Any]:
    received: list[Event] = []
    if request.param == "memory":
        yield await Chat(MemoryStore(received.extend), received).start()
        return
    postgresql = request.param == "postgresql"
    url = request.getfixturevalue("postgres").database() if postgresql else f"sqlite:///{tmp_path}/hubbub.db"
    database = Database(url)
    await asyncio.to_thread(database.migrate)
    store = await database.open(received.extend)
    yield await Chat(store, received).start()
    await store.close()
