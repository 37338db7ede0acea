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
    TypingEvent,
)
from hubbub.chat.presence import Presence
from hubbub.chat.records import Account
from hubbub.chat.sessions import RENEWED
from hubbub.chat.shapes import Room
from hubbub.live.rooms.interest import Interest
from hubbub.live.rooms.large_rooms import LargeRooms
from hubbub.live.rooms.presence_fanout import PresenceFanout
from hubbub.live.rooms.profiles import Profiles
from hubbub.live.rooms.receipts import Receipts
from hubbub.live.rooms.typing import Typing
from hubbub.live.sync.replay_cache import ReplayCache
from hubbub.live.sync.subscription import Subscription
from hubbub.live.sync.topic import CatchUp, Topic
from hubbub.live.wire.flush_scheduler import FlushScheduler
from hubbub.live.wire.frame import Frame
from hubbub.live.wire.server_frames import DisconnectEvent, refusal
from hubbub.live.wire.subscriber import Subscriber
from hubbub.live.wire.timer_wheel import TimerWheel

_SUMMARY_SECONDS = 5
_RENEWED_SECONDS = 1.0
"""After which the answer with the new token has reached whoever asked for it, and the other tabs of a browser."""
_RECENT_BYTES = 16 << 20
_MOST_HEADS = 100_000


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
        self._interest = interest
        self._wheel = wheel
        self._presence = presence
        self._receipts = receipts
        self._large_room = large_room
        self._scheduler = scheduler
        self._topics: dict[int, Topic] = {}
        self._heads: dict[int, int] = {}
        self._users: defaultdict[int, list[Subscriber]] = defaultdict(list)
        self._sessions: defaultdict[int, list[Subscriber]] = defaultdict(list)
        self._typing = Typing(wheel, interest)
        server = token_hex(8)
        self.presence_fanout = PresenceFanout(presence, interest, self._users, self._topics, server)
        self.profiles = Profiles(wheel, presence, self._users, self._topics)
        self._large_rooms = LargeRooms(presence, interest, self._topics, server)
        wheel.every_second(self._tick)

    # Coming and going

    def enter(self, socket: Subscriber) -> None:
        """Register a connection with a `Subscription` as its `state`: ending its session closes it."""
        self._users[socket.state.user].append(socket)
        self._sessions[socket.state.session].append(socket)

    def connect(self, socket: Subscriber, account: Account, rooms: list[Room]) -> None:
        """The user is on line with this connection, which listens to the rooms that were just read for it."""
        listener: Subscription = socket.state
        for room in rooms:
            # What was committed before the read may still be on its way here: it is passed over.
            on_its_way = self.head(room.id) < room.version
            catch_up = CatchUp(room.version) if on_its_way else None
            self.listen(socket, room.id, True, room.member_count, room.version, catch_up)
        if not listener.present:
            listener.present = True
            self.presence_fanout.on_connect(account.id, account.chosen_status)
        listener.reading = False

    def leave(self, socket: Subscriber) -> None:
        """The connection is closed."""
        self._receipts.forget(socket)
        listener: Subscription = socket.state
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
        for topic in listener.topics:
            self._forget(topic, socket)
        listener.topics = []

    # Listening to rooms

    def head(self, room: int) -> int:
        """The latest version of the room seen here; 0 if there was none."""
        return self._heads.get(room, 0)

    def published_version(self, room: int) -> int:
        """A subscriber that begins now gets what follows this version; what precedes it must be read from the store."""
        return max(self.head(room), self._interest.published_version(room))

    def listen(
        self, socket: Subscriber, room: int, member: bool, member_count: int, version: int, catch_up: CatchUp | None
    ) -> None:
        """Subscribe the connection to the room, which was read at `version`; `catch_up`: hold back or skip events until
        then."""
        topic = self._topics.get(room)
        if topic is None:
            topic = self._topics[room] = Topic(room, self._large_room, self._scheduler)
            # What was heard of it while nobody listened is not heard again.
            self._interest.began(room, max(version, self.head(room)))
        self._interest.known(room, version)
        topic.member_count = member_count
        if socket not in topic.listeners:
            socket.state.topics.append(topic)
            self._large_rooms.joined(topic, socket)
        topic.add(socket, member)
        if catch_up is not None:
            topic.hold_back(socket, catch_up)

    def synchronised(self, socket: Subscriber, room: int, version: int) -> None:
        """The connection has everything up to `version`: release what was held above it."""
        topic = self._topics.get(room)
        catch_up = None if topic is None else topic.catching.get(socket)
        if topic is None or catch_up is None:
            return
        catch_up.floor = version
        held, catch_up.held = catch_up.held, None
        for event_version, frame in held or ():
            if event_version > version:
                topic.catching.pop(socket, None)
                socket.send(frame)
        self._interest.known(room, version)

    def ignore(self, socket: Subscriber, room: int) -> None:
        """Unsubscribe the connection from the room."""
        topic = self._topics.get(room)
        if topic is not None and socket in topic.listeners:
            socket.state.topics.remove(topic)
            self._forget(topic, socket)

    def _drop(self, socket: Subscriber, room: int) -> None:
        if self.listens(socket, room):
            self.ignore(socket, room)
            socket.state.dropped(room)

    def listens(self, socket: Subscriber, room: int) -> bool:
        topic = self._topics.get(room)
        return topic is not None and socket in topic.listeners

    def holds_back(self, socket: Subscriber, room: int) -> bool:
        """Whether the room is still being synchronised for the connection. Not once the user has left it."""
        topic = self._topics.get(room)
        return topic is not None and topic.holds_back(socket)

    def _forget(self, topic: Topic, socket: Subscriber) -> None:
        topic.remove(socket)
        if not topic.listeners and self._topics.pop(topic.room, None) is not None:
            self._interest.ended(topic.room)

    # Telling

    def on_event(self, event: Event) -> None:
        """An event from the bus."""
        if isinstance(event, RoomCommitted):
            self._commit(event)
        elif isinstance(event, ReadEvent | DeliveredEvent):
            if (topic := self._topics.get(event.room)) is not None:
                if topic.is_large or (isinstance(event, ReadEvent) and event.quiet):
                    self._publish_to_own(topic, event)
                else:
                    topic.publish_ephemeral(Frame.of(event))
        elif isinstance(event, MembershipEvent):
            if (topic := self._topics.get(event.room)) is not None:
                self._publish_to_own(topic, event)
        elif isinstance(event, SessionsEnded):
            self._end(event)
        elif isinstance(event, TypingEvent):
            if (topic := self._topics.get(event.room)) is not None:
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

    def _commit(self, committed: RoomCommitted) -> None:
        overtaken = self.head(committed.room) > committed.version
        self._note(committed.room, committed.version)
        for user in committed.entered:
            for socket in self._users.get(user, ()):
                listener: Subscription = socket.state
                listener.membership_epoch += 1
                if overtaken:
                    self._bring_in(socket, committed)
                elif listener.follows and not listener.reading:
                    self._admit(socket, committed)
        if isinstance(committed.event, MemberEvent):
            self._presence.dress(committed.event.user)
        frame = Frame.of(committed.event)
        self.replay_cache.add(committed, frame)
        topic = self._topics.get(committed.room)
        if topic is not None:
            self._publish(topic, committed, frame)
        for user in committed.left:
            for socket in self._users.get(user, ()):
                listener = socket.state
                listener.membership_epoch += 1
                if listener.is_behind(committed.room) or (topic is not None and topic.holds_back(socket)):
                    # What is held back for it is not for it any more. That it is out is, where it knows it was in.
                    if not listener.is_unannounced(committed.room):
                        socket.send(frame)
                    listener.settled(committed.room)
                self._drop(socket, committed.room)
        if isinstance(committed.event, RoomEvent) and committed.event.deleted and topic is not None:
            for socket in list(topic.listeners):
                self._drop(socket, committed.room)

    def _note(self, room: int, version: int) -> None:
        self._heads[room] = max(version, self._heads.pop(room, 0))
        if len(self._heads) > _MOST_HEADS:
            # The room of which nothing was heard for longest: whoever listens to it next reads it first anyway.
            del self._heads[next(iter(self._heads))]

    def _publish(self, topic: Topic, committed: RoomCommitted, frame: Frame) -> None:
        event = committed.event
        if committed.snapshot is not None:
            topic.member_count = committed.snapshot.member_count
        if topic.snapshot is not None:
            topic.snapshot = _brought_up(topic.snapshot, committed)
        if committed.is_closed_to_outsiders:
            for socket in list(topic.guests):
                topic.flush_for(socket)
                socket.send(
                    Frame.of(refusal("not_found", "This room is not open to you any more.", topic.room, "no_room"))
                )
                self._drop(socket, topic.room)
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

    def _publish_to_own(self, topic: Topic, event: ReadEvent | DeliveredEvent | MembershipEvent) -> None:
        """To the user's own connections only: what concerns nobody else, or (read markers in a large room) too many."""
        data = Frame.of(event).plain
        for socket in self._users.get(event.user, ()):
            if socket in topic.listeners:
                socket.send_ephemeral(data)

    def _expect_receipts(self, topic: Topic, event: MessageEvent) -> None:
        for socket, member in topic.listeners.items():
            listener: Subscription = socket.state
            if member and listener.present and listener.user != event.sender.id and socket not in topic.catching:
                topic.flush_for(socket)
                self._receipts.sent(socket, topic.room, event.seq)

    def _admit(self, socket: Subscriber, committed: RoomCommitted) -> None:
        """A user became a member: subscribe their connection, which first gets the room itself.

        A room that it knows from before, and that is being synchronised, is synchronised first.
        """
        assert committed.snapshot is not None
        fresh = not self.listens(socket, committed.room)
        behind = socket.state.is_behind(committed.room)
        catch_up = CatchUp() if fresh and behind else None
        self.listen(socket, committed.room, True, committed.snapshot.member_count, committed.version, catch_up)
        if fresh and not behind and not isinstance(committed.event, RoomEvent):
            # As it was just before: the member event that follows is what makes the version.
            socket.send(Frame.of(replace(committed.snapshot, version=committed.version - 1)))

    def bring_in(self, committed: RoomCommitted) -> None:
        """A join found in the store: publish it unless that has been done."""
        for user in committed.entered:
            for socket in self._users.get(user, ()):
                self._bring_in(socket, committed)

    def _bring_in(self, socket: Subscriber, committed: RoomCommitted) -> None:
        """Read for them what happened in the room since they joined; some of it may have been published here already.

        Whether they still are members is read too: a join that comes late may be older than their leaving.
        """
        listener: Subscription = socket.state
        room = committed.room
        is_synchronised = listener.reading or listener.is_behind(room) or self.listens(socket, room)
        if listener.follows and not is_synchronised:
            listener.mark_behind(room, committed.version - 1)

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
        if snapshot is not None and self._topics.get(topic.room) is topic:
            topic.publish(Frame.of(snapshot), snapshot.version)

    def _end(self, event: SessionsEnded) -> None:
        renewed = event.close_code == RENEWED
        for session in event.sessions:
            for socket in list(self._sessions.get(session, ())):
                self.dismiss(socket, event.close_code, event.reason, _RENEWED_SECONDS if renewed else None)

    def dismiss(self, socket: Subscriber, code: int, reason: str, retry_after: float | None = None) -> None:
        """Send the reason and close; the connection gets nothing after that."""
        for topic in list(socket.state.topics if isinstance(socket.state, Subscription) else ()):
            self.ignore(socket, topic.room)
        socket.send(Frame.of(DisconnectEvent(code, reason, retry_after)))
        socket.close(code, reason)

    # Typing

    def type(self, socket: Subscriber, room: int, on: bool) -> bool:
        """Show the user as typing for some seconds, or stop. False: the connection does not listen to the room."""
        topic = self._topics.get(room)
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
