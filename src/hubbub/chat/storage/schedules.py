"""Schedules: when what happens at a time happens next."""

from collections.abc import Sequence
from typing import Protocol


class ScheduleReads(Protocol):
    def next(self) -> dict[str, int]:
        """The next time (ms) of each task, by its name."""


class Schedules(ScheduleReads, Protocol):
    def due(self, names: Sequence[str], at: int) -> dict[str, int]:
        """Which of these tasks are due at a time, and since when; locked, without those that another server is just
        starting."""

    def add(self, name: str, at: int) -> None:
        """Store the first time of a task, unless it has one."""

    def save(self, name: str, at: int) -> None:
        """Set the next time of a task."""
