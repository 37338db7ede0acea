"""Brings the rooms of one connection up to date: their changes since a version, then their live events."""

from collections.abc import Callable, Coroutine, Iterable
from typing import Any, NamedTuple

import structlog
from msgspec.structs import replace

from hubbub.chat.changes import ChangesSince
from hubbub.chat.events import MemberEvent, MessageEvent, NoticeEvent, RoomEvent
from hubbub.chat.limits import Limits
from hubbub.chat.presence import Presence
from hubbub.chat.shapes import ChangedMember, Changes, Room
from hubbub.chat.transaction import Query, Result, Store
from hubbub.errors import HubbubError, NotFound, Unavailable
from hubbub.live.sync.replay_cache import ReplayCache
from hubbub.live.sync.subscription import Step, Subscription
from hubbub.live.sync.subscriptions import Subscriptions
from hubbub.live.sync.task_queue import TaskQueue
from hubbub.live.sync.topics import Topics
from hubbub.live.wire.frame import Frame
from hubbub.live.wire.server_frames import ErrorEvent, ResyncEvent, SyncedEvent, error_event
from hubbub.live.wire.subscriber import DrainingSubscriber, Subscriber

_CHANGES_AT_ONCE = 100
_MOST_UNKNOWN = 100
"""Rooms to be resumed of which the user is no member and whose present state is looked up."""
_log = structlog.get_logger("sync")


class SyncContext(NamedTuple):
    """What all connections share. `replay_bytes`: the most that one is sent from the replay cache.

    `went_live` is called with each room that a connection has received up to its present state.
    """

    store: Store
    topics: Topics
    replay_cache: ReplayCache
    presence: Presence
    limits: Limits
    replay_bytes: int
    went_live: Callable[[Subscriber, Room], None]


