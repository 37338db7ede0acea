"""What was read is delivered too, in every row: what was read beyond that was read by somebody invisible."""

from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.execute("UPDATE members SET delivered_seq = read_seq WHERE delivered_seq < read_seq")
