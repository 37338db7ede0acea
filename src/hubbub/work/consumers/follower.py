"""One consumer at work: it is handed the changes of dirty rooms, slice by slice."""

import asyncio
from contextlib import suppress
from time import monotonic

import structlog

from hubbub.chat.transaction import Store
from hubbub.errors import HubbubError, Unavailable
from hubbub.work.backoff import backoff
from hubbub.work.consumers.commands import Advance, NextSlice, Park, RoomsBehind, StartConsumer
from hubbub.work.consumers.consumer import Consumer
from hubbub.work.consumers.dirty_rooms import DirtyRooms
from hubbub.work.consumers.partitions import Partitions, partition_of
from hubbub.work.interrupted import interrupt

_CHANGES = 100
"""In one slice. One room far behind does not keep the others waiting, nor the store from sends."""
_PAUSE_SECONDS = 0.01
_LONGEST_PAUSE_SECONDS = 1.0
_BUSY_SHARE = 9
"""After each slice a pause of so many times what it took the store: under load the consumers step back."""
_AGAIN_SECONDS = 3.0
_log = structlog.get_logger("consumers")


class Follower:
    """`sweep_seconds`: how often the store is searched for rooms whose changes were not announced."""

    def __init__(self, store: Store, consumer: Consumer, partitions: Partitions, sweep_seconds: float) -> None:
        self._store = store
        self._consumer = consumer
        self._partitions = partitions
        self._sweep_seconds = sweep_seconds
        self._dirty = DirtyRooms()
        self._failures: dict[int, int] = {}
        self._gained = asyncio.Event()
        self._started = False
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        loop = asyncio.get_running_loop()
        self._tasks = [
            loop.create_task(self._partitions.keep(self._gained.set, self._is_busy)),
            loop.create_task(self._sweep()),
            *(loop.create_task(self._follow()) for _ in range(self._consumer.at_once)),
        ]

    async def stop(self) -> None:
        """Interrupt: what was not noted as handled is handled again, here or on another server."""
        await interrupt(self._tasks)
        await self._partitions.release()

    def changed(self, room: int) -> bool:
        """Something was committed in the room. Whether this server works on it."""
        if not self._partitions.holds(room):
            return False
        # Before it is known where the consumer starts, nothing may be given to it; the sweep after that finds the room.
        if self._started and room not in self._failures:
            self._dirty.add(room)
        return True

    def _is_busy(self, partition: int) -> bool:
        return any(partition_of(room) == partition for room in self._dirty.taken())

    async def _sweep(self) -> None:
        """Find the rooms that are behind: at the start, with new partitions, and now and then."""
        wait: float | None = None
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(wait):
                    await self._gained.wait()
            begun = monotonic()
            self._gained.clear()
            try:
                while not self._started:
                    self._started = await self._store.write(
                        StartConsumer(self._consumer.name, self._consumer.starts == "now")
                    )
                    await asyncio.sleep(_PAUSE_SECONDS)
                first: int | None = 1
                while first is not None:
                    rooms, first = await self._store.read(RoomsBehind(self._consumer.name, first))
                    for room in rooms:
                        self.changed(room)
                    await asyncio.sleep(_PAUSE_SECONDS)
                wait = max(self._sweep_seconds, 20 * (monotonic() - begun))
            except HubbubError as error:
                _log.warning("not_swept", consumer=self._consumer.name, error=str(error))
                wait = _AGAIN_SECONDS
            except Exception:
                _log.exception("not_swept", consumer=self._consumer.name)
                wait = self._sweep_seconds

    async def _follow(self) -> None:
        while True:
            room = await self._dirty.take()
            more, busy = False, 0.0
            try:
                if self._partitions.holds(room):
                    more, busy = await self._handle(room)
                self._failures.pop(room, None)
                self._dirty.done(room, more)
            except Unavailable as error:
                _log.warning("consumer_waits", consumer=self._consumer.name, room=room, error=str(error))
                self._put_off(room, _AGAIN_SECONDS)
            except Exception as error:
                await self._failed(room, error)
            await asyncio.sleep(min(_LONGEST_PAUSE_SECONDS, max(_PAUSE_SECONDS, _BUSY_SHARE * busy)))

    async def _handle(self, room: int) -> tuple[bool, float]:
        """Whether there is more, and the seconds that the store took."""
        begun = monotonic()
        found = await self._store.read(NextSlice(self._consumer.name, room, _CHANGES))
        busy = monotonic() - begun
        if found is None:
            return False, busy
        async with asyncio.timeout(self._consumer.timeout_seconds):
            effect = await self._consumer.handle(found.room, found.changed)
        begun = monotonic()
        version = found.changed.version
        moved = await self._store.write(Advance(self._consumer.name, room, found.since, version, effect))
        return found.changed.has_more or not moved, busy + monotonic() - begun

    async def _failed(self, room: int, error: Exception) -> None:
        failures = self._failures[room] = self._failures.get(room, 0) + 1
        last = failures >= self._consumer.tries
        _log.error(
            "room_parked" if last else "consumer_failed",
            consumer=self._consumer.name,
            room=room,
            failures=failures,
            exc_info=error,
        )
        if not last:
            self._put_off(room, backoff(failures))
            return
        described = f"{type(error).__name__}: {error}".rstrip(": ")
        try:
            await self._store.write(Park(self._consumer.name, room, described))
        except HubbubError:
            self._put_off(room, _AGAIN_SECONDS)
        else:
            self._dirty.put_off(room)
            del self._failures[room]

    def _put_off(self, room: int, seconds: float) -> None:
        self._dirty.put_off(room)
        asyncio.get_running_loop().call_later(seconds, self._dirty.add, room)
