"""The tables of what users keep: saved messages, drafts, scheduled messages."""

from sqlalchemy import BigInteger, Boolean, Column, Index, Table, Text

from hubbub.store.sql.schema import ROW_ID, metadata

saved = Table(
    "saved",
    metadata,
    Column("user_id", BigInteger, primary_key=True, autoincrement=False),
    Column("room_id", BigInteger, primary_key=True, autoincrement=False),
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("saved_at", BigInteger, nullable=False),
    Column("remind_at", BigInteger),
    Column("reminded_at", BigInteger),
    Index("ix_saved_saved_at", "user_id", "saved_at", "room_id", "seq"),
    Index("ix_saved_room_id", "room_id"),
    sqlite_with_rowid=False,
)

# `root`: the thread that it is for; 0 for the room. A removed one has no content, and stays for its time.
drafts = Table(
    "drafts",
    metadata,
    Column("user_id", BigInteger, primary_key=True, autoincrement=False),
    Column("room_id", BigInteger, primary_key=True, autoincrement=False),
    Column("root", BigInteger, primary_key=True, autoincrement=False),
    Column("content", Text, nullable=False),
    Column("reply_to", BigInteger),
    Column("at", BigInteger, nullable=False),
    Index("ix_drafts_room_id", "room_id"),
    sqlite_with_rowid=False,
)

# Sent at `at`; `failed`: why it was refused then. The columns are in the order of `ScheduledRecord`.
scheduled = Table(
    "scheduled",
    metadata,
    Column("id", ROW_ID, primary_key=True, autoincrement=True),
    Column("user_id", BigInteger, nullable=False),
    Column("room_id", BigInteger, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("content", Text, nullable=False),
    Column("thread", BigInteger),
    Column("also_in_room", Boolean, nullable=False),
    Column("reply_to", BigInteger),
    Column("failed", Text),
    Index("ix_scheduled_user_id", "user_id", "at", "id"),
    Index("ix_scheduled_room_id", "room_id"),
    sqlite_autoincrement=True,
)
