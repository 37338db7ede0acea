"""Where a forwarded message came from."""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"


def upgrade() -> None:
    op.add_column("messages", sa.Column("source_room", sa.BigInteger(), nullable=True))
    op.add_column("messages", sa.Column("source_seq", sa.BigInteger(), nullable=True))
