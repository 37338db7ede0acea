"""Two servers that both believe that a room is theirs, as after one of them stood still."""

import asyncio

from msgspec import Struct
from sqlalchemy import text
from sqlalchemy.util import await_only

from hubbub.chat import accounts, rooms
from hubbub.chat.jobs import NewJob
from hubbub.chat.limits import Limits
from hubbub.chat.transaction import NOTHING, Outcome, Touches
from hubbub.store.sql.database import Database
from hubbub.store.sql.statement import Statement
from hubbub.store.sql.transaction import SqlTransaction
from hubbub.work.consumers.commands import Advance
from hubbub.work.jobs.operator import ListJobs
from tests.postgres import Postgres

_WAITING = Statement(text("SELECT 1 FROM pg_locks WHERE NOT granted LIMIT 1"))


class Meet(Struct, frozen=True):
    """An effect that is decided once the other server has decided on its own, or waits for this one."""

    met: list[str]
    name: str

    def touches(self) -> Touches:
        return NOTHING

    def decide(self, tx: SqlTransaction) -> Outcome[None]:
        self.met.append(self.name)
        while len(self.met) < 2 and tx.executor.one(_WAITING, {}) is None:
            await_only(asyncio.sleep(0.01))
        return Outcome(None, jobs=[NewJob("effect")])


async def test_one_of_them_moves_a_cursor_that_is_not_there_yet(postgres: Postgres) -> None:
    database = Database(postgres.database())
    await asyncio.to_thread(database.migrate)
    stores = [await database.open(lambda events: None) for _ in range(2)]
    await stores[0].write(accounts.AddAccount("alice", "Alice", "hash"))
    room = (await stores[0].write(rooms.CreateRoom(1, "private", Limits(), "room", None, []))).room
    met: list[str] = []
    moved = await asyncio.gather(
        *(store.write(Advance("search", room.id, 0, 1, Meet(met, str(n)))) for n, store in enumerate(stores))
    )
    assert sorted(moved) == [False, True]
    assert [job.kind for job in await stores[0].read(ListJobs())] == ["effect"]
    for store in stores:
        await store.close()
