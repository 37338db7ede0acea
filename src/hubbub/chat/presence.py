"""Presence: who is on line, as others see it. Soft state; only the choice and the last sight are stored.

Somebody is `busy` or `invisible` by choice, whatever the number of their connections; otherwise `online` while one
connection is, and `away` when all are. Invisible looks like offline to everybody else. Of people who are connected to
other servers each of those says what they are there, and again every few seconds: a server that says nothing any more
has nobody.
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
    """Somebody on one other server. `until` is a second of ours."""

    status: Status
    rooms: list[int] | None
    """None: not known yet."""
    until: int


class Presence:
    """Counts connections, and collects whose status changed since `changes` was last taken."""

    def __init__(self) -> None:
        self._people: dict[int, _Person] = {}
        self._changed: set[int] = set()
        self._told: dict[int, Status] = {}
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
        """One connection less; `away` is whether that one was."""
        person = self._people[user]
        person.connections -= 1
        person.away -= away
        if person.connections == 0 and person.chosen != "invisible":
            self._last_seen[user] = now()
        self._changed.add(user)

    def choose(self, user: int, chosen: ChosenStatus) -> None:
        """Set the user's own choice. Who becomes invisible looks as if they left just then."""
        if chosen == "invisible" and self.status(user) != "offline":
            self._last_seen[user] = now()
        self._people[user].chosen = chosen
        self._changed.add(user)

    def set_away(self, user: int, away: bool) -> None:
        """One of the user's connections went away, or came back."""
        self._people[user].away += 1 if away else -1
        self._changed.add(user)

    def status(self, user: int) -> Status:
        """As others see it, here or on another server."""
        person = self._people.get(user)
        if person is not None and person.connections > 0 and person.chosen == "invisible":
            return "offline"
        elsewhere = self._elsewhere.get(user)
        here = self._here(user)
        if elsewhere is None:
            return here
        return min([here, *(each.status for each in elsewhere.values())], key=_RANKING.index)

    def is_invisible(self, user: int) -> bool:
        """Whether somebody connected here chose not to be seen."""
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
        """The ids of everybody who can be seen to be on line, ascending."""
        return sorted(user for user in {*self._people, *self._elsewhere} if self.status(user) != "offline")

    def dress(self, user: User) -> User:
        """Fill in what only presence knows."""
        user.status = self.status(user.id)
        if (seen := self._last_seen.get(user.id)) is not None:
            user.last_seen = rfc3339(seen)
        return user

    def changes(self) -> list[PresenceEvent]:
        """What to tell about those whose visible status is another than was last told. Quick come-backs cancel out."""
        events = []
        for user in self._changed:
            person = self._people.get(user)
            status = self.status(user)
            if status != self._told.get(user, "offline"):
                self._told[user] = status
                seen = self._last_seen.get(user) or self._seen_elsewhere.get(user)
                shown = status == "offline" and seen is not None
                events.append(PresenceEvent(user, status, rfc3339(seen) if shown and seen is not None else None))
            else:
                self._rooms.pop(user, None)
            if status == "offline":
                self._told.pop(user, None)
            if person is not None and person.connections == 0:
                del self._people[user]
        self._changed.clear()
        self._seen_elsewhere.clear()
        return events

    # Other servers

    def news(self) -> list[tuple[int, Status, int | None]]:
        """Who is another here than other servers were last told, and when they were last seen (ms) if they left.

        To be asked for before `changes`.
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

    def told_elsewhere(self, user: int) -> Status:
        """What other servers were last told that somebody is here."""
        return self._here_before.get(user, "offline")

    def here(self) -> list[tuple[int, Status]]:
        """Everybody who can be seen to be on line here."""
        return list(self._here_before.items())

    def counted_by(self, server: str, user: int) -> bool:
        """Whether it is for this server, of those that somebody is on line at, to count them: the first by name."""
        if self._here(user) == "offline":
            return False
        elsewhere = self._elsewhere.get(user, {})
        return not any(other < server and each.status != "offline" for other, each in elsewhere.items())

    def heard(self, note: PresenceNote) -> None:
        """What another server says of those who are connected to it."""
        if note.gone:
            for user, servers in list(self._elsewhere.items()):
                if note.server in servers:
                    self._forget(user, note.server)
        for person in note.people:
            self._hear(note.server, person)

    def _hear(self, server: str, person: PersonNote) -> None:
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
            # Nobody could be told before.
            self._told.pop(person.user, None)
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
        """The rooms whose members are to hear of somebody who is, or just was, on another server."""
        rooms = self._rooms.pop(user, [])
        return [*rooms, *(room for each in self._elsewhere.get(user, {}).values() for room in each.rooms or ())]

    def tick(self, second: int) -> None:
        """Each second: forget what servers said that say nothing any more."""
        self._second = second
        if second % 5 == 0:
            for user, servers in list(self._elsewhere.items()):
                for server in [server for server, each in servers.items() if each.until < second]:
                    self._forget(user, server)

    def seen(self) -> dict[int, int]:
        """Whom to note as last seen when (ms): some at a time, once a second."""
        for user, at in self._noted.items():
            if self._last_seen.get(user) == at:
                del self._last_seen[user]
        self._noted = {}
        return dict(islice(self._last_seen.items(), _SEEN_AT_ONCE))

    def noted(self, seen: dict[int, int]) -> None:
        """These are stored. They are known here for a second more, for who has read the account as it was before."""
        self._noted.update(seen)
