"""Schedules in memory."""

from collections.abc import Sequence

from hubbub.store.memory.tables import Tables


class MemorySchedules:
    def __init__(self, tables: Tables) -> None:
        self._next = tables.schedules

    def next(self) -> dict[str, int]:
        return dict(self._next)

    def due(self, names: Sequence[str], at: int) -> dict[str, int]:
        return {name: self._next[name] for name in names if self._next.get(name, at + 1) <= at}

    def add(self, name: str, at: int) -> None:
        self._next.setdefault(name, at)

    def save(self, name: str, at: int) -> None:
        self._next[name] = at
