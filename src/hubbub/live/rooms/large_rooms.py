"""Large rooms publish counts instead of names: how many members are on line and how many type.

Each server counts its own connections and publishes the count once per room, not once per person. A user connected to
several servers is counted by one of them.
"""

from collections import deque
from collections.abc import Mapping

from hubbub.chat.events import ActivityEvent, ActivityNote
from hubbub.chat.presence import Presence
from hubbub.live.sync.interest import Interest
from hubbub.live.sync.topic import Topic
from hubbub.live.wire.frame import Frame
from hubbub.live.wire.subscriber import Subscriber

_SECONDS = 5
_SILENT_SECONDS = 30
# So that many large rooms do not hold up everything else at once: some now, the rest in the next seconds.
_LISTENERS_AT_ONCE = 20_000


class Crowd:
    """The counts of a large room, (on line, typing): here, of each other server with its time, as last published."""

    __slots__ = ("elsewhere", "here", "newcomers", "published")

    def __init__(self) -> None:
        self.here = (0, 0)
        self.elsewhere: dict[str, tuple[int, int, int]] = {}
        self.published = (0, 0)
        self.newcomers: list[Subscriber] = []
        """New subscribers that have not been sent the counts yet."""


class LargeRooms:
    """Counts each large room every few seconds and publishes the counts that changed."""

    def __init__(self, presence: Presence, interest: Interest, topics: Mapping[int, Topic], server: str) -> None:
        self._presence = presence
        self._interest = interest
        self._topics = topics
        self._server = server
        self._crowds: dict[int, Crowd] = {}
        self._due: deque[Topic] = deque()
        self._second = 0

    def joined(self, topic: Topic, socket: Subscriber) -> None:
        """A new listener: gets the counts even if they do not change."""
        if (crowd := self._crowds.get(topic.room)) is not None:
            crowd.newcomers.append(socket)

    def on_note(self, note: ActivityNote) -> None:
        """The counts of another server."""
        topic = self._topics.get(note.room)
        if topic is not None and topic.is_large:
            crowd = self._crowds.setdefault(note.room, Crowd())
            crowd.elsewhere[note.server] = (note.online, note.typing, self._second + _SILENT_SECONDS)

    def gone(self, server: str) -> None:
        """Another server stopped."""
        for crowd in self._crowds.values():
            crowd.elsewhere.pop(server, None)

    def tick(self, second: int) -> None:
        """Each second: count some of the rooms."""
        self._second = second
        if not self._due and second % _SECONDS == 0:
            self._due.extend(topic for topic in self._topics.values() if topic.is_large)
            self._end_those_that_shrank()
        left = _LISTENERS_AT_ONCE
        while self._due and left > 0:
            topic = self._due.popleft()
            left -= len(topic.listeners)
            if self._topics.get(topic.room) is topic:
                self._count(topic)

    def _count(self, topic: Topic) -> None:
        crowd = self._crowds.setdefault(topic.room, Crowd())
        people = {socket.state.user for socket, member in topic.listeners.items() if member and socket.state.present}
        here = (sum(self._presence.counted_by(self._server, user) for user in people), len(topic.typing or ()))
        if here != (0, 0) or here != crowd.here:
            # Again and again while there is somebody: a server that says nothing any more has nobody.
            self._interest.publish_to_others(ActivityNote(self._server, topic.room, *here))
        crowd.here = here
        for server in [server for server, (_, _, until) in crowd.elsewhere.items() if until < self._second]:
            del crowd.elsewhere[server]
        elsewhere = crowd.elsewhere.values()
        counts = here[0] + sum(each[0] for each in elsewhere), here[1] + sum(each[1] for each in elsewhere)
        newcomers, crowd.newcomers = crowd.newcomers, []
        frame = Frame.of(ActivityEvent(topic.room, *counts))
        if counts != crowd.published:
            crowd.published = counts
            topic.publish_ephemeral(frame)
        else:
            for socket in newcomers:
                if socket in topic.listeners:
                    socket.send_ephemeral(frame.plain)

    def _end_those_that_shrank(self) -> None:
        for room in [*self._crowds]:
            topic = self._topics.get(room)
            if topic is None or not topic.is_large:
                crowd = self._crowds.pop(room)
                if topic is not None and crowd.published != (0, 0):
                    # From now on events name who is on line and who types.
                    topic.publish_ephemeral(Frame.of(ActivityEvent(room, 0, 0)))
