"""Presence goes to the users who share a room with the person that is not large."""

from collections.abc import Mapping
from typing import Any

from hubbub.chat.events import PersonNote, PresenceEvent, PresenceNote
from hubbub.chat.presence import Presence
from hubbub.chat.shapes import ChosenStatus
from hubbub.live.sync.interest import Interest
from hubbub.live.sync.topic import Topic
from hubbub.live.wire.frame import Frame
from hubbub.live.wire.subscriber import Subscriber

_REPEAT_SECONDS = 10
_REPEATS_WITH_ROOMS = 6
"""Once in so many repeats the rooms of somebody are said too, for servers that missed them."""
_PEOPLE_AT_ONCE = 1000


class PresenceFanout:
    """`users`: the subscribers of each user here; `topics`: the rooms listened to here.

    `server`: a name of this server that is unique among those that share its database.
    """

    def __init__(
        self,
        presence: Presence,
        interest: Interest,
        users: Mapping[int, list[Subscriber]],
        topics: Mapping[int, Topic],
        server: str,
    ) -> None:
        self._presence = presence
        self._interest = interest
        self._users = users
        self._topics = topics
        self._gone: dict[int, list[Topic]] = {}
        self._chosen: dict[int, ChosenStatus] = {}
        self._server = server
        self._known_servers: set[str] = set()
        self._has_strangers = False
        """Whether there are servers that do not know yet who is in which rooms."""

    def on_note(self, note: PresenceNote) -> None:
        """The presence that another server publishes of its users."""
        if note.gone:
            self._known_servers.discard(note.server)
        elif note.server not in self._known_servers:
            self._known_servers.add(note.server)
            self._has_strangers = True
        self._presence.apply(note)

    def on_connect(self, user: int, chosen: ChosenStatus) -> None:
        """The user has one connection more."""
        self._gone.pop(user, None)
        self._presence.connected(user, chosen)

    def on_disconnect(self, user: int, away: bool, topics: list[Topic]) -> None:
        """The user has one connection less, which listened to these rooms."""
        if not any(other.state.present for other in self._users.get(user, ())):
            self._gone[user] = topics
        self._presence.disconnected(user, away)

    def away(self, socket: Subscriber, away: bool) -> None:
        """Whether the user is away from this connection."""
        if socket.state.present and socket.state.away != away:
            socket.state.away = away
            self._presence.set_away(socket.state.user, away)

    def on_status(self, user: int, chosen: ChosenStatus) -> None:
        """A user connected here chose a status."""
        self._presence.choose(user, chosen)
        if self._interest.others:
            self._chosen[user] = chosen

    def tick(self, second: int) -> None:
        """Each second: publish the changes."""
        self._presence.tick(second)
        if self._interest.others:
            self._tell_servers(second)
        for event in self._presence.changes():
            self._publish(event)

    def end(self) -> None:
        """The server stops."""
        self._interest.publish_to_others(PresenceNote(self._server, [], gone=True))

    def _tell_servers(self, second: int) -> None:
        """Publish to other servers: changes at once, all users of this server every few seconds."""
        chosen, self._chosen = self._chosen, {}
        people = [
            PersonNote(user, status, seen, chosen.pop(user, None), [topic.room for topic in self._small_topics(user)])
            for user, status, seen in self._presence.news()
        ]
        published = self._presence.published_elsewhere
        people += [PersonNote(user, published(user), None, status) for user, status in chosen.items()]
        if second % _REPEAT_SECONDS == 0:
            named = {person.user for person in people}
            turn = second // _REPEAT_SECONDS % _REPEATS_WITH_ROOMS
            for user, status in self._presence.here():
                if user not in named:
                    has_rooms = self._has_strangers or user % _REPEATS_WITH_ROOMS == turn
                    rooms = [topic.room for topic in self._small_topics(user)] if has_rooms else None
                    people.append(PersonNote(user, status, rooms=rooms))
            self._has_strangers = False
        for first in range(0, len(people), _PEOPLE_AT_ONCE):
            self._interest.publish_to_others(PresenceNote(self._server, people[first : first + _PEOPLE_AT_ONCE]))

    def _publish(self, event: PresenceEvent) -> None:
        topics = self._small_topics(event.user)
        self._gone.pop(event.user, None)
        for room in self._presence.rooms_elsewhere(event.user):
            topic = self._topics.get(room)
            if topic is not None and not topic.is_large:
                topics.append(topic)
        audience: set[Any] = set()
        for topic in topics:
            audience.update(socket for socket, member in topic.listeners.items() if member)
        data = Frame.of(event).plain
        for socket in audience:
            socket.send_ephemeral(data)

    def _small_topics(self, user: int) -> list[Topic]:
        """The user's rooms that are listened to here and are not large."""
        topics: dict[Topic, None] = dict.fromkeys(self._gone.get(user, ()))
        for socket in self._users.get(user, ()):
            topics.update((topic, None) for topic in socket.state.topics if topic.listeners[socket])
        return [topic for topic in topics if not topic.is_large]
