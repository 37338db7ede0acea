"""The tables of threads."""

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Index, Table, Text, text

from hubbub.store.sql.schema import metadata

# One row for each message that has replies. `people`: a JSON list of those who replied last.
threads = Table(
    "threads",
    metadata,
    Column("room_id", ForeignKey("rooms.id"), primary_key=True, autoincrement=False),
    Column("root", BigInteger, primary_key=True, autoincrement=False),
    Column("replies", BigInteger, nullable=False),
    Column("last_seq", BigInteger, nullable=False),
    Column("last_at", BigInteger, nullable=False),
    Column("people", Text, nullable=False),
    sqlite_with_rowid=False,
)

thread_follows = Table(
    "thread_follows",
    metadata,
    Column("room_id", ForeignKey("rooms.id"), primary_key=True, autoincrement=False),
    Column("user_id", BigInteger, primary_key=True, autoincrement=False),
    Column("root", BigInteger, primary_key=True, autoincrement=False),
    Column("following", Boolean, nullable=False),
    Column("read_seq", BigInteger, nullable=False),
    Column("read_count", BigInteger, nullable=False),
    Index(
        "ix_thread_follows_user_id",
        "user_id",
        sqlite_where=text("following"),
        postgresql_where=text("following"),
    ),
    sqlite_with_rowid=False,
)
