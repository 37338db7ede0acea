"""The rooms that somebody listens to on this server: subscribing and unsubscribing."""

from collections.abc import Callable

from hubbub.live.sync.interest import Interest
from hubbub.live.sync.subscription import Subscription
from hubbub.live.sync.subscriptions import Subscriptions
from hubbub.live.sync.topic import Topic
from hubbub.live.wire.flush_scheduler import FlushScheduler
from hubbub.live.wire.frame import Frame
from hubbub.live.wire.server_frames import DisconnectEvent
from hubbub.live.wire.subscriber import Subscriber

_MOST_HEADS = 100_000


class Topics:
    """`interest` receives which rooms have subscribers here. `rooms`: their topics by room."""

    def __init__(self, large_room: int, interest: Interest, scheduler: FlushScheduler) -> None:
        self.rooms: dict[int, Topic] = {}
        self.on_subscribed: Callable[[Topic, Subscriber], None] = lambda topic, socket: None
        """Called for each new subscriber of a room."""
        self._large_room = large_room
        self._interest = interest
        self._scheduler = scheduler
        self._heads: dict[int, int] = {}

    def head(self, room: int) -> int:
        """The latest version of the room received here; 0 if there was none."""
        return self._heads.get(room, 0)

    def note(self, room: int, version: int) -> None:
        """The room has reached this version."""
        self._heads[room] = max(version, self._heads.pop(room, 0))
        if len(self._heads) > _MOST_HEADS:
            # The room whose last change is oldest: its next subscriber reads it from the store anyway.
            del self._heads[next(iter(self._heads))]

    def published_version(self, room: int) -> int:
        """A subscriber that begins now gets what follows this version; what precedes it must be read from the store."""
        return max(self.head(room), self._interest.published_version(room))

    def subscribe(
        self,
        socket: Subscriber,
        room: int,
        member: bool,
        member_count: int,
        version: int,
        subscription: Subscription | None = None,
    ) -> None:
        """Subscribe to the room, which was read at `version`, or update whether the user is a member of it.

        `subscription`: gets the events until it is live.
        """
        topic = self.rooms.get(room)
        if topic is None:
            topic = self.rooms[room] = Topic(room, self._large_room, self._scheduler)
            # Changes that were received while nobody subscribed are not sent again.
            self._interest.began(room, max(version, self.head(room)))
        self._interest.known(room, version)
        topic.member_count = member_count
        if socket not in topic.listeners:
            socket.state.topics.append(topic)
            self.on_subscribed(topic, socket)
        topic.add(socket, member)
        if subscription is not None:
            topic.hold_back(socket, subscription)

    def reached(self, socket: Subscriber, room: int, version: int) -> None:
        """The subscriber was sent everything up to the version: its subscription goes on from there."""
        if (topic := self.rooms.get(room)) is not None:
            topic.reached(socket, version)
            self._interest.known(room, version)

    def is_subscribed(self, socket: Subscriber, room: int) -> bool:
        topic = self.rooms.get(room)
        return topic is not None and socket in topic.listeners

    def unsubscribe(self, socket: Subscriber, room: int) -> None:
        topic = self.rooms.get(room)
        if topic is not None and socket in topic.listeners:
            socket.state.topics.remove(topic)
            self._remove(topic, socket)

    def drop(self, socket: Subscriber, room: int) -> None:
        """Unsubscribe somebody who may not listen any more."""
        if self.is_subscribed(socket, room):
            self.unsubscribe(socket, room)
            socket.state.dropped(room)

    def unsubscribe_from_all(self, socket: Subscriber) -> None:
        """The connection is closed."""
        topics, socket.state.topics = socket.state.topics, []
        for topic in topics:
            self._remove(topic, socket)

    def dismiss(self, socket: Subscriber, code: int, reason: str, retry_after: float | None = None) -> None:
        """Send the reason and close; the connection gets nothing after that."""
        if isinstance(socket.state, Subscriptions):
            self.unsubscribe_from_all(socket)
        socket.send(Frame.of(DisconnectEvent(code, reason, retry_after)))
        socket.close(code, reason)

    def _remove(self, topic: Topic, socket: Subscriber) -> None:
        topic.remove(socket)
        if not topic.listeners and self.rooms.pop(topic.room, None) is not None:
            self._interest.ended(topic.room)
