"""The bus between servers, on NATS. What it loses is found by a room's `version` (`live/cluster/resequencer.py`).

Subjects, below the prefix: `room.<id>` for events of a room and `user.<id>` for those of a user's stream, each
subscribed to while somebody here listens; `all` for what every server needs at once: joins, leaves, ended sessions,
presence.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
import nats
import structlog
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.aio.subscription import Subscription

from hubbub.chat.events import (
    ActivityNote,
    DeliveredEvent,
    Event,
    JobsAdded,
    MembershipEvent,
    ReadEvent,
    RoomCommitted,
    ThreadEvent,
    TypingEvent,
    UserCommitted,
)
from hubbub.live.rooms.bus import LocalBus

_CONNECT_SECONDS = 2
_RECONNECT_SECONDS = 1
_PING_SECONDS = 2
_MOST_WAITING = 10_000
_MOST_UNKNOWN = 100
_log = structlog.get_logger("bus")
_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(Event)


class NatsBus(LocalBus):
    """Publishes to this server's subscribers at once and to the other servers through NATS; passes on what they
    publish."""

    def __init__(self, servers: list[str], prefix: str) -> None:
        super().__init__()
        self._servers = servers
        self._prefix = prefix
        self._back: Callable[[], None] = lambda: None
        self._client = Client()
        self._waiting: list[tuple[str, bytes]] = []
        self._wanted: dict[str, bool] = {}
        self._subscriptions: dict[str, Subscription] = {}
        self._something = asyncio.Event()
        self._unknown: set[str] = set()
        self._task: asyncio.Task[None] | None = None

    async def start(self, back: Callable[[], None]) -> None:
        """Connect now, or as soon as NATS is reachable; the server works without it meanwhile.

        `back` is called when the connection to NATS is back, and when a new subscription is in force.
        """
        self._back = back
        self._task = asyncio.get_running_loop().create_task(self._work())

    async def stop(self) -> None:
        if self._task is not None:
            if self.connected:
                await self._once(self._send)
            self._task.cancel()
            await asyncio.wait([self._task])
        if not self._client.is_closed:
            await self._client.close()

    @property
    def connected(self) -> bool:
        return bool(self._client.is_connected)

    def publish(self, events: list[Event]) -> None:
        super().publish(events)
        self.publish_to_others(events)

    def publish_to_others(self, events: list[Event]) -> None:
        """Publish to the other servers only."""
        for event in events:
            if self.connected and len(self._waiting) < _MOST_WAITING:
                payload = _encoder.encode(event)
                self._waiting += [(f"{self._prefix}.{subject}", payload) for subject in _subjects(event)]
        self._something.set()

    def listen(self, subject: str, on: bool) -> None:
        self._wanted[subject] = on
        self._something.set()

    async def _work(self) -> None:
        while not self._client.is_connected:
            try:
                await self._client.connect(
                    servers=self._servers,
                    name="hubbub",
                    no_echo=True,
                    connect_timeout=_CONNECT_SECONDS,
                    reconnect_time_wait=_RECONNECT_SECONDS,
                    max_reconnect_attempts=-1,
                    ping_interval=_PING_SECONDS,
                    max_outstanding_pings=2,
                    disconnected_cb=self._disconnected,
                    reconnected_cb=self._reconnected,
                    error_cb=self._failed,
                )
            except (OSError, TimeoutError, nats.errors.Error) as error:
                _log.warning("not_connected", error=str(error) or type(error).__name__)
                await asyncio.sleep(_RECONNECT_SECONDS)
        await self._client.subscribe(f"{self._prefix}.all", cb=self._received)
        self._back()
        while True:
            await self._something.wait()
            self._something.clear()
            await self._once(self._send)
            await self._once(self._interest)

    async def _once(self, work: Callable[[], Awaitable[None]]) -> None:
        try:
            await work()
        except (OSError, TimeoutError, nats.errors.Error) as error:
            # Other servers find unpublished changes in the store; the subscriptions are tried again.
            _log.warning("not_told", error=str(error) or type(error).__name__)
            asyncio.get_running_loop().call_later(_RECONNECT_SECONDS, self._something.set)

    async def _send(self) -> None:
        waiting, self._waiting = self._waiting, []
        for subject, payload in waiting:
            await self._client.publish(subject, payload)

    async def _interest(self) -> None:
        new = False
        while self._wanted:
            subject, on = next(iter(self._wanted.items()))
            if on and subject not in self._subscriptions:
                name = f"{self._prefix}.{subject}"
                self._subscriptions[subject] = await self._client.subscribe(name, cb=self._received)
                new = True
            elif not on and (subscription := self._subscriptions.pop(subject, None)) is not None:
                await subscription.unsubscribe()
            # Only now: had it failed, it would be tried again. What was wanted meanwhile is looked at next.
            if self._wanted.get(subject) is on:
                del self._wanted[subject]
        if new and self.connected:
            # What was published before the server knew of the interest was not sent here: it is looked for.
            await self._client.flush(_CONNECT_SECONDS)
            self._back()

    async def _received(self, message: Msg) -> None:
        try:
            event: Any = _decoder.decode(message.data)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            self._not_understood(message.subject, str(error))
            return
        LocalBus.publish(self, [event])

    def _not_understood(self, subject: str, error: str) -> None:
        """Passed over: a server of a later release tells of something new. If it changed a room, that is read from the
        store. Each kind of it is logged once."""
        if error not in self._unknown and len(self._unknown) < _MOST_UNKNOWN:
            self._unknown.add(error)
            _log.warning("not_understood", subject=subject, error=error)

    async def _disconnected(self) -> None:
        _log.warning("disconnected")

    async def _reconnected(self) -> None:
        _log.info("reconnected")
        self._back()

    async def _failed(self, error: Exception) -> None:
        _log.debug("bus_error", error=str(error) or type(error).__name__)


def _subjects(event: Event) -> list[str]:
    """The subjects that the servers concerned subscribe to."""
    if isinstance(event, ReadEvent | DeliveredEvent | MembershipEvent | ThreadEvent | TypingEvent | ActivityNote):
        return [f"room.{event.room}"]
    if isinstance(event, RoomCommitted) and not (event.entered or event.left or event.closed_to_outsiders):
        return [f"room.{event.room}"]
    if isinstance(event, UserCommitted):
        return [f"user.{event.user}"]
    return [] if isinstance(event, JobsAdded) else ["all"]
