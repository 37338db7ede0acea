"""When a user was reminded of a saved message, until they have seen to it."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"


def upgrade() -> None:
    op.add_column("saved", sa.Column("reminded_at", sa.BigInteger(), nullable=True))
