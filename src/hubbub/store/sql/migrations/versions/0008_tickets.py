"""Deleting a session looks for its tickets by an index."""

from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.create_index("ix_tickets_session_id", "tickets", ["session_id"])
