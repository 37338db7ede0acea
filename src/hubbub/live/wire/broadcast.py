"""One write to very many: an event for a topic with hundreds of listeners or more.

For ten thousand connections even one Python call each costs a third of what the system's `send()` does. So the sockets
of all connections that are writable now are kept in an array, and one `map` sends the same bytes to all of them. The
others are sent to one by one.
"""

from collections.abc import Iterable
from itertools import repeat
from socket import SocketType
from typing import Protocol, final

from hubbub.live.wire.flush_scheduler import FlushScheduler
from hubbub.live.wire.frame import Frame
from hubbub.live.wire.send_queue import SendQueue
from hubbub.live.wire.subscriber import Subscriber


class Group:
    """Connections that are writable now, and their system sockets."""

    __slots__ = ("connections", "ends")

    def __init__(self, connections: list[SendQueue], ends: list[SocketType]) -> None:
        self.connections = connections
        self.ends = ends

    def without(self, some: set[Subscriber]) -> "Group":
        if not some:
            return self
        left = [number for number, connection in enumerate(self.connections) if connection not in some]
        return Group([self.connections[number] for number in left], [self.ends[number] for number in left])


class Audience:
    """The listeners, grouped by how they are written to, at one `epoch` of the flush scheduler."""

    def __init__(self, listeners: Iterable[Subscriber], epoch: int) -> None:
        self.epoch = epoch
        self.plain, self.deflating = Group([], []), Group([], [])
        self.others: list[Subscriber] = []
        for listener in listeners:
            connection = listener.ready
            if connection is None or connection.end is None:
                self.others.append(listener)
                continue
            group = self.deflating if connection.deflates else self.plain
            group.connections.append(connection)
            group.ends.append(connection.end)


class Channel(Protocol):
    """What a broadcast goes to: a room's topic."""

    scheduler: FlushScheduler
    broadcasts: "list[Broadcast]"
    listeners: dict[Subscriber, bool]

    def audience(self) -> Audience: ...


@final
class Broadcast:
    """`excluding`: listeners that get these frames in another way."""

    is_many = True

    __slots__ = ("_frames", "_runs", "_topic", "excluding")

    def __init__(self, topic: Channel, excluding: set[Subscriber]) -> None:
        self.excluding = excluding
        self._topic = topic
        self._frames: list[Frame] = []
        self._runs: list[_Run] | None = None

    @property
    def is_open(self) -> bool:
        """Whether frames can be added: nothing has been written yet."""
        return self._runs is None

    def add(self, frame: Frame) -> None:
        self._frames.append(frame)

    def flush_for(self, receiver: Subscriber) -> None:
        """Send the subscriber its part now, through its own queue."""
        if self._runs is None:
            waits = receiver not in self.excluding
            self.excluding.add(receiver)
        else:
            waits = any(run.take_out(receiver) for run in self._runs)
        if waits:
            self._send(receiver)

    def flush(self, budget: int) -> int:
        """Write to `budget` connections at the most; to how many it did. Fewer is the end."""
        if self._runs is None:
            self._runs = self._begun()
        written = 0
        while self._runs and written < budget:
            run = self._runs[-1]
            if run.epoch == self._topic.scheduler.epoch:
                written += run.write(budget - written)
            else:
                written += self._write_with_care(run.next(budget - written), run.data)
            if run.is_over:
                self._runs.pop()
        if written < budget:
            self._topic.broadcasts.remove(self)
        return written

    def abandon(self) -> None:
        """Writing failed: close everybody who may not have got it."""
        if self in self._topic.broadcasts:
            self._topic.broadcasts.remove(self)
        for receiver in list(self._topic.listeners):
            if receiver not in self.excluding:
                receiver.close(1011, "the server failed")

    def _begun(self) -> "list[_Run]":
        audience = self._topic.audience()
        for receiver in audience.others:
            if receiver not in self.excluding:
                self._send(receiver)
        plain = deflated = b"".join([frame.plain for frame in self._frames])
        if audience.deflating.ends and any(frame.worth_compressing for frame in self._frames):
            deflated = b"".join([frame.deflated for frame in self._frames])
        return [
            _Run(audience.deflating.without(self.excluding), deflated, audience.epoch),
            _Run(audience.plain.without(self.excluding), plain, audience.epoch),
        ]

    def _write_with_care(self, connections: list[SendQueue], data: bytes) -> int:
        """Some may not be such by now that can be written to right away."""
        for connection in connections:
            if connection.ready is None:
                self._send(connection)
            else:
                connection.write(data)
        return len(connections)

    def _send(self, receiver: Subscriber) -> None:
        for frame in self._frames:
            receiver.send(frame)


class _Run:
    """The same bytes for all of a group, who could be written to at an `epoch`."""

    __slots__ = ("_at", "_group", "data", "epoch")

    def __init__(self, group: Group, data: bytes, epoch: int) -> None:
        self.data = data
        self.epoch = epoch
        self._group = group
        self._at = 0

    @property
    def is_over(self) -> bool:
        return self._at >= len(self._group.ends)

    def take_out(self, receiver: Subscriber) -> bool:
        """Whether it was still to be written to."""
        left = self._group.connections[self._at :]
        if receiver not in left:
            return False
        self._group, self._at = Group(left, self._group.ends[self._at :]).without({receiver}), 0
        return True

    def next(self, most: int) -> list[SendQueue]:
        connections = self._group.connections[self._at : self._at + most]
        self._at += len(connections)
        return connections

    def write(self, most: int) -> int:
        """Write to the next, each of which can be written to right away."""
        first, data, size = self._at, self.data, len(self.data)
        ends = self._group.ends[first : first + most]
        self._at += len(ends)
        taken: list[int] = []
        while len(taken) < len(ends):
            try:
                # What was taken before one refuses is in the list.
                taken.extend(map(SocketType.send, ends[len(taken) :] if taken else ends, repeat(data)))
            except OSError:
                taken.append(0)
        if taken.count(size) < len(taken):
            for number, sent in enumerate(taken, first):
                if sent < size:
                    # The rest waits with the transport, which knows what to do about errors too.
                    self._group.connections[number].transport.write(data[sent:])
        return len(ends)