class RoomSync(Subscriptions):
    """The subscriptions of a connection, with the means to read them. They are read one at a time."""

    __slots__ = ("_socket", "_sync", "_tasks")

    def __init__(self, sync: SyncContext, socket: DrainingSubscriber, user: int, session: int) -> None:
        super().__init__(user, session)
        self._sync = sync
        self._socket = socket
        self._tasks = TaskQueue()

    # Beginning

    def resume(self, rooms: list[Room], since: dict[int, int], ref: int | str | None) -> None:
        """Resume from the versions in `since`, which may name rooms that the user is no member of, after the client was
        sent `rooms`, its rooms as just read."""
        topics = self._sync.topics
        self.unsubscribed = None
        known = {room.id: room for room in rooms}
        for before in list((self.unread or {}).values()):
            # Of an earlier `hello`, which this one takes the place of.
            if before.room in known or before.room in since:
                before.close()
                self.end(before)
                if (topic := topics.rooms.get(before.room)) is not None:
                    topic.forget(self._socket, before)
        # The events of all rooms to be resumed are held before anything is awaited.
        behind = [
            Subscription(room, version, confirm=True)
            for room, version in since.items()
            if not self._is_up_to_date(known.get(room), version)
        ]
        # So are those of rooms that changed between the read and the subscription.
        behind += [
            Subscription(room.id, room.version)
            for room in rooms
            if room.id not in since and topics.published_version(room.id) > room.version
        ]
        unknown = 0
        left: list[Subscription] = []
        for subscription in behind:
            room = known.get(subscription.room)
            if room is not None:
                self._hold_back(subscription, room)
                if self._replay(subscription, room):
                    continue
            else:
                unknown += 1
                if unknown > _MOST_UNKNOWN:
                    topics.unsubscribe(self._socket, subscription.room)
                    reason = NotFound("You are not in this room. Subscribe to it if it is public.", reason="no_room")
                    self._send_lost_room(subscription.room, reason)
                    continue
                if topics.is_subscribed(self._socket, subscription.room):  # a guest already
                    topics.rooms[subscription.room].hold_back(self._socket, subscription)
            self.begin(subscription)
            left.append(subscription)
        # `connect` holds the present state of every other room, so nothing else is to be read.
        if left:
            self._run(self._synchronise_all(left), ref)

    def joined_unknown(self, room: int, since: int) -> None:
        subscription = Subscription(room, since, announced=False)
        self.begin(subscription)
        self._run(self._synchronise_all([subscription]), None)

    async def follow(self, room: Room, since: int | None) -> None:
        """Subscribe to a room by name, as a guest if the user is no member of it. Raises NotFound."""
        topics = self._sync.topics
        is_subscribed = topics.is_subscribed(self._socket, room.id)
        if since is None and is_subscribed:
            return
        subscription = Subscription(
            room.id, room.version if since is None else since, confirm=since is not None, as_guest=True
        )
        self.begin(subscription)
        self._hold_back(subscription, room)
        try:
            await self._synchronise(subscription)
        except NotFound as error:
            if is_subscribed:
                self._send_lost_room(room.id, error)
            raise

    def unsubscribe(self, room: int) -> None:
        if (unread := self.unread_of(room)) is not None:
            unread.close()
            self.end(unread)
        topics = self._sync.topics
        topic = topics.rooms.get(room)
        if topic is not None and topic.listeners.get(self._socket):
            # Of members only: a guest's joining is always new, and guests may pass through any number of rooms.
            if self.unsubscribed is None:
                self.unsubscribed = {}
            self.unsubscribed[room] = topics.published_version(room)
        topics.unsubscribe(self._socket, room)

    # Reading

    async def _read(self, query: Query[Result]) -> Result:
        """Raises NotFound, Unavailable."""
        return await self.read_stably(lambda: self._sync.store.read(query))

    async def _synchronise_all(self, subscriptions: Iterable[Subscription]) -> None:
        for subscription in subscriptions:
            if self._socket.closing:
                return
            try:
                await self._synchronise(subscription)
            except NotFound as error:
                self._send_lost_room(subscription.room, error)

    async def _synchronise(self, subscription: Subscription) -> None:
        """Send what changed since, then the events that were held; from then on the room is live.

        Raises:
            NotFound: the user may not read the room, and the client expects it.
        """
        topics = self._sync.topics
        try:
            while subscription.is_unread and not self._socket.closing:
                await self._read_once(subscription)
        except NotFound:
            if subscription.is_unread:  # else the client has received its leaving
                topics.unsubscribe(self._socket, subscription.room)
                subscription.close()
                if subscription.announced:
                    raise
        except Unavailable as error:
            # The room's events would be held for ever. The client reconnects and resumes instead.
            topics.dismiss(self._socket, 1013, str(error))
        finally:
            self.end(subscription)

    async def _read_once(self, subscription: Subscription) -> None:
        """Raises NotFound, Unavailable."""
        room, limits = subscription.room, self._sync.limits
        changed = await self._read(ChangesSince(self.user, room, subscription.since, _CHANGES_AT_ONCE, limits))
        if self._socket.closing:
            return
        own = next((one for one in changed.members if one.user.id == self.user), None)
        match subscription.answered(changed, own):
            case Step.SUBSCRIBE:
                self._hold_back(subscription, changed.room)
            case Step.LEAVE:
                self._sync.topics.unsubscribe(self._socket, room)
                if own is not None and subscription.announced:
                    self._socket.send(Frame.of(self._member_event(room, own)))
            case Step.SEND:
                await self._send(subscription, changed)
            case _:
                pass

    async def _send(self, subscription: Subscription, changed: Changes) -> None:
        room, topics = changed.room, self._sync.topics
        if not subscription.announced:
            self._socket.send(Frame.of(replace(RoomEvent.of(room), version=subscription.since)))
            subscription.announced = True
        # The user may have joined or left since the events are held: subscribed as what they are now.
        topics.subscribe(self._socket, room.id, room.me is not None, room.member_count, room.version)
        self._send_changes(changed)
        subscription.since = changed.version
        if changed.has_more:
            await self._socket.drained()
        elif changed.resync:
            self._socket.send(Frame.of(ResyncEvent(room.id, changed.version)))
            topics.reached(self._socket, room.id, changed.version)
        else:
            self._go_live(subscription, room, changed.version)

    # Sending

    def _hold_back(self, subscription: Subscription, room: Room) -> None:
        """Subscribe, with the room's live events held until it is synchronised."""
        self._sync.topics.subscribe(
            self._socket, room.id, room.me is not None, room.member_count, room.version, subscription
        )

    def _is_up_to_date(self, room: Room | None, version: int) -> bool:
        """Whether nothing changed since `version`; if so, `synced` has been sent."""
        if room is None or room.version != version or self._sync.topics.published_version(room.id) > version:
            return False
        self._socket.send(Frame.of(SyncedEvent(room.id, version)))
        return True

    def _replay(self, subscription: Subscription, room: Room) -> bool:
        """Send the changes from the replay cache. False: it does not hold all of them."""
        frames = self._sync.replay_cache.since(
            room.id, subscription.since, room.version, self._sync.limits.resync_after, self._sync.replay_bytes
        )
        if frames is None:
            return False
        for frame in frames:
            self._socket.send(frame)
        self._go_live(subscription, room, room.version)
        return True

    def _go_live(self, subscription: Subscription, room: Room, version: int) -> None:
        """All changes up to `version` have been sent: send the room itself, then release its live events."""
        self._socket.send(Frame.of(RoomEvent.of(room)))
        if subscription.confirm:
            self._socket.send(Frame.of(SyncedEvent(room.id, version)))
        self._sync.topics.reached(self._socket, room.id, version)
        self._sync.went_live(self._socket, room)

    def _send_changes(self, changed: Changes) -> None:
        """Send the changes as events, in `version` order."""
        events: list[tuple[int, Any]] = [(message.version, MessageEvent.of(message)) for message in changed.messages]
        events += [(notice.version, NoticeEvent.of(notice)) for notice in changed.notices]
        events += [(member.version, self._member_event(changed.room.id, member)) for member in changed.members]
        events.sort(key=lambda event: event[0])
        for _, event in events:
            self._socket.send(Frame.of(event))

    def _member_event(self, room: int, member: ChangedMember) -> MemberEvent:
        return MemberEvent(room, member.version, self._sync.presence.dress(member.user), member.rank)

    def _send_lost_room(self, room: int, error: NotFound) -> None:
        """Send an error that names the room: its events end here."""
        self._socket.send(Frame.of(ErrorEvent(error.code, str(error), room=room, reason=error.reason)))

    # In the background

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
                _log.exception("sync_failed", session=self.session)
                self._socket.close(1011, "the server failed")

        self._tasks.add(guarded())

    def refuse(self, error: HubbubError, ref: int | str | None) -> None:
        """Answer a frame with an error."""
        self._socket.send(Frame.of(error_event(error, ref)))
