"""Mentions of a user and reactions to their messages, the latest first."""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"


def upgrade() -> None:
    for kind in ("mention", "reaction"):
        where = sa.text(f"kind = '{kind}'")
        op.create_index(
            f"ix_inbox_{kind}", "inbox", ["user_id", "position"], sqlite_where=where, postgresql_where=where
        )
