"""What users keep: pinned and saved messages, drafts."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    op.add_column("messages", sa.Column("pinned_at", sa.BigInteger(), nullable=True))
    op.add_column("messages", sa.Column("pinned_by", sa.BigInteger(), nullable=True))
    op.add_column("notices", sa.Column("seq", sa.BigInteger(), nullable=True))
    where = sa.text("pinned_at IS NOT NULL")
    op.create_index(
        "ix_messages_pinned", "messages", ["room_id", "pinned_at"], sqlite_where=where, postgresql_where=where
    )
    op.create_table(
        "saved",
        sa.Column("user_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("room_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("saved_at", sa.BigInteger(), nullable=False),
        sa.Column("remind_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("user_id", "room_id", "seq", name=op.f("pk_saved")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_saved_saved_at", "saved", ["user_id", "saved_at", "room_id", "seq"])
    op.create_index("ix_saved_room_id", "saved", ["room_id"])
    op.create_table(
        "drafts",
        sa.Column("user_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("room_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("root", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("reply_to", sa.BigInteger(), nullable=True),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("user_id", "room_id", "root", name=op.f("pk_drafts")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_drafts_room_id", "drafts", ["room_id"])
