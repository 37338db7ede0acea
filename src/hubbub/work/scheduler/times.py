"""When a task comes next. Times are milliseconds since 1970, UTC."""

from datetime import UTC, datetime, time, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

from msgspec import Struct


class Times(Protocol):
    def first(self, now: int) -> int:
        """When it comes first, on a server that does not know it yet."""

    def after(self, due: int, now: int) -> int:
        """The first time after `now`, for what was due before. What was missed meanwhile is not made up for."""

    def latest(self, now: int) -> int:
        """The latest that it can be due; what is stored beyond was stored by a clock that was ahead."""


class Every(Struct, frozen=True):
    """Every so many ms, counted from the time it was due and not from when it was done: so it does not drift."""

    period: int

    def first(self, now: int) -> int:
        return now

    def after(self, due: int, now: int) -> int:
        return due + self.period * max(1, (now - due) // self.period + 1)

    def latest(self, now: int) -> int:
        return now + self.period


class Daily(Struct, frozen=True):
    """Each day at a local time: where the clock is put forward over it, just as much later; where it is put back, at
    the first of the two times."""

    at: time
    zone: ZoneInfo

    def first(self, now: int) -> int:
        return self.after(now, now)

    def after(self, due: int, now: int) -> int:
        day = datetime.fromtimestamp(now / 1000, UTC).astimezone(self.zone).date() - timedelta(days=1)
        while True:
            when = round(datetime.combine(day, self.at, self.zone).timestamp() * 1000)
            if when > now:
                return when
            day += timedelta(days=1)

    def latest(self, now: int) -> int:
        return self.after(now, now)
