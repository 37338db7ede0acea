"""The workspace, its picture, and who joined rooms by an invitation while signed in."""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"


def upgrade() -> None:
    op.create_table(
        "workspaces",
        sa.Column("key", sa.Text(), primary_key=True),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("accent", sa.Text(), nullable=True),
        sa.Column("welcome", sa.Text(), nullable=True),
        sa.Column("picture", sa.Text(), nullable=True),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "workspace_pictures",
        sa.Column("key", sa.Text(), primary_key=True),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
    )
    row_id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "invitation_joins",
        sa.Column(
            "invitation_id",
            row_id,
            sa.ForeignKey("invitations.id", name="fk_invitation_joins_invitation_id"),
            primary_key=True,
        ),
        sa.Column("user_id", row_id, sa.ForeignKey("users.id", name="fk_invitation_joins_user_id"), primary_key=True),
        sqlite_with_rowid=False,
    )
