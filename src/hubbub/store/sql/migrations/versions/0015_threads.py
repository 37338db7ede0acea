"""Threads: which thread a message is in, how many replies there are up to it, who follows which thread and has read how
far.

Nothing is filled in: a message without a thread has null everywhere, whichever release's server stores it.
"""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    op.add_column("rooms", sa.Column("thread_only_count", sa.BigInteger(), nullable=False, server_default=sa.text("0")))
    for name in ("thread_root", "thread_count", "thread_only_count"):
        op.add_column("messages", sa.Column(name, sa.BigInteger(), nullable=True))
    op.add_column("messages", sa.Column("has_replies", sa.Boolean(), nullable=True))
    _partial_index("ix_messages_thread", "messages", ["room_id", "thread_root", "seq"], "thread_root IS NOT NULL")
    _partial_index("ix_messages_thread_only", "messages", ["room_id", "seq"], "thread_only_count IS NOT NULL")
    _partial_index(
        "ix_messages_thread_deleted",
        "messages",
        ["room_id", "thread_root", "seq"],
        "deleted AND thread_root IS NOT NULL",
    )
    op.create_table(
        "threads",
        sa.Column("room_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("root", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("replies", sa.BigInteger(), nullable=False),
        sa.Column("last_seq", sa.BigInteger(), nullable=False),
        sa.Column("last_at", sa.BigInteger(), nullable=False),
        sa.Column("people", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["room_id"], ["rooms.id"], name=op.f("fk_threads_room_id")),
        sa.PrimaryKeyConstraint("room_id", "root", name=op.f("pk_threads")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "thread_follows",
        sa.Column("room_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("user_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("root", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("following", sa.Boolean(), nullable=False),
        sa.Column("read_seq", sa.BigInteger(), nullable=False),
        sa.Column("read_count", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["room_id"], ["rooms.id"], name=op.f("fk_thread_follows_room_id")),
        sa.PrimaryKeyConstraint("room_id", "user_id", "root", name=op.f("pk_thread_follows")),
        sqlite_with_rowid=False,
    )
    _partial_index("ix_thread_follows_user_id", "thread_follows", ["user_id"], "following")


def _partial_index(name: str, table: str, columns: list[str], where: str) -> None:
    op.create_index(name, table, columns, sqlite_where=sa.text(where), postgresql_where=sa.text(where))
