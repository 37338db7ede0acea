"""One room on one server: its subscribers, and which of them are still catching up."""

from hubbub.chat.events import RoomEvent
from hubbub.live.wire.broadcast import Audience, Broadcast
from hubbub.live.wire.flush_scheduler import FlushScheduler
from hubbub.live.wire.frame import Frame
from hubbub.live.wire.subscriber import Subscriber

_MOST_HELD = 2000
_VERY_MANY = 256


class CatchUp:
    """A subscriber that is catching up.

    Until the room has been read from the store, events wait in `held` and `floor` is None. From then on events up to
    `floor`, the version that was read, are dropped; the first one above it ends the catching up.
    """

    __slots__ = ("floor", "held")

    def __init__(self, floor: int | None = None) -> None:
        self.floor = floor
        self.held: list[tuple[int, Frame]] | None = None


class Topic:
    """`listeners`: the subscribers, each with whether it listens as a member.

    `large_room`: the number of members above which joins and leaves are not published one by one.
    """

    __slots__ = (
        "_audience",
        "_large_room",
        "broadcasts",
        "catching",
        "guests",
        "listeners",
        "member_count",
        "room",
        "scheduler",
        "snapshot",
        "typing",
    )

    def __init__(self, room: int, large_room: int, scheduler: FlushScheduler) -> None:
        self.room = room
        self.scheduler = scheduler
        self._large_room = large_room
        self.listeners: dict[Subscriber, bool] = {}
        self.guests: set[Subscriber] = set()
        """Those of them that are not members."""
        self.catching: dict[Subscriber, CatchUp] = {}
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

    def holds_back(self, listener: Subscriber) -> bool:
        """Whether the room is being read from the store for the subscriber."""
        catch_up = self.catching.get(listener)
        return catch_up is not None and catch_up.floor is None

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

    def hold_back(self, listener: Subscriber, catch_up: CatchUp) -> None:
        self.flush_for(listener)
        self.catching[listener] = catch_up

    def remove(self, listener: Subscriber) -> None:
        """Unsubscribe; what was published before is still sent."""
        if self.listeners.pop(listener, None) is not None:
            self._audience = None
            self.flush_for(listener)
        self.catching.pop(listener, None)
        self.guests.discard(listener)

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
        elif self.catching:
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
        excluding = set(self.catching)
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
        """A durable event, to one subscriber: held or dropped while it is catching up."""
        catch_up = self.catching.get(socket)
        if catch_up is None:
            self.flush_for(socket)
            socket.send(frame)
        elif catch_up.floor is None:
            if socket.closing:
                return
            if catch_up.held is None:
                catch_up.held = []
            catch_up.held.append((version, frame))
            if len(catch_up.held) >= _MOST_HELD:
                catch_up.held.clear()
                socket.close(4408, "too slow: read faster, or reconnect and resume")
        elif version >= catch_up.floor:
            del self.catching[socket]
            if version > catch_up.floor:
                socket.send(frame)

    def flush_for(self, listener: Subscriber) -> None:
        """Send the subscriber all that is waiting in broadcasts, so that what it is sent next comes after it."""
        for broadcast in self.broadcasts:
            broadcast.flush_for(listener)
