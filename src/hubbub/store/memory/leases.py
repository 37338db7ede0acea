"""Leases in memory."""

from hubbub.chat.storage.leases import LeaseRecord
from hubbub.store.memory.tables import Tables


class MemoryLeases:
    def __init__(self, tables: Tables) -> None:
        self._leases = tables.leases

    def all(self, scope: str) -> list[LeaseRecord] | None:
        return [lease for lease in self._leases.values() if lease.scope == scope]

    def save(self, lease: LeaseRecord) -> None:
        self._leases[lease.scope, lease.name] = lease

    def remove(self, scope: str, name: str) -> None:
        self._leases.pop((scope, name), None)
