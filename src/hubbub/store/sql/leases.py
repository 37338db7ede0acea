"""Leases in SQL."""

from msgspec.structs import asdict
from sqlalchemy import bindparam, delete, select, text

from hubbub.chat.storage.leases import LeaseRecord
from hubbub.store.sql.statement import Executor, Statement
from hubbub.store.sql.work_schema import leases

_CHANGING = -18
"""Any number that is no user's: those who change leases of one PostgreSQL database must all mean the same."""
LEASES = Statement(
    select(leases.c.scope, leases.c.name, leases.c.holder, leases.c.until).where(leases.c.scope == bindparam("scope"))
)
SAVE_LEASE = Statement(
    text(
        "INSERT INTO leases (scope, name, holder, until) VALUES (:scope, :name, :holder, :until) "
        "ON CONFLICT (scope, name) DO UPDATE SET holder = excluded.holder, until = excluded.until"
    )
)
REMOVE_LEASE = Statement(
    delete(leases).where(leases.c.scope == bindparam("which_scope"), leases.c.name == bindparam("which_name"))
)


class SqlLeases:
    """Leases within a transaction. Changes wait for `flush`."""

    def __init__(self, tx: Executor) -> None:
        self._tx = tx
        self._changed: dict[tuple[str, str], LeaseRecord | None] = {}

    def flush(self) -> None:
        if self._changed:
            changed, self._changed = self._changed, {}
            kept = [lease for lease in changed.values() if lease is not None]
            self._tx.run_many(SAVE_LEASE, [asdict(lease) for lease in kept])
            gone = [key for key, lease in changed.items() if lease is None]
            self._tx.run_many(REMOVE_LEASE, [{"which_scope": scope, "which_name": name} for scope, name in gone])

    def all(self, scope: str) -> list[LeaseRecord] | None:
        self.flush()
        if not self._tx.try_to_hold(_CHANGING):
            return None
        rows = self._tx.all(LEASES, {"scope": scope})
        return [LeaseRecord(scope=of, name=name, holder=holder, until=until) for of, name, holder, until in rows]

    def save(self, lease: LeaseRecord) -> None:
        self._changed[lease.scope, lease.name] = lease

    def remove(self, scope: str, name: str) -> None:
        self._changed[scope, name] = None
