"""Which rooms of a consumer this server works on: the rooms are cut into partitions, and a partition is one server's
at a time, by a lease in the database."""

import asyncio
from collections.abc import Callable
from random import uniform
from secrets import token_hex
from time import monotonic
from typing import Protocol

import structlog
from msgspec import Struct

from hubbub.chat.storage.leases import LeaseRecord
from hubbub.chat.transaction import NOTHING, Outcome, Store, Touches, Transaction
from hubbub.errors import HubbubError

PARTITIONS = 8
_LEASE_SECONDS = 15.0
_RENEW_SECONDS = 4.0
_AGAIN_SECONDS = 0.5
_SERVER = "server/"
"""Leases of this name are held by who is there at all; the others are partitions, named by their numbers."""
_log = structlog.get_logger("consumers")


def partition_of(room: int) -> int:
    return room % PARTITIONS


class Partitions(Protocol):
    """The partitions of one consumer."""

    def holds(self, room: int) -> bool:
        """Whether this server may work on the room now."""

    async def keep(self, gained: Callable[[], None], is_busy: Callable[[int], bool]) -> None:
        """Runs until it is cancelled. `gained` is called when there are new partitions: nobody may have followed their
        rooms for a while. `is_busy`: whether work in a partition is under way."""

    async def release(self) -> None:
        """Let other servers go on at once."""


class AllPartitions:
    """For the only server of a database."""

    def holds(self, room: int) -> bool:
        return True

    async def keep(self, gained: Callable[[], None], is_busy: Callable[[int], bool]) -> None:
        gained()

    async def release(self) -> None:
        pass


class LeasedPartitions:
    """A fair share of the partitions among the servers that have this consumer."""

    def __init__(self, store: Store, consumer: str) -> None:
        self._store = store
        self._consumer = consumer
        self._holder = token_hex(8)
        self._held: frozenset[int] = frozenset()
        self._leaving: frozenset[int] = frozenset()
        """Still leased, as work in them is under way; to be left to others."""
        self._until = 0.0

    def holds(self, room: int) -> bool:
        return room % PARTITIONS in self._held and monotonic() < self._until

    async def keep(self, gained: Callable[[], None], is_busy: Callable[[int], bool]) -> None:
        while True:
            pause = _RENEW_SECONDS
            try:
                if not await self._renew(gained, is_busy):
                    pause = _AGAIN_SECONDS
            except HubbubError as error:
                _log.warning("leases_not_renewed", error=str(error))
            except Exception:
                _log.exception("leases_not_renewed")
            await asyncio.sleep(pause * uniform(0.8, 1.2))  # noqa: S311 - not a secret

    async def _renew(self, gained: Callable[[], None], is_busy: Callable[[int], bool]) -> bool:
        started = monotonic()
        free = [number for number in self._leaving if not is_busy(number)]
        renewed = await self._store.write(RenewLeases(self._consumer, self._holder, round(_LEASE_SECONDS * 1000), free))
        if renewed is None:
            return False
        lapsed = started >= self._until
        keeping = sorted(renewed.held, key=lambda number: (number in self._leaving, number))[: renewed.share]
        before, self._held = self._held, frozenset(keeping)
        self._leaving = frozenset(renewed.held) - self._held
        self._until = started + _LEASE_SECONDS
        if self._held - before or (lapsed and self._held):
            gained()
        return True

    async def release(self) -> None:
        self._held = frozenset()
        try:
            await self._store.write(EndLeases(self._consumer, self._holder))
        except HubbubError as error:
            _log.warning("leases_not_released", error=str(error))  # they run out


class Renewed(Struct):
    """`held`: the partitions one has. `share`: how many one should have."""

    held: list[int]
    share: int


class RenewLeases(Struct, frozen=True):
    """Renew the holder's leases for `lease` ms without those to `release`, and take free ones up to its share. None:
    another server is doing the same at this moment."""

    consumer: str
    holder: str
    lease: int
    release: list[int]

    def touches(self) -> Touches:
        return NOTHING

    def decide(self, tx: Transaction) -> Outcome[Renewed | None]:
        found = tx.leases.all(self.consumer)
        if found is None:
            return Outcome(None)
        now = tx.now()
        alive = {lease.name: lease.holder for lease in found if lease.until >= now}
        for lease in found:
            if lease.name not in alive and lease.name.startswith(_SERVER):
                tx.leases.remove(self.consumer, lease.name)
        me = _SERVER + self.holder
        share = -(-PARTITIONS // len({name for name in alive if name.startswith(_SERVER)} | {me}))
        held: list[int] = []
        for number in range(PARTITIONS):
            holder = alive.get(str(number))
            if holder == self.holder and number in self.release:
                tx.leases.remove(self.consumer, str(number))
            elif holder == self.holder or (holder is None and len(held) < share and number not in self.release):
                held.append(number)
        for name in (me, *map(str, held)):
            tx.leases.save(LeaseRecord(self.consumer, name, self.holder, now + self.lease))
        return Outcome(Renewed(held, share))


class EndLeases(Struct, frozen=True):
    """The holder stops."""

    consumer: str
    holder: str

    def touches(self) -> Touches:
        return NOTHING

    def decide(self, tx: Transaction) -> Outcome[None]:
        for lease in tx.leases.all(self.consumer) or ():
            if lease.holder == self.holder:
                tx.leases.remove(lease.scope, lease.name)
        return Outcome(None)
