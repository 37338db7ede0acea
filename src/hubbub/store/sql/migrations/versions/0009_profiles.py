"""When what others see of an account last changed: whoever was away asks for those that did."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    op.add_column("users", sa.Column("changed_at", sa.BigInteger(), nullable=True))
    op.create_index(
        "ix_users_changed_at",
        "users",
        ["changed_at"],
        sqlite_where=sa.text("changed_at IS NOT NULL"),
        postgresql_where=sa.text("changed_at IS NOT NULL"),
    )
