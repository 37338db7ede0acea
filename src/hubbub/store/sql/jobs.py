"""Jobs in SQL."""

from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import bindparam, delete, func, literal_column, select, text, update

from hubbub.chat.jobs import JobRecord, NewJob
from hubbub.store.sql.statement import Executor, Row, Statement, ids
from hubbub.store.sql.work_schema import jobs

_columns = select(
    jobs.c.id,
    jobs.c.kind,
    jobs.c.key,
    jobs.c.payload,
    jobs.c.created_at,
    jobs.c.due_at,
    jobs.c.tries,
    jobs.c.holder,
    jobs.c.dead_at,
    jobs.c.last_error,
)
NEXT_DUE = Statement(
    text(
        "SELECT value, (SELECT due_at FROM jobs WHERE kind = value AND dead_at IS NULL ORDER BY due_at LIMIT 1) "
        "FROM json_each(:kinds)"
    ),
    on_postgres=text(
        "SELECT value, (SELECT due_at FROM jobs WHERE kind = value AND dead_at IS NULL ORDER BY due_at LIMIT 1) "
        "FROM json_array_elements_text(CAST(:kinds AS json))"
    ),
)
DUE = Statement(
    _columns.where(jobs.c.kind == bindparam("kind"), jobs.c.dead_at.is_(None), jobs.c.due_at <= bindparam("at"))
    .order_by(jobs.c.due_at, jobs.c.id)
    .limit(bindparam("most"))
    .with_for_update(skip_locked=True)
)
JOB_TO_CHANGE = Statement(_columns.where(jobs.c.id == bindparam("id")).with_for_update())
# Not "IS NOT NULL", with which SQLite would walk through the index.
RUNNING = Statement(_columns.where(jobs.c.holder > literal_column("''")).with_for_update())
_page = _columns.where(jobs.c.id > bindparam("after")).order_by(jobs.c.id).limit(bindparam("most"))
_of_kind = jobs.c.kind == bindparam("kind")
_is_dead = jobs.c.dead_at.is_not(None)
PAGES = {
    (False, False): Statement(_page),
    (True, False): Statement(_page.where(_of_kind)),
    (False, True): Statement(_page.where(_is_dead)),
    (True, True): Statement(_page.where(_of_kind, _is_dead)),
}
"""By whether only one kind is asked for, and whether only dead ones."""
_state = text(
    "CASE WHEN dead_at IS NOT NULL THEN 'dead' WHEN holder IS NULL THEN 'waiting' ELSE 'running' END AS state"
)
JOB_COUNTS = Statement(
    select(jobs.c.kind, _state, func.count()).group_by(jobs.c.kind, text("state")).order_by(jobs.c.kind, text("state"))
)
ADD_JOB = Statement(
    text(
        "INSERT INTO jobs (kind, key, payload, created_at, due_at, tries) "
        "VALUES (:kind, :key, :payload, :created_at, :due_at, 0) "
        "ON CONFLICT (kind, key) WHERE key IS NOT NULL DO UPDATE SET payload = excluded.payload, "
        "created_at = excluded.created_at, due_at = excluded.due_at, tries = 0, dead_at = NULL, last_error = NULL "
        "WHERE jobs.dead_at IS NOT NULL"
    )
)
_changing = ("due_at", "tries", "holder", "dead_at", "last_error")
SAVE_JOB = Statement(
    update(jobs).where(jobs.c.id == bindparam("which")).values({name: bindparam(name) for name in _changing})
)
CANCEL_JOB = Statement(
    delete(jobs).where(jobs.c.kind == bindparam("kind"), jobs.c.key == bindparam("key"), jobs.c.holder.is_(None))
)
REMOVE_JOB = Statement(delete(jobs).where(jobs.c.id == bindparam("which")))


class SqlJobs:
    """Jobs within a transaction. Changes wait for `flush`, which makes them in one order, so that servers do not
    deadlock."""

    def __init__(self, tx: Executor, now: Callable[[], int]) -> None:
        self._tx = tx
        self._now = now
        self._new: list[NewJob] = []
        self._known: dict[int, JobRecord | None] = {}
        self._changed: set[int] = set()

    def flush(self) -> None:
        if self._changed:
            changed, self._changed = sorted(self._changed), set()
            found = [(number, self._known[number]) for number in changed]
            self._tx.run_many(SAVE_JOB, [_changes(job) for _, job in found if job is not None])
            self._tx.run_many(REMOVE_JOB, [{"which": number} for number, job in found if job is None])
        if self._new:
            new, self._new = self._new, []
            new.sort(key=lambda job: (job.kind, job.key or ""))
            self._tx.run_many(ADD_JOB, [self._values(job) for job in new])

    def next_due(self, kinds: Sequence[str]) -> dict[str, int]:
        self.flush()
        return {row[0]: row[1] for row in self._tx.all(NEXT_DUE, {"kinds": ids(kinds)}) if row[1] is not None}

    def page(self, after: int, limit: int, kind: str | None, dead: bool) -> list[JobRecord]:
        self.flush()
        rows = self._tx.all(PAGES[kind is not None, dead], {"after": after, "most": limit, "kind": kind})
        return [_to_job(row) for row in rows]

    def counts(self) -> list[tuple[str, str, int]]:
        self.flush()
        return [(row[0], row[1], row[2]) for row in self._tx.all(JOB_COUNTS, {})]

    def add(self, job: NewJob) -> None:
        self._new.append(job)

    def cancel(self, kind: str, key: str) -> None:
        self.flush()
        self._tx.run(CANCEL_JOB, {"kind": kind, "key": key})

    def due(self, kind: str, at: int, limit: int) -> list[JobRecord]:
        self.flush()
        return [self._read(row) for row in self._tx.all(DUE, {"kind": kind, "at": at, "most": limit})]

    def to_change(self, job: int) -> JobRecord | None:
        if job in self._known:
            return self._known[job]
        row = self._tx.one(JOB_TO_CHANGE, {"id": job})
        return None if row is None else self._read(row)

    def save(self, job: JobRecord) -> None:
        self._known[job.id] = job
        self._changed.add(job.id)

    def remove(self, job: int) -> None:
        self._known[job] = None
        self._changed.add(job)

    def running(self) -> list[JobRecord]:
        self.flush()
        return [self._read(row) for row in self._tx.all(RUNNING, {})]

    def _read(self, row: Row) -> JobRecord:
        record = self._known[row[0]] = _to_job(row)
        return record

    def _values(self, job: NewJob) -> dict[str, Any]:
        now = self._now()
        return {
            "kind": job.kind,
            "key": job.key,
            "payload": job.encoded(),
            "created_at": now,
            "due_at": job.due_at or now,
        }


def _to_job(row: Row) -> JobRecord:
    number, kind, key, payload, created_at, due_at, tries, holder, dead_at, last_error = row
    return JobRecord(
        id=number,
        kind=kind,
        key=key,
        payload=payload,
        created_at=created_at,
        due_at=due_at,
        tries=tries,
        holder=holder,
        dead_at=dead_at,
        last_error=last_error,
    )


def _changes(job: JobRecord) -> dict[str, Any]:
    return {"which": job.id, **{name: getattr(job, name) for name in _changing}}
