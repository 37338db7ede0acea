"""Invitations in memory."""

from copy import copy

from hubbub.chat.records import InvitationRecord
from hubbub.store.memory.tables import Tables


class MemoryInvitations:
    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    def get(self, invitation: int) -> InvitationRecord | None:
        return copy(self._tables.invitations.get(invitation))

    def by_digest(self, digest: str) -> InvitationRecord | None:
        return next((copy(one) for one in self._tables.invitations.values() if one.digest == digest), None)

    def page(self, by: int | None, before: int, limit: int) -> list[InvitationRecord]:
        found = [one for one in self._tables.invitations.values() if one.id < before and by in (None, one.by)]
        return [copy(one) for one in found[::-1][:limit]]

    def open_of(self, by: int, now: int) -> int:
        return sum(one.by == by and one.is_open(now) for one in self._tables.invitations.values())

    def came_by(self, invitations: list[int], limit: int) -> dict[int, list[int]]:
        came: dict[int, list[int]] = {}
        for account in reversed(self._tables.accounts.values()):
            if account.invitation in invitations:
                came.setdefault(account.invitation, []).append(account.id)
        for invitation in invitations:
            came.setdefault(invitation, []).extend(reversed(self._tables.invitation_joins[invitation]))
        return {invitation: users[:limit] for invitation, users in came.items()}

    def has_joined(self, invitation: int, user: int) -> bool:
        return user in self._tables.invitation_joins[invitation]

    def add(self, record: InvitationRecord) -> InvitationRecord:
        record.id = len(self._tables.invitations) + 1
        self._tables.invitations[record.id] = copy(record)
        return record

    def save(self, record: InvitationRecord) -> None:
        self._tables.invitations[record.id] = copy(record)

    def note_join(self, invitation: int, user: int) -> None:
        self._tables.invitation_joins[invitation].append(user)
