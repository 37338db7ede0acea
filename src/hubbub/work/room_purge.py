"""Erasing what was said in deleted rooms."""

import asyncio

from msgspec import Struct

from hubbub.chat.jobs import NewJob
from hubbub.chat.room_purge import PURGE_ROOM, PurgeRoom, RoomPurge, RoomsToPurge
from hubbub.chat.transaction import Store
from hubbub.work.jobs.commands import AddJobs
from hubbub.work.jobs.kinds import Job, JobKind
from hubbub.work.work import Work

_PAUSE_SECONDS = 0.01
_LOOK_SECONDS = 86_400


def register_room_purge(work: Work) -> None:
    """A job for each deleted room; and once a day a search for rooms that a server of an older version has left."""
    purge = _Purge(work.store)
    work.job_kinds.register(JobKind(PURGE_ROOM, purge.carry_out, RoomPurge, at_once=2, timeout_seconds=3600))
    work.scheduler.every("find-rooms-to-purge", _LOOK_SECONDS, purge.find)


class _Purge(Struct, frozen=True):
    store: Store

    async def carry_out(self, purge: RoomPurge, job: Job) -> None:
        """In pieces with pauses, so that nobody's message waits for it. One that was interrupted goes on."""
        while await self.store.write(PurgeRoom(purge.room)):  # noqa: ASYNC110 - there is no event to wait for
            await asyncio.sleep(_PAUSE_SECONDS)

    async def find(self) -> None:
        rooms = await self.store.read(RoomsToPurge())
        await self.store.write(AddJobs([NewJob(PURGE_ROOM, RoomPurge(room), key=str(room)) for room in rooms]))
