"""The work of a server, put together: what is registered before it starts, and what runs then."""

from collections.abc import Callable
from typing import Any

from hubbub.chat.events import Event, JobsAdded, RoomCommitted, RoomsChanged
from hubbub.chat.transaction import Store
from hubbub.work.consumers.consumer import Consumer, Consumers
from hubbub.work.consumers.feed import Feed
from hubbub.work.consumers.follower import Follower
from hubbub.work.consumers.partitions import AllPartitions, LeasedPartitions
from hubbub.work.jobs.kinds import JobKinds
from hubbub.work.jobs.runner import JobRunner
from hubbub.work.scheduler.scheduler import Scheduler

_STOP_SECONDS = 5.0
_SWEEP_SECONDS = {False: 60.0, True: 10.0}
"""With several servers on one database, one that is killed may leave its last commits unannounced: they are sought."""


class Work:
    """`shared`: other servers use the database too. `store`: without rate limits."""

    def __init__(self, store: Store, shared: bool) -> None:
        self.store = store
        self.job_kinds = JobKinds()
        self.consumers = Consumers()
        self.scheduler = Scheduler(store, self.job_kinds)
        self._shared = shared
        self._jobs = JobRunner(store, self.job_kinds, shared)
        self._followers: list[Follower] = []

    def start(self, subscribe: Callable[..., None], publish_to_others: Callable[[list[Event]], None]) -> None:
        """Begin, after everything is registered. `subscribe`: the bus's."""
        subscribe(self._jobs.on_event, JobsAdded)
        self._followers = [self._follower(consumer) for consumer in self.consumers.all()]
        if self._followers:
            feed = Feed(self._followers, publish_to_others)
            subscribe(feed.on_event, RoomCommitted)
            subscribe(feed.on_rooms_changed, RoomsChanged)
        self._jobs.start()
        self.scheduler.start()
        for follower in self._followers:
            follower.start()

    async def stop(self) -> None:
        """End. What was begun is finished within seconds, or taken up again by another server or after the restart."""
        await self.scheduler.stop()
        for follower in self._followers:
            await follower.stop()
        await self._jobs.stop(_STOP_SECONDS)

    def _follower(self, consumer: Consumer) -> Follower:
        partitions: Any = LeasedPartitions(self.store, consumer.name) if self._shared else AllPartitions()
        return Follower(self.store, consumer, partitions, _SWEEP_SECONDS[self._shared])
