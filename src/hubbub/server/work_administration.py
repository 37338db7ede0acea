"""What an operator does about jobs and consumers, on the database itself, beside a running server or without one.

On SQLite this is a second connection to the file. Each change is one short transaction. The server forgets its identity
map once, as after every change that is not its own, and finds what is due within the five seconds in which it looks.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, nullcontext
from pathlib import Path

from hubbub.chat.consumers import ConsumerRecord, CursorRecord
from hubbub.chat.jobs import JobRecord
from hubbub.chat.transaction import Store
from hubbub.server import data_folder
from hubbub.server.settings import BadSetting, Settings
from hubbub.store.sql.database import BadDatabase, Database
from hubbub.work.consumers.operator import DropConsumer, DropCursors, ListConsumers, Unpark
from hubbub.work.jobs.operator import DropJobs, ListJobs, RetryJobs

_AT_ONCE = 200


async def list_jobs(settings: Settings, kind: str | None, dead: bool, most: int) -> list[JobRecord]:
    """The first jobs by ascending id. All of these functions raise BadSetting and Unavailable."""
    async with _opened(settings) as store:
        return await _all_jobs(store, kind, dead, most)


async def retry_jobs(settings: Settings, jobs: Sequence[int], kind: str | None, dead: bool) -> list[int]:
    """Have these jobs, or all dead ones of a kind or of any, tried at once; returns those that will be."""
    async with _opened(settings) as store:
        retried: list[int] = []
        for some in _in_batches(list(jobs) or await _found(store, kind, dead)):
            found = await store.write(RetryJobs(some))
            retried += found
        return retried


async def drop_jobs(settings: Settings, jobs: Sequence[int], kind: str | None, dead: bool) -> list[int]:
    """Remove these jobs, or all dead ones of a kind or of any; returns those that there were."""
    async with _opened(settings) as store:
        dropped: list[int] = []
        for some in _in_batches(list(jobs) or await _found(store, kind, dead)):
            found = await store.write(DropJobs(some))
            dropped += found
        return dropped


async def list_consumers(settings: Settings) -> tuple[list[ConsumerRecord], list[CursorRecord]]:
    """The consumers, and the rooms that are parked for them."""
    async with _opened(settings) as store:
        return await store.read(ListConsumers())


async def retry_room(settings: Settings, consumer: str, room: int) -> bool:
    """Have a parked room tried again; whether it was parked."""
    async with _opened(settings) as store:
        return await store.write(Unpark(consumer, room))


async def drop_consumer(settings: Settings, consumer: str) -> bool:
    """Forget a consumer and how far it has come; whether there was one. Raises BadSetting and Unavailable if a server
    that may run it is there."""
    async with _opened(settings, alone=True) as store:
        known = await store.write(DropConsumer(consumer))
        # Those of an attempt that was interrupted, too.
        first: int | None = 1
        while first is not None:
            first = await store.write(DropCursors(consumer, first))
        return known


async def _found(store: Store, kind: str | None, dead: bool) -> list[int]:
    return [job.id for job in await _all_jobs(store, kind, dead, None)]


async def _all_jobs(store: Store, kind: str | None, dead: bool, most: int | None) -> list[JobRecord]:
    found: list[JobRecord] = []
    while most is None or len(found) < most:
        limit = _AT_ONCE if most is None else min(_AT_ONCE, most - len(found))
        page = await store.read(ListJobs(found[-1].id if found else 0, limit, kind, dead))
        found += page
        if len(page) < limit:
            break
    return found


def _in_batches(jobs: list[int]) -> list[list[int]]:
    return [jobs[first : first + _AT_ONCE] for first in range(0, len(jobs), _AT_ONCE)]


def _database(settings: Settings) -> Database:
    folder = Path(settings.data).expanduser()
    try:
        database = Database(data_folder.database_url(settings, folder))
        if database.path is not None and not database.path.exists():
            raise BadSetting(f"There is no database at {database.path}: give the server's --data.")
        schema, _ = database.state()
    except BadDatabase as error:
        raise BadSetting(str(error)) from error
    if not schema.is_usable:
        raise BadSetting(f"The database {database.shown} has the schema of an older version: start the server first.")
    return database


@asynccontextmanager
async def _opened(settings: Settings, alone: bool = False) -> AsyncIterator[Store]:
    """`alone`: not beside a server on the same SQLite file. Of servers on PostgreSQL the leases say what they do."""
    database = await asyncio.to_thread(_database, settings)
    with nullcontext() if database.path is None or not alone else data_folder.lock_database(database.path):
        store = await database.open(lambda events: None)
        try:
            yield store
        finally:
            await store.close()
