"""The hub: which connections listen to which rooms on this server, and publishing to them.

It receives every committed event from the bus, in the event loop's thread, and passes it to the subscribers that may
have it. A subscription begins and ends with the commit that allows or forbids it.
"""

from collections import defaultdict
from secrets import token_hex

from msgspec.structs import replace

from hubbub.chat.events import (
    AccountChanged,
    ActivityNote,
    DeliveredEvent,
    Event,
    MemberEvent,
    MembershipEvent,
    MessageEvent,
    NoticeEvent,
    PresenceNote,
    ReadEvent,
    RoomCommitted,
    RoomEvent,
    SessionsEnded,
    ThreadEvent,
    TypingEvent,
    WorkspaceEvent,
)
from hubbub.chat.presence import Presence
from hubbub.chat.records import Account
from hubbub.chat.sessions import RENEWED
from hubbub.chat.shapes import Room
from hubbub.live.rooms.large_rooms import LargeRooms
from hubbub.live.rooms.presence_fanout import PresenceFanout
from hubbub.live.rooms.profiles import Profiles
from hubbub.live.rooms.receipts import Receipts
from hubbub.live.rooms.typing import Typing
from hubbub.live.rooms.workspace_broadcast import WorkspaceBroadcast
from hubbub.live.sync.interest import Interest
from hubbub.live.sync.membership import Membership
from hubbub.live.sync.replay_cache import ReplayCache
from hubbub.live.sync.subscription import Subscription
from hubbub.live.sync.subscriptions import Subscriptions
from hubbub.live.sync.topic import Topic
from hubbub.live.sync.topics import Topics
from hubbub.live.wire.flush_scheduler import FlushScheduler
from hubbub.live.wire.frame import Frame
from hubbub.live.wire.subscriber import Subscriber
from hubbub.live.wire.timer_wheel import TimerWheel

_SUMMARY_SECONDS = 5
_RENEWED_SECONDS = 1.0
"""After which the answer with the new token has reached whoever asked for it, and the other tabs of a browser."""
_RECENT_BYTES = 16 << 20


