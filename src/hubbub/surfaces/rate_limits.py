"""The limits in time: what is counted, for whom, and the setting that says how much of it is allowed.

Every surface goes through these. What an account does is counted for the account, over all its sessions, sockets and
addresses; what is done before it is known whose it is, for the address.
"""

from collections.abc import Mapping
from typing import NamedTuple

from hubbub.chat.rate_limiter import Rate, RateLimiter, Unlimited

_REFUSALS = Rate(20, 10)
_FREQUENT = ("requests", "requests_of_address", "messages")
_OWN_SHARE = 0.25


class RateLimits(NamedTuple):
    """One for each of `RULES`. Keys are ids of accounts, or addresses as `hubbub.chat.addresses.network`."""

    requests: RateLimiter
    requests_of_address: RateLimiter
    messages: RateLimiter
    rooms: RateLimiter
    people_added: RateLimiter
    uploads: RateLimiter
    sessions: RateLimiter
    tickets: RateLimiter
    registrations: RateLimiter
    failures_of_address: RateLimiter
    failures_of_account: RateLimiter
    failures: RateLimiter
    refusals: RateLimiter
    """How often a refusal is answered at once: past it the answer waits a second, which a flood is slowed down by."""

    def sweep(self) -> None:
        for limiter in self:
            limiter.sweep()


RULES = {
    "requests": ("requests_per_user", "Too many requests from this account."),
    "requests_of_address": ("requests_per_address", "Too many requests from this address."),
    "messages": ("messages_per_user", "Too many messages or changes from this account."),
    "rooms": ("rooms_per_user", "This account has made many rooms."),
    "people_added": ("people_added_per_user", "This account has brought many people into rooms."),
    "uploads": ("uploads_per_user", "Too many uploads from this account."),
    "sessions": ("sessions_per_user", "This account has been signed in to very often."),
    "tickets": ("tickets_per_user", "Too many tickets for this account."),
    "registrations": ("registrations_per_address", "Too many attempts."),
    "failures_of_address": ("failures_per_address", "Too many attempts."),
    "failures_of_account": ("failures_per_account", "Too many attempts."),
    "failures": ("failures_per_name", "Too many attempts."),
}
"""For each limiter: the setting of its rate, and how its refusal begins."""


def rate_limits(settings: Mapping[str, str], shared: bool) -> RateLimits:
    """From the settings, by name. Raises ValueError for one that is not a rate.

    `shared`: among several servers. Of what is frequent the first part is not told to the others, so that ordinary use
    costs nothing.
    """
    own = dict.fromkeys(RULES, 0.0) | dict.fromkeys(_FREQUENT, _OWN_SHARE)
    limiters = {
        name: RateLimiter(what, Rate.parse(settings[rate]), own[name] if shared else None)
        for name, (rate, what) in RULES.items()
    }
    return RateLimits(**limiters, refusals=RateLimiter("", _REFUSALS))


def no_rate_limits() -> RateLimits:
    return RateLimits(*(Unlimited() for _ in RateLimits._fields))
