"""Rate limiting by the generic cell rate algorithm (GCRA; ITU-T I.371, annex A).

It is a token bucket that keeps one number per key: the time at which the bucket will be full again. A key that has not
been used for a while takes no memory, and there is no window at whose border twice the limit would pass.
"""

import math
import re
from collections.abc import Callable, Hashable
from time import monotonic
from typing import NamedTuple

from hubbub.errors import RateLimited

_RATE = re.compile(r"([0-9]{1,9}) */ *([0-9]{0,9}) *(second|minute|hour|day)s?")
_SECONDS = {"second": 1, "minute": 60, "hour": 3600, "day": 86400}
_MOST_KEYS = 100_000
_NOTHING = 1e-9
"""Seconds: the tolerance for rounding errors."""


class Rate(NamedTuple):
    """`most` at once, and as many again in each `seconds`."""

    most: int
    seconds: float

    @classmethod
    def parse(cls, text: str) -> "Rate":
        """From `200/hour` or `10/5 minutes`. Raises ValueError."""
        found = _RATE.fullmatch(text.strip())
        if found is None or int(found[1]) == 0 or found[2].strip("0") == "" != found[2]:
            raise ValueError(f"{text!r} is not a rate")
        return cls(int(found[1]), int(found[2] or 1) * _SECONDS[found[3]])


class RateLimiter:
    """One limit, for any number of keys: accounts (by id) or networks.

    `what` begins the sentence of the error. With an `own_share`, several servers count the same keys: counts beyond
    that share of the limit are queued for exchange (`pending`).
    """

    def __init__(
        self, what: str, rate: Rate, own_share: float | None = None, clock: Callable[[], float] = monotonic
    ) -> None:
        self.rate = rate
        self._what = what
        self._each = rate.seconds / rate.most
        self._clock = clock
        self._full_at: dict[Hashable, float] = {}
        self._own = None if own_share is None else own_share * rate.seconds
        self._pending: dict[Hashable, float] = {}
        self._in_exchange: dict[Hashable, float] = {}

    def hit(self, key: Hashable, cost: int = 1) -> None:
        """Count it, or raise RateLimited and count nothing. A cost above the limit counts as the whole limit."""
        now = self._clock()
        added = self._each * min(cost, self.rate.most)
        full_at = max(self._full_at.get(key, 0.0), now) + added
        if (wait := full_at - now - self.rate.seconds) > _NOTHING:
            raise self.refusal(wait)
        self._count(key, full_at, added)

    def count(self, key: Hashable) -> None:
        """Count it in any case, up to the limit."""
        now = self._clock()
        full_at = min(max(self._full_at.get(key, 0.0), now) + self._each, now + self.rate.seconds)
        self._count(key, full_at, self._each)

    def give_back(self, key: Hashable, cost: int = 1) -> None:
        """Subtract what was counted: it was not used."""
        added = self._each * min(cost, self.rate.most)
        full_at = self._full_at.get(key)
        if full_at is not None:
            self._count(key, full_at - added, -added)

    def require(self, key: Hashable) -> None:
        """Raise RateLimited if the limit is exceeded, such as by counts of other servers."""
        if (wait := self._full_at.get(key, 0.0) - self._clock() - self.rate.seconds) > _NOTHING:
            raise self.refusal(wait)

    def used(self, key: Hashable) -> float:
        """How many are counted at present."""
        return max(0.0, self._full_at.get(key, 0.0) - self._clock()) / self._each

    def refusal(self, wait: float) -> RateLimited:
        seconds = max(1, math.ceil(wait))
        unit = "second" if seconds == 1 else "seconds"
        return RateLimited(f"{self._what} Try again in {seconds} {unit}.", retry_after=max(wait, 0.1))

    def sweep(self) -> None:
        """Remove the keys whose bucket is full again."""
        now = self._clock()
        self._full_at = {key: full_at for key, full_at in self._full_at.items() if full_at > now}

    # Exchange of counts with other servers

    def pending(self) -> list[Hashable]:
        """The keys with counts that have not been exchanged."""
        return list(self._pending)

    def take_pending(self, key: Hashable) -> float:
        """The count of a key since its last exchange, in seconds; negative if it was given back. Starts an exchange."""
        added = self._pending.pop(key, 0.0)
        self._in_exchange[key] = self._in_exchange.get(key, 0.0) + added
        return added

    def exchanged(self, key: Hashable, added: float, seconds: float | None) -> None:
        """The result of an exchange: the sum over all servers, in seconds; None if it failed and has to be repeated."""
        still = self._in_exchange.pop(key, 0.0) - added
        if abs(still) > _NOTHING:
            self._in_exchange[key] = still
        if seconds is None:
            self._exchange_later(key, added)
            return
        full_at = self._clock() + seconds + still + self._pending.get(key, 0.0)
        # Where a part is everybody's own, others do not know of it.
        self._full_at[key] = max(full_at, self._full_at.get(key, 0.0)) if self._own else full_at

    def _count(self, key: Hashable, full_at: float, added: float) -> None:
        if key not in self._full_at and len(self._full_at) >= _MOST_KEYS:
            self.sweep()
            if len(self._full_at) >= _MOST_KEYS:
                del self._full_at[next(iter(self._full_at))]
        self._full_at[key] = full_at
        if self._own is not None and (full_at - self._clock() > self._own or added < 0):
            self._exchange_later(key, added)

    def _exchange_later(self, key: Hashable, added: float) -> None:
        pending = self._pending.pop(key, 0.0) + added
        if abs(pending) > _NOTHING:
            self._pending[key] = pending


class Unlimited(RateLimiter):
    """A limiter that never refuses, for rate limits that are disabled."""

    def __init__(self) -> None:
        super().__init__("", Rate(1, 1))

    def hit(self, key: Hashable, cost: int = 1) -> None:
        """Never refused."""

    def count(self, key: Hashable) -> None:
        """Never refused."""
