"""When tasks come next: no drift, nothing made up for, and days of 23 and 25 hours."""

from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubbub.work.backoff import backoff
from hubbub.work.scheduler.times import Daily, Every

VIENNA = ZoneInfo("Europe/Vienna")
TIMES = st.integers(0, 1 << 42)


def at(text: str) -> int:
    return round(datetime.fromisoformat(text).timestamp() * 1000)


@given(due=TIMES, period=st.integers(1, 1 << 36), late=st.integers(0, 1 << 40))
def test_a_periodic_task_stays_in_its_rhythm(due: int, period: int, late: int) -> None:
    after = Every(period).after(due, due + late)
    assert (after - due) % period == 0
    assert due + late < after <= due + late + period
    assert after <= Every(period).latest(due + late)


@given(now=TIMES, hour=st.integers(0, 23), minute=st.integers(0, 59))
def test_a_daily_task_comes_within_the_day_to_come(now: int, hour: int, minute: int) -> None:
    after = Daily(time(hour, minute), VIENNA).after(0, now)
    assert now < after <= now + 25 * 3_600_000
    assert after == Daily(time(hour, minute), VIENNA).latest(now)
    local = datetime.fromtimestamp(after / 1000, UTC).astimezone(VIENNA)
    # Where the clock is put forward over the time, it is an hour later.
    assert (local.hour - hour) % 24 in (0, 1)
    assert local.minute == minute


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        ("2026-06-01T03:29:59+02:00", "2026-06-01T03:30+02:00"),
        ("2026-06-01T03:30+02:00", "2026-06-02T03:30+02:00"),
        # The night of 23 hours, and that of 25.
        ("2026-03-28T12:00+01:00", "2026-03-29T03:30+02:00"),
        ("2026-10-24T12:00+02:00", "2026-10-25T03:30+01:00"),
    ],
)
def test_a_daily_task_goes_by_the_local_clock(now: str, expected: str) -> None:
    assert Daily(time(3, 30), VIENNA).after(0, at(now)) == at(expected)


def test_a_time_that_does_not_exist_or_comes_twice_comes_once() -> None:
    daily = Daily(time(2, 30), VIENNA)
    assert daily.after(0, at("2026-03-28T12:00+01:00")) == at("2026-03-29T03:30+02:00")
    first = daily.after(0, at("2026-10-24T12:00+02:00"))
    assert first == at("2026-10-25T02:30+02:00")
    assert daily.after(first, first) == at("2026-10-26T02:30+01:00")


def test_pauses_grow_to_an_hour_and_are_spread() -> None:
    for failures in range(1, 100):
        pauses = [backoff(failures) for _ in range(50)]
        middle = min(2.0**failures, 3600)
        assert all(middle / 2 <= pause <= middle * 1.5 for pause in pauses)
        assert len(set(pauses)) > 40
