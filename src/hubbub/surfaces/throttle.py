"""Slowing down who guesses passwords or makes accounts by the hundred.

An address that fails too often is refused for a while; an account that is guessed at from many addresses answers
strangers later and later, but is never locked: its owner gets in from wherever they have been before without delay.
"""

import asyncio
import math
import time
from collections import OrderedDict

from limits import RateLimitItem, parse
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from hubbub.errors import RateLimited

_FREE_FAILURES = 5
_LONGEST_DELAY = 8.0
_REMEMBERED = 50_000


class LoginThrottle:
    """`hubbub.chat.signing.Throttle` on the limits library, in this process."""

    def __init__(self, registrations: str, failures_per_address: str, failures_per_account: str) -> None:
        self._limiter = MovingWindowRateLimiter(MemoryStorage())
        self._registrations = parse(registrations)
        self._per_address = parse(failures_per_address)
        self._per_account = parse(failures_per_account)
        self._known: OrderedDict[tuple[str, str], None] = OrderedDict()

    def registering(self, address: str) -> None:
        if not self._limiter.hit(self._registrations, "register", address):
            raise self._refusal(self._registrations, "register", address)

    async def signing_in(self, name: str, address: str) -> None:
        if not self._limiter.test(self._per_address, "address", address):
            raise self._refusal(self._per_address, "address", address)
        if not self._limiter.test(self._per_account, "account", name, address):
            raise self._refusal(self._per_account, "account", name, address)
        if (name, address) in self._known:
            return
        left = self._limiter.get_window_stats(_EVERYWHERE, "everywhere", name).remaining
        failures = _EVERYWHERE.amount - left
        if failures >= _FREE_FAILURES:
            await asyncio.sleep(min(_LONGEST_DELAY, 0.25 * 2 ** (failures - _FREE_FAILURES)))

    def failed(self, name: str, address: str) -> None:
        self._limiter.hit(self._per_address, "address", address)
        self._limiter.hit(self._per_account, "account", name, address)
        self._limiter.hit(_EVERYWHERE, "everywhere", name)

    def succeeded(self, name: str, address: str) -> None:
        self._known[name, address] = None
        if len(self._known) > _REMEMBERED:
            self._known.popitem(last=False)

    def _refusal(self, limit: RateLimitItem, *place: str) -> RateLimited:
        wait = max(1.0, self._limiter.get_window_stats(limit, *place).reset_time - time.time())
        return RateLimited(f"Too many attempts. Try again in {math.ceil(wait)} seconds.", retry_after=wait)


_EVERYWHERE = parse("1000/15minutes")
