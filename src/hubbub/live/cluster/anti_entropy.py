"""Anti-entropy between servers on one database: finds in the database what the bus lost.

Every few seconds, and whenever the bus may have lost something, it reads the versions of the rooms listened to here,
which of the sessions connected here have ended, which of the users connected here joined a room, whose profile
changed, and the workspace.
"""

import asyncio
from typing import Generic

import structlog

from hubbub.chat.authenticator import Authenticator
from hubbub.chat.clock import APART_MS, now
from hubbub.chat.events import Event, RoomCommitted, SessionsEnded, UserCommitted, WorkspaceEvent
from hubbub.chat.missed import Change, EndedSessions, Entered, Heads, MissedInStream, MissedSince, StreamHeads
from hubbub.chat.profiles import ChangedAt, ProfilesOf
from hubbub.chat.transaction import Store
from hubbub.chat.workspace import ThisWorkspace
from hubbub.errors import HubbubError
from hubbub.live.cluster.resequencer import Resequencer
from hubbub.live.rooms.bus import LocalBus
from hubbub.live.rooms.hub import Hub
from hubbub.live.rooms.user_streams import UserStreams
from hubbub.live.wire.timer_wheel import TimerWheel

_SWEEP_SECONDS = 3
_log = structlog.get_logger("anti_entropy")


class _InOrder(Generic[Change]):
    """A `hubbub.live.sync.interest.Following`: its changes come over the bus, on the subjects `<kind>.<stream>`."""

    def __init__(self, kind: str, order: Resequencer[Change], bus: LocalBus) -> None:
        self._kind = kind
        self._bus = bus
        self.order = order

    def began(self, stream: int, number: int) -> None:
        self.order.began(stream, number)
        self._bus.listen(f"{self._kind}.{stream}", True)

    def known(self, stream: int, number: int) -> None:
        self.order.known(stream, number)

    def ended(self, stream: int) -> None:
        self.order.ended(stream)
        self._bus.listen(f"{self._kind}.{stream}", False)


class AntiEntropy(_InOrder[RoomCommitted]):
    """The `Interest` (`live/sync/interest.py`) of one server among several. `user_streams`: the same for user
    streams."""

    others = True

    def __init__(self, store: Store, authenticator: Authenticator, wheel: TimerWheel, bus: LocalBus) -> None:
        rooms: Resequencer[RoomCommitted] = Resequencer(
            lambda change: (change.room, change.version),
            self._pass_on,
            lambda room, since: store.read(MissedSince(room, since)),
        )
        super().__init__("room", rooms, bus)
        streams: Resequencer[UserCommitted] = Resequencer(
            lambda change: (change.user, change.position),
            self._pass_on_to_streams,
            lambda user, since: store.read(MissedInStream(user, since)),
        )
        self.user_streams = _InOrder("user", streams, bus)
        self._store = store
        self._gate = authenticator
        self._hub: Hub
        self._streams: UserStreams
        self._sweeping: asyncio.Task[None] | None = None
        self._again = False
        self._looked_at = now()
        """When it was last found out who had come into a room, and who had changed."""
        wheel.every_second(self._tick)

    def attach(self, hub: Hub, streams: UserStreams) -> None:
        """Pass every change to these from now on, in order."""
        self._hub = hub
        self._streams = streams
        self._bus.subscribe(self._on_room, RoomCommitted)
        self._bus.subscribe(self._on_user, UserCommitted)

    def _on_room(self, event: Event) -> None:
        if isinstance(event, RoomCommitted):
            self.order.on_event(event)

    def _on_user(self, event: Event) -> None:
        if isinstance(event, UserCommitted):
            self.user_streams.order.on_event(event)

    def _pass_on(self, change: RoomCommitted) -> None:
        self._hub.on_event(change)

    def _pass_on_to_streams(self, change: UserCommitted) -> None:
        self._streams.on_event(change)

    def published_version(self, room: int) -> int:
        return self.order.published_version(room)

    def publish_to_others(self, event: Event) -> None:
        self._bus.publish_to_others([event])

    def sweep(self) -> None:
        """Look for changes that were missed. Called again while it runs, it runs once more afterwards."""
        if self._sweeping is not None:
            self._again = True
            return
        self._sweeping = asyncio.get_running_loop().create_task(self._sweep())
        self._sweeping.add_done_callback(self._swept)

    def _tick(self, second: int) -> None:
        if second % _SWEEP_SECONDS == 0:
            self.sweep()

    def _swept(self, task: "asyncio.Task[None]") -> None:
        self._sweeping = None
        if self._again:
            self._again = False
            self.sweep()

    async def _sweep(self) -> None:
        try:
            self._gate.forget()
            if rooms := self.order.streams():
                self.order.compare(await self._store.read(Heads(rooms)))
            if followed := self.user_streams.order.streams():
                self.user_streams.order.compare(await self._store.read(StreamHeads(followed)))
            if sessions := self._hub.sessions():
                ended: list[int] = await self._store.read(EndedSessions(sessions))
                if ended:
                    self._hub.on_event(SessionsEnded(ended))
            self._hub.on_event(WorkspaceEvent(await self._store.read(ThisWorkspace())))
            await self._look_who_entered_or_changed(self._hub.users())
        except HubbubError as error:
            _log.warning("not_swept", error=str(error))
        except Exception:
            _log.exception("not_swept")

    async def _look_who_entered_or_changed(self, users: list[int]) -> None:
        at = now()
        since = min(at, self._looked_at) - APART_MS
        for committed in await self._store.read(Entered(users, since)):
            self._hub.bring_in(committed)
        changed = await self._store.read(ChangedAt(since))
        missed = [user for user, when in changed.items() if not self._hub.profiles.knows(user, when)]
        if missed:
            for event in await self._store.read(ProfilesOf(missed)):
                self._hub.profiles.on_note(event)
        self._looked_at = at
