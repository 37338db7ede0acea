"""Leases: which server does what only one of them may do at a time."""

from typing import Protocol

from msgspec import Struct


class LeaseRecord(Struct):
    """`scope`: the names of one are read together. `until`: milliseconds since 1970, by the store's clock."""

    scope: str
    name: str
    holder: str
    until: int


class Leases(Protocol):
    def all(self, scope: str) -> list[LeaseRecord] | None:
        """The leases of a scope. Nobody else changes leases until the commit; None if another server is just changing
        some: nothing waits for it."""

    def save(self, lease: LeaseRecord) -> None: ...

    def remove(self, scope: str, name: str) -> None: ...
