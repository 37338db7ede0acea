"""The tables of work that follows a commit: jobs, consumers' cursors, schedules, leases."""

from sqlalchemy import BigInteger, Boolean, Column, Index, Table, Text, text

from hubbub.store.sql.schema import ROW_ID, metadata

# The outbox: what follows a commit and needs its own retries. Not keyed by room: a job may concern none.
jobs = Table(
    "jobs",
    metadata,
    Column("id", ROW_ID, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("key", Text),
    Column("payload", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("due_at", BigInteger, nullable=False),
    Column("tries", BigInteger, nullable=False),
    Column("holder", Text),
    Column("dead_at", BigInteger),
    Column("last_error", Text),
    Index(
        "ix_jobs_due",
        "kind",
        "due_at",
        "id",
        sqlite_where=text("dead_at IS NULL"),
        postgresql_where=text("dead_at IS NULL"),
    ),
    Index(
        "uq_jobs_key",
        "kind",
        "key",
        unique=True,
        sqlite_where=text("key IS NOT NULL"),
        postgresql_where=text("key IS NOT NULL"),
    ),
    Index(
        "ix_jobs_holder",
        "holder",
        sqlite_where=text("holder IS NOT NULL"),
        postgresql_where=text("holder IS NOT NULL"),
    ),
    sqlite_autoincrement=True,
)

# Who follows the rooms' log, and how far each has come in each room. Without a foreign key: PostgreSQL would check it
# by locking the room's row, which must be locked in the order of `prefetch` or not at all.
consumers = Table(
    "consumers",
    metadata,
    Column("name", Text, primary_key=True),
    Column("skipped_to", BigInteger, nullable=False),
    Column("ready", Boolean, nullable=False),
    sqlite_with_rowid=False,
)

cursors = Table(
    "cursors",
    metadata,
    Column("room_id", BigInteger, primary_key=True, autoincrement=False),
    Column("consumer", Text, primary_key=True),
    Column("version", BigInteger, nullable=False),
    Column("parked_at", BigInteger),
    Column("error", Text),
    Index(
        "ix_cursors_parked",
        "consumer",
        "room_id",
        sqlite_where=text("parked_at IS NOT NULL"),
        postgresql_where=text("parked_at IS NOT NULL"),
    ),
    sqlite_with_rowid=False,
)

# When what happens at a time happens next.
schedules = Table(
    "schedules",
    metadata,
    Column("name", Text, primary_key=True),
    Column("next_at", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)

# Which server does what only one of them may do at a time.
leases = Table(
    "leases",
    metadata,
    Column("scope", Text, primary_key=True),
    Column("name", Text, primary_key=True),
    Column("holder", Text, nullable=False),
    Column("until", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)
