"""The counts of reactions, in the row of the message. Where there is none, reactions are counted when they are read."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"


def upgrade() -> None:
    op.add_column("messages", sa.Column("reaction_counts", sa.Text(), nullable=True))
