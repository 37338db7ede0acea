"""Inboxes, receipts, rooms of equals; putting a room away remembers how far it went."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.add_column("rooms", sa.Column("last_at", sa.BigInteger(), nullable=False, server_default=sa.text("0")))
    op.add_column("rooms", sa.Column("joins_as", sa.Text(), nullable=False, server_default=sa.text("'member'")))
    op.execute(
        "UPDATE rooms SET last_at = coalesce("
        "(SELECT at FROM messages WHERE room_id = rooms.id AND messages.seq = rooms.seq), 0)"
    )
    op.add_column("members", sa.Column("archived_seq", sa.BigInteger(), nullable=True))
    op.add_column("members", sa.Column("joined_seq", sa.BigInteger(), nullable=False, server_default=sa.text("0")))
    op.add_column("members", sa.Column("delivered_seq", sa.BigInteger(), nullable=False, server_default=sa.text("0")))
    op.execute(
        "UPDATE members SET archived_seq = (SELECT seq FROM rooms WHERE rooms.id = members.room_id) WHERE archived"
    )
    op.execute("UPDATE members SET delivered_seq = read_seq")
    op.drop_column("members", "archived")
    op.create_table(
        "inbox",
        sa.Column("user_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("position", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("room_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["room_id"], ["rooms.id"], name=op.f("fk_inbox_room_id")),
        sa.PrimaryKeyConstraint("user_id", "position", name=op.f("pk_inbox")),
        sqlite_with_rowid=False,
    )
    # What was written directly before there were inboxes: to the one of the pair who is not the sender, oldest first.
    op.execute(
        "INSERT INTO inbox (user_id, position, room_id, seq, version) "
        "SELECT peer, row_number() OVER (PARTITION BY peer ORDER BY at, room_id, seq), room_id, seq, version FROM ("
        "SELECT CASE WHEN sender_id = pair_low THEN pair_high ELSE pair_low END AS peer, "
        "messages.at, messages.room_id, messages.seq, messages.version "
        "FROM messages JOIN rooms ON rooms.id = messages.room_id WHERE rooms.kind = 'direct') AS written"
    )
