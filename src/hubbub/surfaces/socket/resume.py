"""Greeting a client on the socket, and bringing its rooms up to date."""

import asyncio
from collections.abc import Callable
from typing import Any

import structlog
from msgspec.structs import replace

from hubbub.chat import changes, rooms
from hubbub.chat.clock import now, rfc3339
from hubbub.chat.events import MemberEvent, MessageEvent, NoticeEvent, RoomEvent
from hubbub.chat.ledger import Query, Result
from hubbub.chat.shapes import ChangedMember, Changes, Room
from hubbub.chat.tokens import Claim
from hubbub.errors import HubbubError, NotFound, RateLimited, Unavailable
from hubbub.live.sync.subscription import Subscription
from hubbub.live.sync.topic import CatchUp
from hubbub.live.wire.connection import Connection
from hubbub.live.wire.frame import Frame
from hubbub.live.wire.server_frames import ErrorEvent
from hubbub.surfaces.services import Services
from hubbub.surfaces.socket import frames
from hubbub.surfaces.socket.errors import error_event
from hubbub.surfaces.socket.frames import Ack, ConnectEvent, ResyncEvent, SyncedEvent
from hubbub.surfaces.socket.pending_connection import PendingConnection

_CHANGES_AT_ONCE = 100
_MOST_WAITING = 50
"""What a client may ask for that waits for its turn: frames are as large as they may be."""
_MOST_UNKNOWN = 100
"""Rooms in `since` that are none of the user's, of which is looked up what they are now."""
_log = structlog.get_logger("socket")


