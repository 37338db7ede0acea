"""Sessions."""

from collections.abc import Sequence
from typing import Protocol

from hubbub.chat.records import SessionRecord


class SessionReads(Protocol):
    def get(self, session: int) -> SessionRecord | None: ...

    def of(self, user: int) -> list[SessionRecord]:
        """The user's sessions that have not been ended; expired ones may be among them."""

    def addresses_of(self, user: int) -> list[str]:
        """The addresses from which the user has signed in; at most 1,000."""

    def ended(self, sessions: Sequence[int]) -> list[int]:
        """Which of these sessions have been ended."""

    def idle(self, before: int, limit: int) -> list[int]:
        """Sessions that are not ended and were last used before a time (ms)."""

    def stale(self, before: int, limit: int) -> list[int]:
        """Sessions that ended or expired before a time (ms)."""


class Sessions(SessionReads, Protocol):
    def add(self, session: SessionRecord) -> SessionRecord:
        """Store a new session and assign its id."""

    def end(self, session: SessionRecord, at: int) -> None: ...

    def drop(self, sessions: Sequence[int]) -> None: ...

    def forget_places(self, user: int) -> None:
        """Erase the devices and addresses of all of the user's sessions."""

    def note_used(self, session: int, at: int) -> None:
        """Record when a session was used (ms). Ignores an earlier time and an unknown session."""
