"""Who entered lately is found by an index: servers that share a database look for what they were not told."""

from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.create_index("ix_members_joined_at", "members", ["joined_at"])
