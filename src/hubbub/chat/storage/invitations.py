"""Invitations to register."""

from typing import Protocol

from hubbub.chat.records import InvitationRecord


class InvitationReads(Protocol):
    def get(self, invitation: int) -> InvitationRecord | None: ...

    def by_digest(self, digest: str) -> InvitationRecord | None: ...

    def page(self, by: int | None, before: int, limit: int) -> list[InvitationRecord]:
        """Invitations, of one user or of all, the latest first, with ids below `before`."""

    def open_of(self, by: int, now: int) -> int:
        """How many invitations of a user can be used."""

    def came_by(self, invitations: list[int], limit: int) -> dict[int, list[int]]:
        """The ids of the latest accounts that registered with these invitations, then of those that joined rooms by it;
        at most `limit` for each."""

    def has_joined(self, invitation: int, user: int) -> bool:
        """Whether an account joined rooms by an invitation, after it was registered."""


class Invitations(InvitationReads, Protocol):
    def add(self, record: InvitationRecord) -> InvitationRecord:
        """Store an invitation and assign its id."""

    def save(self, record: InvitationRecord) -> None: ...

    def note_join(self, invitation: int, user: int) -> None: ...
