"""Erasing a deleted room's messages a few at a time, so that a big room holds nobody up."""

import asyncio

from hubbub.chat.ledger import Store
from hubbub.chat.rooms import PurgeRoom, RoomsToPurge
from hubbub.errors import Unavailable

_running: set[asyncio.Task[None]] = set()


async def resume_purges(store: Store) -> None:
    """At the start: go on with what a stop interrupted."""
    for room in await store.read(RoomsToPurge()):
        purge_in_background(store, room)


def purge_in_background(store: Store, room: int) -> None:
    task = asyncio.get_running_loop().create_task(_erase(store, room))
    _running.add(task)
    task.add_done_callback(_running.discard)


async def _erase(store: Store, room: int) -> None:
    try:
        while await store.write(PurgeRoom(room)):
            pass
    except Unavailable:
        return  # full disk or shutdown: the start takes it up again
