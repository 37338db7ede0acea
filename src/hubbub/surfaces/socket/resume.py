"""Greeting a client on the socket, resuming its rooms, and subscribing to further ones."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import structlog

from hubbub.chat import rooms
from hubbub.chat.clock import now, rfc3339
from hubbub.chat.tokens import Claim
from hubbub.errors import HubbubError, NotFound, Unavailable
from hubbub.live.wire.connection import Connection
from hubbub.live.wire.frame import Frame
from hubbub.surfaces.services import Services
from hubbub.surfaces.socket import frames
from hubbub.surfaces.socket.errors import error_event
from hubbub.surfaces.socket.frames import Ack, ConnectEvent
from hubbub.surfaces.socket.pending_connection import PendingConnection
from hubbub.surfaces.socket.room_sync import RoomSync
from hubbub.surfaces.socket.task_queue import TaskQueue

_MOST_UNKNOWN = 100
"""Rooms in `since` that the user is no member of and whose present state is looked up."""
_log = structlog.get_logger("socket")


class Resume(RoomSync):
    """The part of a `Client` that decides what it receives. `claim` is trusted until `greet` has looked it up."""

    __slots__ = ("_subscribing", "_tasks", "expires_at", "greeted", "membership_change", "pending")

    def __init__(self, services: Services, socket: Connection, claim: Claim, pending: PendingConnection) -> None:
        super().__init__(services, socket, claim)
        self.expires_at = claim.expires
        self._tasks = TaskQueue()
        self._subscribing: list[int] | None = None
        """Rooms whose `subscribe` is queued or running."""
        self.membership_change: asyncio.Future[None] | None = None
        """Done when the last `join_room` or `leave_room` is committed or refused."""
        self.pending = pending
        self.greeted = False

    async def greet(self, hello: frames.Hello) -> None:
        """Send `connect`, then the changes of the rooms in `since`. Sends nothing if the socket closes meanwhile.

        Raises:
            NotAuthenticated: the session has ended.
        """
        services, hub = self._services, self._services.hub
        self.reading = True
        identity, account, mine = await self._read(rooms.Greeting(self.user, self.session))
        if self._socket.closing:
            return
        self.expires_at = identity.expires_at
        services.authenticator.used(self.session)
        self.greeted = True
        for room in mine:
            if room.peer is not None:
                services.presence.dress(room.peer)
        user = account.user()
        hub.connect(self._socket, account, mine)
        bounds = services.bounds
        self._socket.send(
            Frame.of(
                ConnectEvent(
                    user=services.presence.dress(user),
                    session=self.session,
                    server_time=rfc3339(now()),
                    limits=frames.SocketLimits(
                        services.limits.message_length,
                        bounds.frame,
                        bounds.frames_per_second,
                        bounds.heartbeat,
                        services.limits.large_room,
                    ),
                    rooms=mine,
                    ref=hello.ref,
                )
            )
        )
        # Flushed at once, because ephemeral frames are written before durable ones and `connect` must be the first.
        self._socket.flush()
        known = {room.id: room for room in mine}
        # The events of all rooms to be resumed are held back before anything is awaited.
        since = hello.since
        behind = [
            (room, version) for room, version in since.items() if not self._is_up_to_date(known.get(room), version)
        ]
        # So are those of rooms that changed between the read and the subscription.
        missed = [room for room in mine if room.id not in since and hub.published_version(room.id) > room.version]
        behind += [(room.id, room.version) for room in missed]
        unknown = [room for room, _ in behind if room not in known][_MOST_UNKNOWN:]
        for room_id in unknown:
            self._send_lost_room(
                room_id, NotFound("You are not in this room. Subscribe to it if it is public.", reason="no_room")
            )
        if unknown:
            left_out = set(unknown)
            behind = [(room, version) for room, version in behind if room not in left_out]
        for room_id, _ in behind:
            if room_id in known:
                self._hold_back(known[room_id])
        left = [
            (room_id, version)
            for room_id, version in behind
            if not self._replay(known.get(room_id), version, confirm=room_id in since)
        ]
        # `connect` holds the present state of every other room, so nothing else is pending.
        self.behind = dict.fromkeys((room for room, _ in left), True) or None
        if left:
            self._run(self._resume_all(left, since), hello.ref)

    async def greet_again(self, hello: frames.Hello) -> None:
        """Answer another `hello`. If that fails, the socket closes, as joins reported meanwhile were not sent."""
        try:
            await self.greet(hello)
        except HubbubError as error:
            self._services.hub.dismiss(self._socket, 1013 if isinstance(error, Unavailable) else 4401, str(error))

    def require_capacity(self) -> None:
        """Raise RateLimited if too many tasks of this connection are waiting."""
        self._tasks.require_capacity()

    def _run(self, work: Coroutine[Any, Any, None], ref: int | str | None) -> None:
        """Queue the work. A HubbubError is answered with `ref`; any other exception closes the socket."""

        async def guarded() -> None:
            try:
                await work
            except HubbubError as error:
                self.refuse(error, ref)
            except Exception:
                _log.exception("resume_failed", session=self.session)
                self._socket.close(1011, "the server failed")

        self._tasks.add(guarded())

    def mark_behind(self, room: int, version: int) -> None:
        super().mark_behind(room, version)
        self._run(self._resume_joined(room, version), None)

    async def _resume_joined(self, room: int, since: int) -> None:
        if self.is_unannounced(room):  # else another task has synchronised it
            await self._resume_all([(room, since)], {})

    async def _resume_all(self, behind: list[tuple[int, int]], since: dict[int, int]) -> None:
        for room, version in behind:
            if self._socket.closing:
                return
            try:
                await self._synchronise(room, version, confirm=room in since)
            except NotFound as error:
                self._send_lost_room(room, error)

    # Subscribing

    def subscribe(self, frame: frames.SubscribeFrame) -> None:
        self.require_capacity()
        self._subscribing = [*(self._subscribing or ()), frame.room]
        self._run(self._subscribe_in_turn(frame), frame.ref)

    def after_subscribing(self, room: int, work: Callable[[], None], ref: int | str | None) -> None:
        """Do the work now, or once the `subscribe`s to this room that are queued are done.

        So the frames about one room take effect in the order they were sent in. `work` may raise HubbubError.
        """
        if not self._subscribing or room not in self._subscribing:
            work()
            return

        async def in_turn() -> None:
            work()

        self.require_capacity()
        self._run(in_turn(), ref)

    async def _subscribe_in_turn(self, frame: frames.SubscribeFrame) -> None:
        try:
            if self.membership_change is not None:
                await asyncio.wait([self.membership_change])
            await self._subscribe(frame)
        finally:
            assert self._subscribing is not None
            self._subscribing.remove(frame.room)

    async def _subscribe(self, frame: frames.SubscribeFrame) -> None:
        hub = self._services.hub
        room = await self._read(rooms.OneRoom(self.user, frame.room))
        if self._socket.closing:
            return
        resumes, listened = frame.since is not None, hub.listens(self._socket, frame.room)
        if resumes or not listened:
            self._hold_back(room)
            since = room.version if frame.since is None else frame.since
            try:
                await self._synchronise(frame.room, since, confirm=resumes, as_guest=True)
            except NotFound as error:
                if listened:
                    self._send_lost_room(frame.room, error)
                raise
        self._socket.send(Frame.of(Ack(frame.ref, frame.room, version=room.version)))

    def refuse(self, error: HubbubError, ref: int | str | None) -> None:
        """Answer a frame with an error."""
        if error.status == 403:
            _log.info("not_allowed", id=self.pending.id, user=self.user, session=self.session)
        self._socket.send(Frame.of(error_event(error, ref)))
