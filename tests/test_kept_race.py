"""What two servers do to one user's saved messages at the same moment."""

import asyncio
from typing import Any

from msgspec import Struct
from sqlalchemy import text
from sqlalchemy.util import await_only

from hubbub.chat import accounts, clock, messages, rooms, saved
from hubbub.chat.limits import Limits
from hubbub.chat.transaction import Outcome, Touches
from hubbub.store.sql.database import Database
from hubbub.store.sql.statement import Statement
from hubbub.store.sql.transaction import SqlTransaction
from tests.postgres import Postgres

LIMITS = Limits()
_WAITING = Statement(text("SELECT 1 FROM pg_locks WHERE NOT granted LIMIT 1"))


class Waits:
    """A transaction in which the other server has its turn after the saved message was read."""

    def __init__(self, tx: SqlTransaction, other: "asyncio.Task[None]") -> None:
        self._tx = tx
        self._other = other
        self.saved: Any = self

    def __getattr__(self, name: str) -> Any:
        return getattr(self._tx if hasattr(self._tx, name) else self._tx.saved, name)

    def get(self, user: int, room: int, seq: int) -> Any:
        found = self._tx.saved.get(user, room, seq)
        while not self._other.done() and self._tx.executor.one(_WAITING, {}) is None:
            await_only(asyncio.sleep(0.01))
        return found


class RemindSlowly(Struct, frozen=True):
    reminder: saved.Reminder
    begun: asyncio.Event
    other: "asyncio.Task[None]"

    def touches(self) -> Touches:
        return saved.Remind(self.reminder).touches()

    def decide(self, tx: SqlTransaction) -> Outcome[None]:
        self.begun.set()
        return saved.Remind(self.reminder).decide(Waits(tx, self.other))


async def test_what_is_removed_while_its_reminder_comes_stays_removed(postgres: Postgres) -> None:
    database = Database(postgres.database())
    await asyncio.to_thread(database.migrate)
    one, other = [await database.open(lambda events: None) for _ in range(2)]
    await one.write(accounts.AddAccount("alice", "Alice", "hash"))
    room = (await one.write(rooms.CreateRoom(1, "private", LIMITS, "room"))).room.id
    await one.write(messages.compose(1, "tea", LIMITS, room))
    at = clock.now() + 60_000
    await one.write(saved.SaveMessage(1, room, 1, at, LIMITS))
    begun = asyncio.Event()

    async def remove() -> None:
        await begun.wait()
        await other.write(saved.ForgetSaved(1, room, 1))

    removing = asyncio.create_task(remove())
    await one.write(RemindSlowly(saved.Reminder(1, room, 1, at), begun, removing))
    await removing
    assert (await one.read(saved.ListSaved(1, 9))).saved == []
    for store in (one, other):
        await store.close()
