"""Messages of other kinds than text, with what belongs to the kind as JSON: both are null for text.

And the first revision whose program can use the database, for programs that know fewer migrations.
"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    op.add_column("messages", sa.Column("kind", sa.Text(), nullable=True))
    op.add_column("messages", sa.Column("extra", sa.Text(), nullable=True))
    op.create_table(
        "compatibility",
        sa.Column("revision", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("revision", name=op.f("pk_compatibility")),
        sqlite_with_rowid=False,
    )
