"""Throttling of password guessing and of mass registration.

An attempt is counted before the password is verified and given back if it was right, so parallel guesses count as much
as sequential ones. A user who has signed in from a network before is not refused there because of attempts on other
names or from other networks. Attempts on the same name from the same network share one queue, as they cannot be
distinguished without the password. A browser in which the account has been used before (device cookie) is counted on
its own.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable, Sequence
from time import monotonic

from hubbub.chat.addresses import network
from hubbub.chat.rate_limiter import RateLimiter
from hubbub.errors import RateLimited
from hubbub.surfaces.rate_limits import RateLimits

_FREE_FAILURES = 5
_FIRST_DELAY, _LONGEST_DELAY = 0.25, 8.0
_LONGEST_WAIT = 16.0
_REMEMBERED = 50_000

Exchange = Callable[[Sequence[tuple[RateLimiter, Hashable]]], Awaitable[None]]
"""Exchanges the counts of these keys with the other servers."""


class Counted:
    """A counted attempt."""

    def __init__(self, counted: Sequence[tuple[RateLimiter, Hashable]]) -> None:
        self._counted = counted

    def give_back(self) -> None:
        """The attempt was right: subtract it again."""
        for limiter, key in self._counted:
            limiter.give_back(key)


class LoginThrottle:
    """`hubbub.chat.credentials.Throttle` with the rate limits of all surfaces."""

    def __init__(self, limits: RateLimits, exchange: Exchange) -> None:
        self._limits = limits
        self._exchange = exchange
        self._due: OrderedDict[Hashable, float] = OrderedDict()

    def registering(self, address: str) -> None:
        self._limits.registrations.hit(network(address))

    async def confirming(self, name: str, session: int) -> Counted:
        """Count an attempt of a signed-in user to confirm their password. Raises RateLimited."""
        return await self._count_alone((name, session))

    async def _count_alone(self, key: Hashable) -> Counted:
        """Count under a key that other clients cannot exhaust. Raises RateLimited."""
        counted = [(self._limits.failures_of_account, key)]
        self._limits.failures_of_account.hit(key)
        await self._exchange(counted)
        try:
            self._limits.failures_of_account.require(key)
        except RateLimited:
            Counted(counted).give_back()
            raise
        return Counted(counted)

    async def attempt(self, name: str, address: str, known: bool, device: str | None = None) -> Counted:
        """Count an attempt and sleep for its delay, which grows with the failures of the name (0.25 to 8 seconds).

        `known`: the account has been signed in to from this network; `device`: the id of a browser that has been signed
        in to it. Raises RateLimited.
        """
        if device is not None:
            return await self._count_alone(("device", device))
        limits = self._limits
        source = network(address)
        pair = (name, source)
        counted = [(limits.failures_of_address, source), (limits.failures_of_account, pair), (limits.failures, name)]
        is_queued = _count(limits, name, source, pair, known)
        await self._exchange(counted)
        try:
            if not known:
                limits.failures_of_address.require(source)
                limits.failures_of_account.require(pair)
            delay = self._delay(name)
            if is_queued:
                await self._wait(pair, delay or _FIRST_DELAY)
            elif delay and not known:
                await self._wait(name, delay)
        except RateLimited:
            Counted(counted).give_back()
            raise
        return Counted(counted)

    def _delay(self, name: str) -> float:
        # Without this attempt, which is counted already.
        failures = round(self._limits.failures.used(name)) - 1
        if failures < _FREE_FAILURES:
            return 0.0
        return min(_LONGEST_DELAY, _FIRST_DELAY * 2.0 ** min(failures - _FREE_FAILURES, 10))

    async def _wait(self, key: Hashable, delay: float) -> None:
        """Queue behind the waiting attempts of this key, so that parallel attempts gain nothing. Raises RateLimited."""
        now = monotonic()
        due = max(now, self._due.pop(key, 0.0)) + delay
        if due - now > _LONGEST_WAIT:
            self._due[key] = due - delay
            raise self._limits.failures.refusal(due - now - _LONGEST_WAIT)
        self._due[key] = due
        while len(self._due) > _REMEMBERED:
            self._due.popitem(last=False)
        await asyncio.sleep(due - now)


def _count(limits: RateLimits, name: str, source: str, pair: tuple[str, str], known: bool) -> bool:
    """Count an attempt, or raise RateLimited and count nothing. True: a known client is above the limit, and queues."""
    is_queued = False
    if known:
        limits.failures_of_address.count(source)
    else:
        limits.failures_of_address.hit(source)
    try:
        limits.failures_of_account.hit(pair)
    except RateLimited:
        if not known:
            limits.failures_of_address.give_back(source)
            raise
        is_queued = True
        limits.failures_of_account.count(pair)
    limits.failures.count(name)
    return is_queued


async def no_exchange(keys: Sequence[tuple[RateLimiter, Hashable]]) -> None:
    """The exchange of a server that is the only one."""
