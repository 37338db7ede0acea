"""Schedules in SQL."""

from collections.abc import Sequence

from sqlalchemy import bindparam, select, text, update

from hubbub.store.sql.statement import Executor, Statement, ids, one_of_texts
from hubbub.store.sql.work_schema import schedules

_columns = select(schedules.c.name, schedules.c.next_at)
SCHEDULES = Statement(_columns)
DUE_TASKS = one_of_texts(
    _columns.where(schedules.c.next_at <= bindparam("at")).with_for_update(skip_locked=True), schedules.c.name
)
ADD_SCHEDULE = Statement(
    text("INSERT INTO schedules (name, next_at) VALUES (:name, :next_at) ON CONFLICT (name) DO NOTHING")
)
SAVE_SCHEDULE = Statement(
    update(schedules).where(schedules.c.name == bindparam("which")).values(next_at=bindparam("next_at"))
)


class SqlSchedules:
    """Schedules within a transaction."""

    def __init__(self, tx: Executor) -> None:
        self._tx = tx

    def next(self) -> dict[str, int]:
        return {row[0]: row[1] for row in self._tx.all(SCHEDULES, {})}

    def due(self, names: Sequence[str], at: int) -> dict[str, int]:
        return {row[0]: row[1] for row in self._tx.all(DUE_TASKS, {"ids": ids(names), "at": at})}

    def add(self, name: str, at: int) -> None:
        self._tx.run(ADD_SCHEDULE, {"name": name, "next_at": at})

    def save(self, name: str, at: int) -> None:
        self._tx.run(SAVE_SCHEDULE, {"which": name, "next_at": at})
