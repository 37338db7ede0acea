"""Notices of what happens in rooms; a member who was brought in has it marked until they look."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    op.create_table(
        "notices",
        sa.Column("room_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("version", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("after_seq", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("actor_id", sa.BigInteger(), nullable=False),
        sa.Column("users", sa.Text(), nullable=True),
        sa.Column("old", sa.Text(), nullable=True),
        sa.Column("new", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["room_id"], ["rooms.id"], name=op.f("fk_notices_room_id")),
        sa.PrimaryKeyConstraint("room_id", "version", name=op.f("pk_notices")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_notices_after_seq", "notices", ["room_id", "after_seq"])
    op.add_column("members", sa.Column("added_by", sa.BigInteger(), nullable=True))
