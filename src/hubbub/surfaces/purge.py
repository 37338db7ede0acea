"""Deleting the messages of deleted rooms in batches, so that a large room does not block the writer."""

import asyncio

from hubbub.chat.rooms import PurgeRoom, RoomsToPurge
from hubbub.chat.transaction import Store
from hubbub.errors import Unavailable

_running: set[asyncio.Task[None]] = set()


async def resume_purges(store: Store) -> None:
    """At the start: continue the purges that a stop interrupted."""
    for room in await store.read(RoomsToPurge()):
        purge_in_background(store, room)


def purge_in_background(store: Store, room: int) -> None:
    task = asyncio.get_running_loop().create_task(_purge(store, room))
    _running.add(task)
    task.add_done_callback(_running.discard)


async def _purge(store: Store, room: int) -> None:
    try:
        while await store.write(PurgeRoom(room)):
            pass
    except Unavailable:
        return  # full disk or shutdown: the next start continues
