"""Subscriptions that begin and end with the user's membership, or with the room."""

from collections.abc import Mapping, Sequence

from msgspec.structs import replace

from hubbub.chat.events import RoomCommitted, RoomEvent
from hubbub.live.sync.subscriptions import Subscriptions
from hubbub.live.sync.topic import Topic
from hubbub.live.sync.topics import Topics
from hubbub.live.wire.frame import Frame
from hubbub.live.wire.server_frames import refusal
from hubbub.live.wire.subscriber import Subscriber


class Membership:
    """`users`: the subscribers of each user here."""

    def __init__(self, topics: Topics, users: Mapping[int, Sequence[Subscriber]]) -> None:
        self._topics = topics
        self._users = users

    def entered(self, committed: RoomCommitted, overtaken: bool) -> None:
        """Users joined, before the change is published. `overtaken`: a later change of the room was received before."""
        for user in committed.entered:
            for socket in self._users.get(user, ()):
                subscriptions: Subscriptions = socket.state
                subscriptions.membership_epoch += 1
                if not self._begins(subscriptions, committed) or self._has_read(socket, committed):
                    continue
                if overtaken:
                    self._read_later(socket, committed)
                else:
                    self._subscribe(socket, committed)

    def found(self, committed: RoomCommitted) -> None:
        """A join was found in the store: the bus may have lost it."""
        for user in committed.entered:
            for socket in self._users.get(user, ()):
                if self._begins(socket.state, committed):
                    self._read_later(socket, committed)

    def left(self, committed: RoomCommitted, frame: Frame) -> None:
        """Users left or were removed, after the change (`frame`) was published."""
        room = committed.room
        for user in committed.left:
            for socket in self._users.get(user, ()):
                subscriptions: Subscriptions = socket.state
                subscriptions.membership_epoch += 1
                if self._has_read(socket, committed):
                    continue
                unread = subscriptions.unread_of(room)
                if unread is not None:
                    if unread.left():
                        # It was held back like every event of the room; what else is held is not for them any more.
                        socket.send(frame)
                    if not unread.is_unread:
                        subscriptions.end(unread)
                self._topics.drop(socket, room)

    def closed_to_outsiders(self, topic: Topic, version: int) -> None:
        """Only members may listen from this version on."""
        for socket in list(topic.guests):
            if topic.has_read(socket, version):
                continue
            topic.flush_for(socket)
            socket.send(Frame.of(refusal("not_found", "This room is not open to you any more.", topic.room, "no_room")))
            self._topics.drop(socket, topic.room)

    def room_deleted(self, topic: Topic) -> None:
        for socket in list(topic.listeners):
            self._topics.drop(socket, topic.room)

    def _has_read(self, socket: Subscriber, committed: RoomCommitted) -> bool:
        """Whether the change, received late, is part of what the connection has from the store.

        Or says that it has: what is read for it next decides."""
        unread = socket.state.unread_of(committed.room)
        if unread is not None and committed.version <= unread.since:
            return True
        topic = self._topics.rooms.get(committed.room)
        return topic is not None and topic.has_read(socket, committed.version)

    @staticmethod
    def _begins(subscriptions: Subscriptions, committed: RoomCommitted) -> bool:
        """Whether a user's joining subscribes this connection.

        One whose list of rooms is being read finds it there. A late join of a room that was deleted since is nothing.
        """
        is_greeted = subscriptions.follows and not subscriptions.greeting
        is_deleted = committed.snapshot is not None and committed.snapshot.deleted
        return is_greeted and not is_deleted and subscriptions.may_begin(committed.room, committed.version)

    def _subscribe(self, socket: Subscriber, committed: RoomCommitted) -> None:
        """The client first gets the room itself; one that it knows from before, and that is still to be read for it, is
        read first."""
        snapshot = committed.snapshot
        assert snapshot is not None
        is_new = not self._topics.is_subscribed(socket, committed.room)
        unread = socket.state.unread_of(committed.room)
        self._topics.subscribe(
            socket, committed.room, True, snapshot.member_count, committed.version, unread if is_new else None
        )
        if is_new and unread is None and not isinstance(committed.event, RoomEvent):
            # As it was just before: the member event that follows is what makes the version.
            socket.send(Frame.of(replace(snapshot, version=committed.version - 1)))

    def _read_later(self, socket: Subscriber, committed: RoomCommitted) -> None:
        subscriptions: Subscriptions = socket.state
        is_unread = subscriptions.unread_of(committed.room) is not None
        if not is_unread and not self._topics.is_subscribed(socket, committed.room):
            subscriptions.joined_unknown(committed.room, committed.version - 1)
