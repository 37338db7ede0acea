"""Slowing down who guesses passwords or makes accounts by the hundred.

An attempt is counted before the password is looked at, and given back when it was right: so guesses made at once count
as much as those made one after another. Who has signed in from an address before is not refused there for what others
do with other names, or elsewhere. Who guesses their very name at that very address takes turns with them: without a
password the two cannot be told apart. A browser in which the account was signed in to before can be: it counts alone.
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

Ask = Callable[[Sequence[tuple[RateLimiter, Hashable]]], Awaitable[None]]
"""Find out what other servers have counted for these keys."""


class Counted:
    """An attempt: counted, until it is found to be right."""

    def __init__(self, counted: Sequence[tuple[RateLimiter, Hashable]]) -> None:
        self._counted = counted

    def give_back(self) -> None:
        for limiter, key in self._counted:
            limiter.give_back(key)


class LoginThrottle:
    """`hubbub.chat.credentials.Throttle` on the limits."""

    def __init__(self, limits: RateLimits, ask: Ask) -> None:
        self._limits = limits
        self._ask = ask
        self._turns: OrderedDict[Hashable, float] = OrderedDict()

    def registering(self, address: str) -> None:
        self._limits.registrations.hit(network(address))

    async def confirming(self, name: str, session: int) -> Counted:
        """Count an attempt of somebody who is signed in. Raises RateLimited."""
        return await self._alone((name, session))

    async def _alone(self, key: Hashable) -> Counted:
        """Count what nobody else can use up."""
        counted = [(self._limits.failures_of_account, key)]
        self._limits.failures_of_account.hit(key)
        await self._ask(counted)
        try:
            self._limits.failures_of_account.require(key)
        except RateLimited:
            Counted(counted).give_back()
            raise
        return Counted(counted)

    async def attempt(self, name: str, address: str, known: bool, device: str | None = None) -> Counted:
        """Count an attempt and wait for as long as it has to wait.

        `known`: the account has been signed in to from there; `device`: from this browser. Raises RateLimited.
        """
        if device is not None:
            return await self._alone(("device", device))
        limits = self._limits
        place = network(address)
        pair = (name, place)
        counted = [(limits.failures_of_address, place), (limits.failures_of_account, pair), (limits.failures, name)]
        patient = _count(limits, name, place, pair, known)
        await self._ask(counted)
        try:
            if not known:
                limits.failures_of_address.require(place)
                limits.failures_of_account.require(pair)
            delay = self._delay(name)
            if patient:
                await self._turn(pair, delay or _FIRST_DELAY)
            elif delay and not known:
                await self._turn(name, delay)
        except RateLimited:
            Counted(counted).give_back()
            raise
        return Counted(counted)

    def _delay(self, name: str) -> float:
        # This attempt is among them.
        failures = round(self._limits.failures.used(name)) - 1
        if failures < _FREE_FAILURES:
            return 0.0
        return min(_LONGEST_DELAY, _FIRST_DELAY * 2.0 ** min(failures - _FREE_FAILURES, 10))

    async def _turn(self, whose: Hashable, delay: float) -> None:
        """Wait behind those who wait already: attempts made at once get no further than one after another."""
        now = monotonic()
        turn = max(now, self._turns.pop(whose, 0.0)) + delay
        if turn - now > _LONGEST_WAIT:
            self._turns[whose] = turn - delay
            raise self._limits.failures.refusal(turn - now - _LONGEST_WAIT)
        self._turns[whose] = turn
        while len(self._turns) > _REMEMBERED:
            self._turns.popitem(last=False)
        await asyncio.sleep(turn - now)


def _count(limits: RateLimits, name: str, place: str, pair: tuple[str, str], known: bool) -> bool:
    """Count an attempt, or raise RateLimited and count nothing. True: it is one too many, of somebody known."""
    patient = False
    if known:
        limits.failures_of_address.count(place)
    else:
        limits.failures_of_address.hit(place)
    try:
        limits.failures_of_account.hit(pair)
    except RateLimited:
        if not known:
            limits.failures_of_address.give_back(place)
            raise
        patient = True
        limits.failures_of_account.count(pair)
    limits.failures.count(name)
    return patient


async def no_exchange(keys: Sequence[tuple[RateLimiter, Hashable]]) -> None:
    """This server is the only one."""
