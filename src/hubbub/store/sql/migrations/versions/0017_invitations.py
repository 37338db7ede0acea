"""Invitations to register, who came by which, and the token for the first account."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"

_ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "invitations",
        sa.Column("id", _ROW_ID, primary_key=True),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("user_id", _ROW_ID, sa.ForeignKey("users.id", name="fk_invitations_user_id"), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("rooms", sa.Text(), nullable=False),
        sa.Column("uses", sa.BigInteger(), nullable=True),
        sa.Column("used", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("revoked_at", sa.BigInteger(), nullable=True),
        sa.UniqueConstraint("digest", name=op.f("uq_invitations_digest")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_invitations_user_id", "invitations", ["user_id", "id"])
    op.create_table(
        "setup_tokens",
        sa.Column("name", sa.Text(), primary_key=True),
        sa.Column("digest", sa.Text(), nullable=False),
        sqlite_with_rowid=False,
    )
    op.add_column("users", sa.Column("invitation_id", sa.BigInteger(), nullable=True))
    where = sa.text("invitation_id IS NOT NULL")
    op.create_index("ix_users_invitation_id", "users", ["invitation_id"], sqlite_where=where, postgresql_where=where)
