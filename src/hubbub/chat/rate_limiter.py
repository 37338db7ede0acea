"""How often somebody may do something: the generic cell rate algorithm (GCRA; ITU-T I.371, annex A).

It is a token bucket that keeps one number for each key: the time at which the bucket would be full again. A key that
has not been used for a while costs nothing, and there is no window at whose border twice as much would pass.
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
"""Seconds: what adding many small numbers loses."""


class Rate(NamedTuple):
    """`most` at once, and in each `seconds` as many again."""

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
    """One limit, for any number of keys: accounts (their ids) or addresses.

    `what` begins the sentence of the refusal. With an `own_share` others count for the same keys: what goes beyond that
    share of the limit is kept to be told to them (`untold`).
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
        self._untold: dict[Hashable, float] = {}
        self._telling: dict[Hashable, float] = {}

    def hit(self, key: Hashable, cost: int = 1) -> None:
        """Count it, or raise RateLimited and count nothing. A cost above the limit counts as all of it."""
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
        """What was counted was not used after all."""
        added = self._each * min(cost, self.rate.most)
        full_at = self._full_at.get(key)
        if full_at is not None:
            self._count(key, full_at - added, -added)

    def require(self, key: Hashable) -> None:
        """Raise RateLimited when more is used of it than may be: what others counted has come to be known."""
        if (wait := self._full_at.get(key, 0.0) - self._clock() - self.rate.seconds) > _NOTHING:
            raise self.refusal(wait)

    def used(self, key: Hashable) -> float:
        """How many are counted just now."""
        return max(0.0, self._full_at.get(key, 0.0) - self._clock()) / self._each

    def refusal(self, wait: float) -> RateLimited:
        seconds = max(1, math.ceil(wait))
        unit = "second" if seconds == 1 else "seconds"
        return RateLimited(f"{self._what} Try again in {seconds} {unit}.", retry_after=max(wait, 0.1))

    def sweep(self) -> None:
        """Forget the keys that are full again."""
        now = self._clock()
        self._full_at = {key: full_at for key, full_at in self._full_at.items() if full_at > now}

    # What is told to others who count for the same keys, and heard from them

    def untold(self) -> list[Hashable]:
        """The keys of which something was counted that has not been told."""
        return list(self._untold)

    def tell(self, key: Hashable) -> float:
        """What was counted of a key since it was last told, in seconds; below 0 when it was given back."""
        added = self._untold.pop(key, 0.0)
        self._telling[key] = self._telling.get(key, 0.0) + added
        return added

    def told(self, key: Hashable, added: float, seconds: float | None) -> None:
        """What was told came to this, counted by all of them; None: it could not be told, and will be next time."""
        still = self._telling.pop(key, 0.0) - added
        if abs(still) > _NOTHING:
            self._telling[key] = still
        if seconds is None:
            self._tell_later(key, added)
            return
        full_at = self._clock() + seconds + still + self._untold.get(key, 0.0)
        # Where a part is everybody's own, others do not know of it.
        self._full_at[key] = max(full_at, self._full_at.get(key, 0.0)) if self._own else full_at

    def _count(self, key: Hashable, full_at: float, added: float) -> None:
        if key not in self._full_at and len(self._full_at) >= _MOST_KEYS:
            self.sweep()
            if len(self._full_at) >= _MOST_KEYS:
                del self._full_at[next(iter(self._full_at))]
        self._full_at[key] = full_at
        if self._own is not None and (full_at - self._clock() > self._own or added < 0):
            self._tell_later(key, added)

    def _tell_later(self, key: Hashable, added: float) -> None:
        untold = self._untold.pop(key, 0.0) + added
        if abs(untold) > _NOTHING:
            self._untold[key] = untold


class Unlimited(RateLimiter):
    """Limits in time are switched off."""

    def __init__(self) -> None:
        super().__init__("", Rate(1, 1))

    def hit(self, key: Hashable, cost: int = 1) -> None:
        """Fine."""

    def count(self, key: Hashable) -> None:
        """Fine."""
