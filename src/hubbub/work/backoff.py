"""How long to wait before the next try."""

from random import random

_FIRST_SECONDS = 2.0
_LONGEST_SECONDS = 3600.0


def backoff(failures: int) -> float:
    """Seconds: doubled with each failure up to an hour, and spread by half to either side, so that what failed at the
    same moment is not tried again at the same moment."""
    longest = min(_LONGEST_SECONDS, _FIRST_SECONDS * 2.0 ** min(failures - 1, 32))
    return longest * (0.5 + random())  # noqa: S311 - not a secret
