"""Profiles: a status with an emoji and an end, pronouns, a title."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"


def upgrade() -> None:
    op.add_column("users", sa.Column("status_emoji", sa.Text(), nullable=True))
    op.add_column("users", sa.Column("status_until", sa.BigInteger(), nullable=True))
    op.add_column("users", sa.Column("pronouns", sa.Text(), nullable=True))
    op.add_column("users", sa.Column("title", sa.Text(), nullable=True))