class Resume(Subscription):
    """What a `Client` is told before it is live. `claim` is believed until `greet` has looked it up."""

    __slots__ = (
        "_services",
        "_socket",
        "_subscribing",
        "_task",
        "_waiting",
        "expires_at",
        "greeted",
        "moving",
        "opening",
    )

    def __init__(self, services: Services, socket: Connection, claim: Claim, opening: PendingConnection) -> None:
        super().__init__(claim.user, claim.session)
        self.expires_at = claim.expires
        self._services = services
        self._socket = socket
        self._task: asyncio.Task[None] | None = None
        self._subscribing: list[int] | None = None
        """Rooms whose subscribing is still under way or waits for its turn."""
        self._waiting = 0
        self.moving: asyncio.Future[None] | None = None
        """Done when what was last asked for of coming into rooms and going out of them is decided."""
        self.opening = opening
        self.greeted = False

    # Greeting

    async def greet(self, hello: frames.Hello) -> None:
        """Answer with `connect`, then with what was missed of the rooms in `since`, unless the socket closes meanwhile.

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
        # Written at once: what is dropped for slow readers goes before what is not, and this is to be the first of all.
        self._socket.flush()
        known = {room.id: room for room in mine}
        # Everything to be resumed is held back from here on, before anything is waited for.
        since = hello.since
        behind = [(room, version) for room, version in since.items() if not self._up_to_date(known.get(room), version)]
        # And so are rooms of which something came between reading and listening.
        missed = [room for room in mine if room.id not in since and hub.told(room.id) > room.version]
        behind += [(room.id, room.version) for room in missed]
        unknown = [room for room, _ in behind if room not in known][_MOST_UNKNOWN:]
        for room_id in unknown:
            self._tell_out(
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
            if not self._bring_up(known.get(room_id), version, asked=room_id in since)
        ]
        # Of every other room they have just been told how it is, whatever was still to be told of it.
        self.behind = dict.fromkeys((room for room, _ in left), True) or None
        if left:
            self._run(self._resume_all(left, since), hello.ref)

    async def greet_again(self, hello: frames.Hello) -> None:
        """The same for another `hello`. Where that fails the socket closes: who came in meanwhile was not told."""
        try:
            await self.greet(hello)
        except HubbubError as error:
            self._services.hub.dismiss(self._socket, 1013 if isinstance(error, Unavailable) else 4401, str(error))

    def _hold_back(self, room: Room) -> None:
        """Listen to the room, of which nothing is told before it has been brought up to date."""
        self._listen(room, CatchUp())

    def _listen(self, room: Room, catch_up: CatchUp | None) -> None:
        self._services.hub.listen(self._socket, room.id, room.me is not None, room.member_count, room.version, catch_up)

    def _up_to_date(self, room: Room | None, version: int) -> bool:
        if room is None or room.version != version or self._services.hub.told(room.id) > version:
            return False
        self._socket.send(Frame.of(SyncedEvent(room.id, version)))
        return True

    def _bring_up(self, room: Room | None, since: int, asked: bool) -> bool:
        """Send what a member missed if it was told a moment ago. False: the store has to be asked."""
        if room is None:
            return False
        services = self._services
        frames = services.hub.replay_cache.since(
            room.id, since, room.version, services.limits.resync_after, services.bounds.waiting // 4
        )
        if frames is None:
            return False
        for frame in frames:
            self._socket.send(frame)
        self._brought_up(room, room.version, asked)
        return True

    async def _read(self, query: Query[Result]) -> Result:
        """Raises NotFound, Unavailable."""
        return await self.read_stably(lambda: self._services.store.read(query))

    # Resuming, beside the frames: one thing after the other

    def mark_behind(self, room: int, version: int) -> None:
        super().mark_behind(room, version)
        self._run(self._come_in(room, version), None)

    def require_room_for_one_more(self) -> None:
        """Raise RateLimited when too much waits for its turn already."""
        if self._waiting >= _MOST_WAITING:
            raise RateLimited("Too much of what this connection asked for is still under way. Wait for its answers.", 1)

    def subscribe(self, frame: frames.SubscribeFrame) -> None:
        self.require_room_for_one_more()
        self._subscribing = [*(self._subscribing or ()), frame.room]
        self._run(self._subscribe_in_turn(frame), frame.ref)

    async def _subscribe_in_turn(self, frame: frames.SubscribeFrame) -> None:
        try:
            if self.moving is not None:
                await asyncio.wait([self.moving])
            await self._subscribe(frame)
        finally:
            assert self._subscribing is not None
            self._subscribing.remove(frame.room)

    def once_subscribed(self, room: int, work: Callable[[], None], ref: int | str | None) -> None:
        """Do it now, or after what was asked for before: subscribing to the same room. `work` may raise HubbubError."""
        if not self._subscribing or room not in self._subscribing:
            work()
            return

        async def in_turn() -> None:
            work()

        self.require_room_for_one_more()
        self._run(in_turn(), ref)

    def _run(self, work: Any, ref: int | str | None) -> None:
        before = self._task
        self._waiting += 1

        async def in_turn() -> None:
            if before is not None:
                await asyncio.wait([before])
            self._waiting -= 1
            try:
                await work
            except HubbubError as error:
                self.refuse(error, ref)
            except Exception:
                _log.exception("resume_failed", session=self.session)
                self._socket.close(1011, "the server failed")

        self._task = asyncio.get_running_loop().create_task(in_turn())
        self._task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        if self._task is task:
            self._task = None

    async def _resume_all(self, behind: list[tuple[int, int]], since: dict[int, int]) -> None:
        for room, version in behind:
            if self._socket.closing:
                return
            try:
                await self._resume(room, version, asked=room in since)
            except NotFound as error:
                self._tell_out(room, error)

    async def _come_in(self, room: int, since: int) -> None:
        if self.is_unannounced(room):  # else something else has told of it meanwhile
            await self._resume_all([(room, since)], {})

    async def _resume(self, room: int, since: int, asked: bool, as_guest: bool = False) -> None:
        """Send what changed after `since`; then what was held back; then it is live.

        `as_guest`: they want to listen whether they are a member or not. Raises NotFound.
        """
        hub = self._services.hub
        try:
            await self._catch_up(room, since, asked, as_guest)
        except NotFound:
            hub.ignore(self._socket, room)
            if as_guest or not self.is_unannounced(room):
                raise
        except Unavailable as error:
            # The room would be held back for good: better to come back, and to resume then.
            hub.dismiss(self._socket, 1013, str(error))
        finally:
            self.settled(room)

    async def _catch_up(self, room: int, since: int, asked: bool, as_guest: bool) -> None:
        """Raises NotFound, Unavailable."""
        services, hub = self._services, self._services.hub
        while as_guest or self.is_behind(room):  # else they went out of it meanwhile, and were told so
            query = changes.ChangesSince(self.user, room, since, _CHANGES_AT_ONCE, services.limits)
            changed = await self._read(query)
            if self._socket.closing:
                return
            if not as_guest and not self.is_behind(room):
                return
            is_unannounced = not as_guest and self.is_unannounced(room)
            if is_unannounced and changed.room.me is None:
                # They are out of it again.
                hub.ignore(self._socket, room)
                return
            if not hub.holds_back(self._socket, room):
                # From here on its events are held back, so look once more.
                self._hold_back(changed.room)
                continue
            own = next((one for one in changed.members if one.user.id == self.user), None)
            if own is not None and own.rank is None and not as_guest:
                hub.ignore(self._socket, room)
                self._socket.send(Frame.of(self._member_event(room, own)))
                return
            if is_unannounced:
                begins = own.version - 1 if own is not None else changed.version
                if begins > since:
                    # What they are told of the room begins with their coming into it.
                    since = begins
                    continue
                self._socket.send(Frame.of(replace(RoomEvent.of(changed.room), version=since)))
                self.known(room)
            # They may have come into it since it was held back.
            self._listen(changed.room, None)
            self._publish(changed)
            since = changed.version
            if changed.has_more:
                await self._socket.drained()
            elif changed.resync:
                self._socket.send(Frame.of(ResyncEvent(room, since)))
                hub.synchronised(self._socket, room, since)
                return
            else:
                self._brought_up(changed.room, since, asked)
                return

    def _brought_up(self, room: Room, version: int, asked: bool) -> None:
        """Everything up to `version` has been sent: the room itself is, and from here on it is live."""
        self._socket.send(Frame.of(RoomEvent.of(room)))
        if asked:
            self._socket.send(Frame.of(SyncedEvent(room.id, version)))
        self._services.hub.synchronised(self._socket, room.id, version)
        if room.me is not None and room.member_count <= self._services.limits.receipts_room:
            self._services.receipts.sent(self._socket, room.id, room.seq)

    def _publish(self, changed: Changes) -> None:
        """The changes as events, in `version` order."""
        events: list[tuple[int, Any]] = [(message.version, MessageEvent.of(message)) for message in changed.messages]
        events += [(notice.version, NoticeEvent.of(notice)) for notice in changed.notices]
        events += [(member.version, self._member_event(changed.room.id, member)) for member in changed.members]
        events.sort(key=lambda event: event[0])
        for _, event in events:
            self._socket.send(Frame.of(event))

    def _member_event(self, room: int, member: ChangedMember) -> MemberEvent:
        return MemberEvent(room, member.version, self._services.presence.dress(member.user), member.rank)

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
                await self._resume(frame.room, since, asked=resumes, as_guest=True)
            except NotFound as error:
                if listened:
                    self._tell_out(frame.room, error)
                raise
        self._socket.send(Frame.of(Ack(frame.ref, frame.room, version=room.version)))

    def _tell_out(self, room: int, error: NotFound) -> None:
        """Nothing is told of this room any more."""
        self._socket.send(Frame.of(ErrorEvent(error.code, str(error), room=room, reason=error.reason)))

    def refuse(self, error: HubbubError, ref: int | str | None) -> None:
        if error.status == 403:
            _log.info("not_allowed", id=self.opening.id, user=self.user, session=self.session)
        self._socket.send(Frame.of(error_event(error, ref)))
