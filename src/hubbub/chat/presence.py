"""Presence: who is on line, as others see it. Soft state of one node; only the choice and the last sight are stored.

Somebody is `busy` or `invisible` by choice, whatever the number of their connections; otherwise `online` while one
connection is, and `away` when all are. Invisible looks like offline to everybody else.
"""

from itertools import islice

from msgspec import Struct

from hubbub.chat.clock import now, rfc3339
from hubbub.chat.events import PresenceEvent
from hubbub.chat.shapes import ChosenStatus, Status, User

_SEEN_AT_ONCE = 200


class _Person(Struct):
    chosen: ChosenStatus
    connections: int = 0
    away: int = 0
    told: Status = "offline"


class Presence:
    """Counts connections, and collects whose status changed since `changes` was last taken."""

    def __init__(self) -> None:
        self._people: dict[int, _Person] = {}
        self._changed: set[int] = set()
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
        if person.connections == 0:
            self._last_seen[user] = now()
        self._changed.add(user)

    def choose(self, user: int, chosen: ChosenStatus) -> None:
        """Set the user's own choice."""
        self._people[user].chosen = chosen
        self._changed.add(user)

    def set_away(self, user: int, away: bool) -> None:
        """One of the user's connections went away, or came back."""
        self._people[user].away += 1 if away else -1
        self._changed.add(user)

    def status(self, user: int) -> Status:
        person = self._people.get(user)
        if person is None or person.connections == 0 or person.chosen == "invisible":
            return "offline"
        if person.chosen == "busy":
            return "busy"
        return "away" if person.away >= person.connections else "online"

    def online(self) -> list[int]:
        """The ids of everybody who can be seen to be on line, ascending."""
        return sorted(user for user in self._people if self.status(user) != "offline")

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
            person = self._people[user]
            status = self.status(user)
            if status != person.told:
                person.told = status
                seen = self._last_seen.get(user) if status == "offline" and person.chosen != "invisible" else None
                events.append(PresenceEvent(user, status, None if seen is None else rfc3339(seen)))
            if person.connections == 0:
                del self._people[user]
        self._changed.clear()
        return events

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
