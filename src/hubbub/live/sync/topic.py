"""One room on one server: its subscribers, and which of them are not live yet."""

from hubbub.chat.events import RoomEvent
from hubbub.live.sync.subscription import State, Subscription
from hubbub.live.wire.broadcast import Audience, Broadcast
from hubbub.live.wire.flush_scheduler import FlushScheduler
from hubbub.live.wire.frame import Frame
from hubbub.live.wire.subscriber import Subscriber

_VERY_MANY = 256


class Topic:
    """`listeners`: the subscribers, each with whether it listens as a member.

    `syncing`: those of them whose subscription is not live yet.

    `large_room`: the number of members above which joins and leaves are not published one by one.
    """

    __slots__ = (
        "_audience",
        "_large_room",
        "broadcasts",
        "guests",
        "listeners",
        "member_count",
        "room",
        "scheduler",
        "snapshot",
        "syncing",
        "typing",
    )

    def __init__(self, room: int, large_room: int, scheduler: FlushScheduler) -> None:
        self.room = room
        self.scheduler = scheduler
        self._large_room = large_room
        self.listeners: dict[Subscriber, bool] = {}
        self.guests: set[Subscriber] = set()
        """Those of them that are not members."""
        self.syncing: dict[Subscriber, Subscription] = {}
        self.member_count = 0
        self.typing: dict[int, int] | None = None
        """When (in seconds of the wheel) who stops being shown as typing."""
        self.snapshot: RoomEvent | None = None
        """A large room's latest state, to be published every few seconds."""
        self.broadcasts: list[Broadcast] = []
        """Broadcasts that have not been written to everybody yet, oldest first."""
        self._audience: Audience | None = None

    @property
    def is_large(self) -> bool:
        return self.member_count > self._large_room

    def add(self, listener: Subscriber, member: bool) -> None:
        """Subscribe from now on."""
        if listener not in self.listeners:
            self._audience = None
            for broadcast in self.broadcasts:
                broadcast.excluding.add(listener)
        self.listeners[listener] = member
        if member:
            self.guests.discard(listener)
        else:
            self.guests.add(listener)

    def hold_back(self, listener: Subscriber, subscription: Subscription) -> None:
        """Pass the subscriber's events to its subscription, which is not live yet."""
        self.flush_for(listener)
        self.syncing[listener] = subscription
        subscription.subscribed()

    def reached(self, listener: Subscriber, version: int) -> None:
        """The subscriber was sent everything up to the version: send it what was held above it."""
        subscription = self.syncing.get(listener)
        if subscription is None:
            return
        released = subscription.reached(version)
        if subscription.state is State.LIVE:
            del self.syncing[listener]
        for frame in released:
            listener.send(frame)

    def remove(self, listener: Subscriber) -> None:
        """Unsubscribe; what was published before is still sent."""
        if self.listeners.pop(listener, None) is not None:
            self._audience = None
            self.flush_for(listener)
        if (subscription := self.syncing.pop(listener, None)) is not None:
            subscription.removed()
        self.guests.discard(listener)

    def forget(self, listener: Subscriber, subscription: Subscription) -> None:
        """The subscription is closed, and its subscriber remains."""
        if self.syncing.get(listener) is subscription:
            del self.syncing[listener]

    def has_read(self, listener: Subscriber, version: int) -> bool:
        """Whether the subscriber was sent what the store had at this version or later.

        A change of membership up to that version, which is received late, is part of what was sent."""
        subscription = self.syncing.get(listener)
        return subscription is not None and subscription.state is State.REPLAYING and version <= subscription.floor

    def audience(self) -> Audience:
        """The subscribers, grouped by how they are written to."""
        audience = self._audience
        if audience is None or audience.epoch != self.scheduler.epoch:
            audience = self._audience = Audience(self.listeners, self.scheduler.epoch)
        return audience

    def publish(self, frame: Frame, version: int) -> None:
        """A durable event, to every subscriber, in order, once."""
        if len(self.listeners) >= _VERY_MANY or self.broadcasts:
            self._broadcast(frame, version)
        elif self.syncing:
            for socket in self.listeners:
                self.publish_to(socket, frame, version)
        elif frame.worth_compressing:
            for socket in self.listeners:
                socket.send(frame)
        else:
            data = frame.plain
            for socket in self.listeners:
                socket.send_bytes(data)

    def publish_to_clients(self, frame: Frame, version: int) -> None:
        """A durable event, not for feeds."""
        if all(receiver.state.follows for receiver in self.listeners):
            self.publish(frame, version)
            return
        for receiver in self.listeners:
            if receiver.state.follows:
                self.publish_to(receiver, frame, version)

    def _broadcast(self, frame: Frame, version: int) -> None:
        excluding = set(self.syncing)
        broadcast = self.broadcasts[-1] if self.broadcasts else None
        if broadcast is None or not broadcast.is_open or broadcast.excluding != excluding:
            broadcast = Broadcast(self, excluding)
            self.broadcasts.append(broadcast)
            self.scheduler.add(broadcast)
        broadcast.add(frame)
        for socket in excluding:
            self.publish_to(socket, frame, version)

    def publish_ephemeral(self, frame: Frame, excluding: int | None = None) -> None:
        """An event that is dropped for slow readers; not sent to the user `excluding`."""
        data = frame.plain
        for socket in self.listeners:
            if excluding is None or socket.state.user != excluding:
                socket.send_ephemeral(data)

    def publish_to(self, socket: Subscriber, frame: Frame, version: int) -> None:
        """A durable event, to one subscriber."""
        subscription = self.syncing.get(socket)
        if subscription is None:
            self.flush_for(socket)
            socket.send(frame)
        elif not socket.closing:
            is_due = subscription.offer(version, frame)
            if subscription.state is State.LIVE:
                del self.syncing[socket]
            if is_due:
                socket.send(frame)
            elif subscription.holds_too_many:
                subscription.held = None
                socket.close(4408, "too slow: read faster, or reconnect and resume")

    def flush_for(self, listener: Subscriber) -> None:
        """Send the subscriber all that is waiting in broadcasts, so that what it is sent next comes after it."""
        for broadcast in self.broadcasts:
            broadcast.flush_for(listener)
