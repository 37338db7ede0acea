"""The time by the clock that all servers on one database go by."""

from sqlalchemy import text

from hubbub.chat import clock
from hubbub.store.sql.statement import Executor, Statement

_NOW = Statement(text("SELECT CAST(extract(epoch FROM now()) * 1000 AS bigint)"))


class StoreClock:
    """The time of one transaction, read when first asked.

    It is the database's where servers share it, else this machine's.
    """

    def __init__(self, executor: Executor) -> None:
        self._executor = executor
        self._now: int | None = None

    def now(self) -> int:
        """Milliseconds since 1970."""
        if self._now is None:
            row = self._executor.one(_NOW, {}) if self._executor.is_shared else None
            self._now = clock.now() if row is None else int(row[0])
        return self._now
