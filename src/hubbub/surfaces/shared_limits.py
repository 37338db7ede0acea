"""Rate limits shared by several servers: their counts are added up in the database.

Not for each request: once a second each server adds its new counts, of the keys near their limit, in one statement, and
reads the sums. Before a password is verified, the sums of its keys are read at once. N servers therefore admit at most
N times the limit, for a second; the excess is paid back by waiting, so that the limit holds over time. While the
database is unreachable, each server counts for itself.
"""

import asyncio
from collections.abc import Hashable, Mapping, Sequence
from hashlib import blake2b
from typing import Protocol

from hubbub.chat.rate_limiter import RateLimiter
from hubbub.errors import Unavailable
from hubbub.surfaces.rate_limits import RULES, RateLimits

_SWEEP_SECONDS = 60
_MOST_AT_ONCE = 5000


class Counts(Protocol):
    """The shared counts, in seconds of waiting by key."""

    async def add(self, counted: Mapping[str, float]) -> Mapping[str, float]:
        """Add to the counts of these keys and return the sums. Raises Unavailable."""

    async def sweep(self) -> None:
        """Delete the keys whose count has run out. Raises Unavailable."""


class SharedLimits:
    def __init__(self, limits: RateLimits, counts: Counts) -> None:
        self._counts = counts
        self._limiters: dict[RateLimiter, str] = {getattr(limits, name): name for name in RULES}
        self._task: asyncio.Task[None] | None = None

    def tick(self, second: int) -> None:
        """Called every second: exchange counts, unless the last exchange is still running."""
        if self._task is None or self._task.done():
            keys = [(limiter, key) for limiter in self._limiters for key in limiter.pending()]
            sweeps = second % _SWEEP_SECONDS == 0
            if keys or sweeps:
                self._task = asyncio.get_running_loop().create_task(
                    self._exchange_and_sweep(keys[:_MOST_AT_ONCE], sweeps)
                )

    async def exchange(self, keys: Sequence[tuple[RateLimiter, Hashable]]) -> None:
        """Exchange the counts of these keys now."""
        sent = [(limiter, key, limiter.take_pending(key)) for limiter, key in keys]
        counted = {self._digest(limiter, key): added for limiter, key, added in sent}
        sums: Mapping[str, float] = {}
        try:
            sums = await self._counts.add(counted)
        except Unavailable:
            pass  # each server counts for itself meanwhile
        finally:
            for limiter, key, added in sent:
                limiter.exchanged(key, added, sums.get(self._digest(limiter, key)))

    async def _exchange_and_sweep(self, keys: Sequence[tuple[RateLimiter, Hashable]], sweeps: bool) -> None:
        if keys:
            await self.exchange(keys)
        if sweeps:
            try:
                await self._counts.sweep()
            except Unavailable:
                return  # the next sweep deletes them

    def _digest(self, limiter: RateLimiter, key: Hashable) -> str:
        # Hashed, as a key may hold a user name as it was typed.
        text = f"{self._limiters[limiter]} {key!r}".encode("utf-8", "backslashreplace")
        return blake2b(text, digest_size=16).hexdigest()