class Hub:
    """`interest`: receives which rooms have listeners here, and subscribes to them on the bus between servers."""

    def __init__(
        self,
        wheel: TimerWheel,
        presence: Presence,
        receipts: Receipts,
        large_room: int,
        interest: Interest,
        scheduler: FlushScheduler,
    ) -> None:
        self.replay_cache = ReplayCache(_RECENT_BYTES)
        self._wheel = wheel
        self._presence = presence
        self._receipts = receipts
        self.topics = Topics(large_room, interest, scheduler)
        self._users: defaultdict[int, list[Subscriber]] = defaultdict(list)
        self._sessions: defaultdict[int, list[Subscriber]] = defaultdict(list)
        self._typing = Typing(wheel, interest)
        server = token_hex(8)
        self.presence_fanout = PresenceFanout(presence, interest, self._users, self.topics.rooms, server)
        self.profiles = Profiles(wheel, presence, self._users, self.topics.rooms)
        self.workspace = WorkspaceBroadcast(self._users)
        self._large_rooms = LargeRooms(presence, interest, self.topics.rooms, server)
        self.topics.on_subscribed = self._large_rooms.joined
        self._membership = Membership(self.topics, self._users)
        wheel.every_second(self._tick)

    # Coming and going

    def enter(self, socket: Subscriber) -> None:
        """Register a connection with a `Subscription` as its `state`: ending its session closes it."""
        self._users[socket.state.user].append(socket)
        self._sessions[socket.state.session].append(socket)

    def connect(self, socket: Subscriber, account: Account, rooms: list[Room]) -> None:
        """The user is on line with this connection, which listens to the rooms that were just read for it."""
        listener: Subscriptions = socket.state
        for room in rooms:
            # What was committed before the read may still be on its way here: it is passed over.
            is_on_its_way = self.topics.head(room.id) < room.version
            subscription = Subscription.replaying(room.id, room.version) if is_on_its_way else None
            self.topics.subscribe(socket, room.id, True, room.member_count, room.version, subscription)
        if not listener.present:
            listener.present = True
            self.presence_fanout.on_connect(account.id, account.chosen_status)
        listener.greeting = False

    def leave(self, socket: Subscriber) -> None:
        """The connection is closed."""
        self._receipts.forget(socket)
        listener: Subscriptions = socket.state
        for sockets, key in ((self._users, listener.user), (self._sessions, listener.session)):
            if socket in sockets[key]:
                sockets[key].remove(socket)
            if not sockets[key]:
                del sockets[key]
        if listener.present:
            mine = [topic for topic in listener.topics if topic.listeners[socket]]
            self.presence_fanout.on_disconnect(listener.user, listener.away, mine)
            for topic in listener.topics:
                self._typing.stopped(topic, listener.user)
        self.topics.unsubscribe_from_all(socket)

    # Publishing

    def on_event(self, event: Event) -> None:
        """An event from the bus."""
        if isinstance(event, RoomCommitted):
            self._commit(event)
        elif isinstance(event, ReadEvent | DeliveredEvent):
            if (topic := self.topics.rooms.get(event.room)) is not None:
                if topic.is_large or (isinstance(event, ReadEvent) and event.quiet):
                    self._publish_to_own(topic, event)
                else:
                    topic.publish_ephemeral(Frame.of(event))
        elif isinstance(event, MembershipEvent | ThreadEvent):
            if (topic := self.topics.rooms.get(event.room)) is not None:
                self._publish_to_own(topic, event)
        elif isinstance(event, SessionsEnded):
            self._end(event)
        elif isinstance(event, TypingEvent):
            if (topic := self.topics.rooms.get(event.room)) is not None:
                self._typing.on_note(topic, event)
        elif isinstance(event, PresenceNote):
            self.presence_fanout.on_note(event)
            if event.gone:
                self._large_rooms.gone(event.server)
        elif isinstance(event, ActivityNote):
            self._large_rooms.on_note(event)
        elif isinstance(event, AccountChanged):
            if event.shown is not None:
                self.replay_cache.forget(event.user)
            self.profiles.on_note(event)
        elif isinstance(event, WorkspaceEvent):
            self.workspace.on_event(event)

    def _commit(self, committed: RoomCommitted) -> None:
        topics = self.topics
        overtaken = topics.head(committed.room) > committed.version
        topics.note(committed.room, committed.version)
        if committed.entered:
            self._membership.entered(committed, overtaken)
        if isinstance(committed.event, MemberEvent):
            self._presence.dress(committed.event.user)
        frame = Frame.of(committed.event)
        self.replay_cache.add(committed, frame)
        topic = topics.rooms.get(committed.room)
        if topic is not None:
            self._publish(topic, committed, frame)
        if committed.left:
            self._membership.left(committed, frame)
        if isinstance(committed.event, RoomEvent) and committed.event.deleted and topic is not None:
            self._membership.room_deleted(topic)

    def bring_in(self, committed: RoomCommitted) -> None:
        """A join found in the store: publish it unless that has been done."""
        self._membership.found(committed)

    def _publish(self, topic: Topic, committed: RoomCommitted, frame: Frame) -> None:
        event = committed.event
        if committed.snapshot is not None:
            topic.member_count = committed.snapshot.member_count
        if topic.snapshot is not None:
            topic.snapshot = _brought_up(topic.snapshot, committed)
        if committed.is_closed_to_outsiders:
            self._membership.closed_to_outsiders(topic, committed.version)
        if self._is_summarised(topic, committed):
            self._summarise(topic, committed, frame)
        elif isinstance(event, NoticeEvent):
            topic.publish_to_clients(frame, committed.version)
        else:
            topic.publish(frame, committed.version)
            if isinstance(event, MessageEvent) and not event.deleted and event.edited_at is None:
                self._typing.stopped(topic, event.sender.id)
                if topic.member_count <= self._receipts.largest_room:
                    self._expect_receipts(topic, event)

    def _publish_to_own(self, topic: Topic, event: ReadEvent | DeliveredEvent | MembershipEvent | ThreadEvent) -> None:
        """To the user's own connections only: what concerns nobody else, or (read markers in a large room) too many."""
        data = Frame.of(event).plain
        for socket in self._users.get(event.user, ()):
            if socket in topic.listeners:
                socket.send_ephemeral(data)

    def _expect_receipts(self, topic: Topic, event: MessageEvent) -> None:
        for socket, member in topic.listeners.items():
            listener: Subscriptions = socket.state
            if member and listener.present and listener.user != event.sender.id and socket not in topic.syncing:
                topic.flush_for(socket)
                self._receipts.sent(socket, topic.room, event.seq)

    def sessions(self) -> list[int]:
        """The sessions connected here."""
        return list(self._sessions)

    def users(self) -> list[int]:
        """The users connected here."""
        return list(self._users)

    def _is_summarised(self, topic: Topic, committed: RoomCommitted) -> bool:
        return topic.is_large and isinstance(committed.event, MemberEvent)

    def _summarise(self, topic: Topic, committed: RoomCommitted, frame: Frame) -> None:
        """Large rooms: joins and leaves go to those concerned; everybody else gets the new count every few seconds."""
        concerned = {*committed.entered, *committed.left}
        assert isinstance(committed.event, MemberEvent)
        concerned.add(committed.event.user.id)
        for user in concerned:
            for socket in self._users.get(user, ()):
                if socket in topic.listeners:
                    topic.publish_to(socket, frame, committed.version)
        if topic.snapshot is None:
            self._wheel.after(_SUMMARY_SECONDS, lambda: self._publish_summary(topic))
        topic.snapshot = committed.snapshot

    def _publish_summary(self, topic: Topic) -> None:
        snapshot, topic.snapshot = topic.snapshot, None
        if snapshot is not None and self.topics.rooms.get(topic.room) is topic:
            topic.publish(Frame.of(snapshot), snapshot.version)

    def _end(self, event: SessionsEnded) -> None:
        renewed = event.close_code == RENEWED
        for session in event.sessions:
            for socket in list(self._sessions.get(session, ())):
                self.topics.dismiss(socket, event.close_code, event.reason, _RENEWED_SECONDS if renewed else None)

    # Typing

    def type(self, socket: Subscriber, room: int, on: bool) -> bool:
        """Show the user as typing for some seconds, or stop. False: the connection does not listen to the room."""
        topic = self.topics.rooms.get(room)
        if topic is None or socket not in topic.listeners:
            return False
        if on:
            self._typing.began(topic, socket.state.user)
        else:
            self._typing.stopped(topic, socket.state.user)
        return True

    def _tick(self, second: int) -> None:
        self._receipts.tick()
        self.presence_fanout.tick(second)
        self._large_rooms.tick(second)


def _brought_up(waiting: RoomEvent, committed: RoomCommitted) -> RoomEvent:
    """The state of a large room that waits to be published, after another change: it must not undo that one."""
    if committed.snapshot is not None:
        return committed.snapshot
    event = committed.event
    if isinstance(event, MessageEvent) and event.seq > waiting.seq:
        return replace(waiting, version=committed.version, seq=event.seq, last_at=event.at)
    return replace(waiting, version=committed.version)
