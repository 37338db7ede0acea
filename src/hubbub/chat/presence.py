"""Presence: who is online, as others see it. Soft state; only the chosen status and the last time seen are stored.

A user is `busy` or `invisible` by choice, whatever their connections; otherwise `online` while one connection is
active, and `away` when all are away. To others, invisible is the same as offline. Every server reports the users
connected to it when they change and every few seconds; users of a server that falls silent are offline.
"""

from itertools import islice

from msgspec import Struct

from hubbub.chat.clock import now, rfc3339
from hubbub.chat.events import PersonNote, PresenceEvent, PresenceNote
from hubbub.chat.shapes import ChosenStatus, Status, User

_SEEN_AT_ONCE = 200
_SILENT_SECONDS = 30
_RANKING: list[Status] = ["busy", "online", "away", "offline"]


class _Person(Struct):
    chosen: ChosenStatus
    connections: int = 0
    away: int = 0


class _Elsewhere(Struct):
    """A user's presence on another server. `until` is in seconds of the local timer."""

    status: Status
    rooms: list[int] | None
    """None: not reported yet."""
    until: int


class Presence:
    """Counts connections, and collects the users whose status changed since `changes` was last called."""

    def __init__(self) -> None:
        self._people: dict[int, _Person] = {}
        self._changed: set[int] = set()
        self._published: dict[int, Status] = {}
        self._elsewhere: dict[int, dict[str, _Elsewhere]] = {}
        self._here_before: dict[int, Status] = {}
        self._rooms: dict[int, list[int]] = {}
        self._seen_elsewhere: dict[int, int] = {}
        self._second = 0
        self._last_seen: dict[int, int] = {}
        self._noted: dict[int, int] = {}

    def connected(self, user: int, chosen: ChosenStatus) -> None:
        person = self._people.get(user)
        if person is None:
            person = self._people[user] = _Person(chosen)
        person.connections += 1
        self._changed.add(user)

    def disconnected(self, user: int, away: bool) -> None:
        """A connection closed. `away`: it was away."""
        person = self._people[user]
        person.connections -= 1
        person.away -= away
        if person.connections == 0 and person.chosen != "invisible":
            self._last_seen[user] = now()
        self._changed.add(user)

    def choose(self, user: int, chosen: ChosenStatus) -> None:
        """Set the user's chosen status. Becoming invisible looks like disconnecting."""
        if chosen == "invisible" and self.status(user) != "offline":
            self._last_seen[user] = now()
        self._people[user].chosen = chosen
        self._changed.add(user)

    def set_away(self, user: int, away: bool) -> None:
        """One of the user's connections became away, or active again."""
        self._people[user].away += 1 if away else -1
        self._changed.add(user)

    def status(self, user: int) -> Status:
        """The status as others see it, over all servers."""
        person = self._people.get(user)
        if person is not None and person.connections > 0 and person.chosen == "invisible":
            return "offline"
        elsewhere = self._elsewhere.get(user)
        here = self._here(user)
        if elsewhere is None:
            return here
        return min([here, *(each.status for each in elsewhere.values())], key=_RANKING.index)

    def is_invisible(self, user: int) -> bool:
        """Whether a user connected here has chosen to be invisible."""
        person = self._people.get(user)
        return person is not None and person.chosen == "invisible"

    def _here(self, user: int) -> Status:
        person = self._people.get(user)
        if person is None or person.connections == 0 or person.chosen == "invisible":
            return "offline"
        if person.chosen == "busy":
            return "busy"
        return "away" if person.away >= person.connections else "online"

    def online(self) -> list[int]:
        """The ids of all users who are visibly online, ascending."""
        return sorted(user for user in {*self._people, *self._elsewhere} if self.status(user) != "offline")

    def dress(self, user: User) -> User:
        """Fill in `status` and `last_seen`; returns the same user."""
        user.status = self.status(user.id)
        if (seen := self._last_seen.get(user.id)) is not None:
            user.last_seen = rfc3339(seen)
        return user

    def changes(self) -> list[PresenceEvent]:
        """Events for the users whose visible status differs from the published one. Quick reconnects cancel out."""
        events = []
        for user in self._changed:
            person = self._people.get(user)
            status = self.status(user)
            if status != self._published.get(user, "offline"):
                self._published[user] = status
                seen = self._last_seen.get(user) or self._seen_elsewhere.get(user)
                shown = status == "offline" and seen is not None
                events.append(PresenceEvent(user, status, rfc3339(seen) if shown and seen is not None else None))
            else:
                self._rooms.pop(user, None)
            if status == "offline":
                self._published.pop(user, None)
            if person is not None and person.connections == 0:
                del self._people[user]
        self._changed.clear()
        self._seen_elsewhere.clear()
        return events

    # Other servers

    def news(self) -> list[tuple[int, Status, int | None]]:
        """The users whose status here differs from the one last reported to other servers: id, status, and when they
        were last seen (ms) if offline.

        To be called before `changes`.
        """
        found: list[tuple[int, Status, int | None]] = []
        for user in self._changed:
            here = self._here(user)
            if here != self._here_before.get(user, "offline"):
                found.append((user, here, None if here != "offline" else self._last_seen.get(user)))
                if here == "offline":
                    del self._here_before[user]
                else:
                    self._here_before[user] = here
        return found

    def published_elsewhere(self, user: int) -> Status:
        """The user's status here as last reported to other servers."""
        return self._here_before.get(user, "offline")

    def here(self) -> list[tuple[int, Status]]:
        """All users who are visibly online here."""
        return list(self._here_before.items())

    def counted_by(self, server: str, user: int) -> bool:
        """Whether this server counts the user: the first by name of the servers the user is online at."""
        if self._here(user) == "offline":
            return False
        elsewhere = self._elsewhere.get(user, {})
        return not any(other < server and each.status != "offline" for other, each in elsewhere.items())

    def apply(self, note: PresenceNote) -> None:
        """Apply another server's report."""
        if note.gone:
            for user, servers in list(self._elsewhere.items()):
                if note.server in servers:
                    self._forget(user, note.server)
        for person in note.people:
            self._apply_person(note.server, person)

    def _apply_person(self, server: str, person: PersonNote) -> None:
        if person.chosen is not None and (local := self._people.get(person.user)) is not None:
            local.chosen = person.chosen
            self._changed.add(person.user)
        servers = self._elsewhere.setdefault(person.user, {})
        known = servers.get(server)
        rooms = person.rooms if person.rooms is not None or known is None else known.rooms
        servers[server] = _Elsewhere(person.status, rooms, self._second + _SILENT_SECONDS)
        if person.last_seen is not None:
            self._seen_elsewhere[person.user] = person.last_seen
        if known is None or known.status != person.status:
            self._changed.add(person.user)
        elif known.rooms is None and rooms is not None:
            # It could not be published before.
            self._published.pop(person.user, None)
            self._changed.add(person.user)
        if person.status == "offline":
            self._forget(person.user, server)

    def _forget(self, user: int, server: str) -> None:
        gone = self._elsewhere[user].pop(server)
        if not self._elsewhere[user]:
            del self._elsewhere[user]
        self._rooms[user] = gone.rooms or []
        self._changed.add(user)

    def rooms_elsewhere(self, user: int) -> list[int]:
        """The rooms whose members are to be informed of a user who is, or just was, on another server."""
        rooms = self._rooms.pop(user, [])
        return [*rooms, *(room for each in self._elsewhere.get(user, {}).values() for room in each.rooms or ())]

    def tick(self, second: int) -> None:
        """Called every second: drop the reports of servers that have fallen silent."""
        self._second = second
        if second % 5 == 0:
            for user, servers in list(self._elsewhere.items()):
                for server in [server for server, each in servers.items() if each.until < second]:
                    self._forget(user, server)

    def seen(self) -> dict[int, int]:
        """The times (ms) users were last seen, to be stored: a batch, once a second."""
        for user, at in self._noted.items():
            if self._last_seen.get(user) == at:
                del self._last_seen[user]
        self._noted = {}
        return dict(islice(self._last_seen.items(), _SEEN_AT_ONCE))

    def noted(self, seen: dict[int, int]) -> None:
        """These times are stored. They are kept here for a second more, for readers of an older snapshot."""
        self._noted.update(seen)
