"""How often somebody may do something: the generic cell rate algorithm (GCRA; ITU-T I.371, annex A).

It is a token bucket that keeps one number for each key: the time at which the bucket would be full again. A key that
has not been used for a while costs nothing, and there is no window at whose border twice as much would pass.
"""

import math
import re
from collections.abc import Callable, Hashable, Iterator
from time import monotonic
from typing import NamedTuple

from hubbub.errors import RateLimited

_RATE = re.compile(r"([0-9]{1,9}) */ *([0-9]{0,9}) *(second|minute|hour|day)s?")
_SECONDS = {"second": 1, "minute": 60, "hour": 3600, "day": 86400}
_MOST_KEYS = 100_000


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

    `what` begins the sentence of the refusal. `shared`: others count for the same keys, so what is counted here is
    kept to be told to them (`untold`) besides.
    """

    def __init__(self, what: str, rate: Rate, shared: bool = False, clock: Callable[[], float] = monotonic) -> None:
        self.rate = rate
        self._what = what
        self._each = rate.seconds / rate.most
        self._clock = clock
        self._full_at: dict[Hashable, float] = {}
        self._untold: dict[Hashable, float] | None = {} if shared else None

    def hit(self, key: Hashable, cost: int = 1) -> None:
        """Count it, or raise RateLimited and count nothing. A cost above the limit counts as all of it."""
        now = self._clock()
        added = self._each * min(cost, self.rate.most)
        full_at = max(self._full_at.get(key, 0.0), now) + added
        # A billionth of a second for what adding many small numbers loses.
        if (wait := full_at - now - self.rate.seconds) > 1e-9:
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
        if (wait := self._full_at.get(key, 0.0) - self._clock() - self.rate.seconds) > 1e-9:
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

    # What is told to others who count for the same keys, and heard from them: in seconds until the bucket is full

    def untold(self, share: float) -> Iterator[tuple[Hashable, float]]:
        """What was counted since it was last told, of the keys of which more than this share is used."""
        if not self._untold:
            return
        now = self._clock()
        for key in list(self._untold):
            left = self._full_at.get(key, 0.0) - now
            if left > share * self.rate.seconds:
                yield key, self._untold.pop(key)
            elif left <= 0:
                del self._untold[key]

    def take_untold(self, key: Hashable) -> float:
        """The same of one key."""
        return 0.0 if self._untold is None else self._untold.pop(key, 0.0)

    def heard(self, key: Hashable, seconds: float) -> None:
        """What all of them counted together; what was counted here since is added."""
        since = 0.0 if self._untold is None else self._untold.get(key, 0.0)
        self._full_at[key] = self._clock() + seconds + since

    def not_told(self, key: Hashable, seconds: float) -> None:
        """It could not be told: next time."""
        if self._untold is not None:
            self._untold[key] = self._untold.get(key, 0.0) + seconds

    def _count(self, key: Hashable, full_at: float, added: float) -> None:
        if key not in self._full_at and len(self._full_at) >= _MOST_KEYS:
            self.sweep()
            if len(self._full_at) >= _MOST_KEYS:
                del self._full_at[next(iter(self._full_at))]
        self._full_at[key] = full_at
        if self._untold is not None:
            self._untold[key] = self._untold.get(key, 0.0) + added


class Unlimited(RateLimiter):
    """Limits in time are switched off."""

    def __init__(self) -> None:
        super().__init__("", Rate(1, 1))

    def hit(self, key: Hashable, cost: int = 1) -> None:
        """Fine."""

    def count(self, key: Hashable) -> None:
        """Fine."""
