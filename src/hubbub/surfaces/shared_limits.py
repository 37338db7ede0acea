"""One count for several servers: what each has counted is added up in their database.

Never for each request. Once a second each server adds what it has counted since, of the keys that are worth it, in one
statement, and learns what all of them counted. Before a password is looked at they are asked at once. So N servers let
through N times the limit at the most, for a second; the rest is waited for, so over time it is the limit. While the
database is away each counts for itself.
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
    """Where servers add up what they counted, in seconds by key."""

    async def add(self, counted: Mapping[str, float]) -> Mapping[str, float]:
        """Add to these keys, and learn what they come to. Raises Unavailable."""

    async def sweep(self) -> None:
        """Forget the keys of which nothing is left. Raises Unavailable."""


class SharedLimits:
    def __init__(self, limits: RateLimits, counts: Counts) -> None:
        self._counts = counts
        self._limiters: dict[RateLimiter, str] = {getattr(limits, name): name for name in RULES}
        self._exchanging: asyncio.Task[None] | None = None

    def tick(self, second: int) -> None:
        """Each second: exchange, unless the last exchange is still under way."""
        if self._exchanging is None or self._exchanging.done():
            keys = [(limiter, key) for limiter in self._limiters for key in limiter.untold()]
            sweeps = second % _SWEEP_SECONDS == 0
            if keys or sweeps:
                self._exchanging = asyncio.get_running_loop().create_task(self._exchange(keys[:_MOST_AT_ONCE], sweeps))

    async def ask(self, keys: Sequence[tuple[RateLimiter, Hashable]]) -> None:
        """Tell and learn of these keys now."""
        told = [(limiter, key, limiter.tell(key)) for limiter, key in keys]
        counted = {self._word(limiter, key): added for limiter, key, added in told}
        come_to: Mapping[str, float] = {}
        try:
            come_to = await self._counts.add(counted)
        except Unavailable:
            pass  # each counts for itself
        finally:
            for limiter, key, added in told:
                limiter.told(key, added, come_to.get(self._word(limiter, key)))

    async def _exchange(self, keys: Sequence[tuple[RateLimiter, Hashable]], sweeps: bool) -> None:
        if keys:
            await self.ask(keys)
        if sweeps:
            try:
                await self._counts.sweep()
            except Unavailable:
                return  # next time

    def _word(self, limiter: RateLimiter, key: Hashable) -> str:
        # A digest: it may be of what somebody typed as their name.
        text = f"{self._limiters[limiter]} {key!r}".encode("utf-8", "backslashreplace")
        return blake2b(text, digest_size=16).hexdigest()
