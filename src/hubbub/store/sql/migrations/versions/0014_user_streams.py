"""User streams: entries of other kinds than direct messages, some of which refer to no room (`room_id` 0)."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        _copy()
    else:
        op.drop_constraint("fk_inbox_room_id", "inbox", type_="foreignkey")
        op.add_column("inbox", sa.Column("kind", sa.Text(), nullable=False, server_default="direct"))
    op.create_index("ix_inbox_reference", "inbox", ["room_id", "seq", "user_id", "kind"])


def _copy() -> None:
    """SQLite cannot drop a constraint of a table."""
    op.rename_table("inbox", "former_inbox")
    op.create_table(
        "inbox",
        sa.Column("user_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("position", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False, server_default="direct"),
        sa.Column("room_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("user_id", "position", name=op.f("pk_inbox")),
        sqlite_with_rowid=False,
    )
    op.execute(
        "INSERT INTO inbox (user_id, position, room_id, seq, version) "
        "SELECT user_id, position, room_id, seq, version FROM former_inbox"
    )
    op.drop_table("former_inbox")
