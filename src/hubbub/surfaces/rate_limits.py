"""The rate limits: what is counted, by which key, and the setting with the rate.

They hold for all surfaces together. Requests with a valid session count for the account, over all its sessions, sockets
and addresses; others count for the network of their address.
"""

from collections.abc import Mapping
from typing import NamedTuple

from hubbub.chat.rate_limiter import Rate, RateLimiter, Unlimited

_REFUSALS = Rate(20, 10)
_FREQUENT = ("requests", "requests_of_address", "messages")
_OWN_SHARE = 0.25


class RateLimits(NamedTuple):
    """One limiter for each of `RULES`. Keys are ids of accounts, or networks (`hubbub.chat.addresses.network`)."""

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
    """Refusals answered at once, by network. Above the limit a 429 is delayed by a second, which slows a flood down."""

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
"""For each limiter: the setting with its rate, and the first sentence of its error."""


def rate_limits(settings: Mapping[str, str], shared: bool) -> RateLimits:
    """The limiters, from the settings by name. Raises ValueError for a setting that is not a rate.

    `shared`: several servers exchange their counts. Frequent actions are exchanged only above a quarter of their limit,
    so that ordinary use costs no database access.
    """
    own = dict.fromkeys(RULES, 0.0) | dict.fromkeys(_FREQUENT, _OWN_SHARE)
    limiters = {
        name: RateLimiter(what, Rate.parse(settings[rate]), own[name] if shared else None)
        for name, (rate, what) in RULES.items()
    }
    return RateLimits(**limiters, refusals=RateLimiter("", _REFUSALS))


def no_rate_limits() -> RateLimits:
    return RateLimits(*(Unlimited() for _ in RateLimits._fields))
