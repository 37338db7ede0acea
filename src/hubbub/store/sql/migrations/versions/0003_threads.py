"""Answers to a message are found by an index; a room can be marked as unread; uploaded avatars."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.add_column("members", sa.Column("marked_unread", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.create_index(
        "ix_messages_reply_to",
        "messages",
        ["room_id", "reply_to"],
        sqlite_where=sa.text("reply_to IS NOT NULL"),
        postgresql_where=sa.text("reply_to IS NOT NULL"),
    )
    op.create_table(
        "pictures",
        sa.Column("user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_pictures_user_id")),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_pictures")),
    )
    op.create_index("ix_pictures_digest", "pictures", ["digest"])
