"""The tables of who may register: invitations, and the token for the first account."""

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Table, Text, text

from hubbub.store.sql.schema import ROW_ID, metadata

# `rooms`: their ids as a JSON list.
invitations = Table(
    "invitations",
    metadata,
    Column("id", ROW_ID, primary_key=True),
    Column("digest", Text, nullable=False, unique=True),
    Column("user_id", ForeignKey("users.id"), nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Column("rooms", Text, nullable=False),
    Column("uses", BigInteger),
    Column("used", BigInteger, nullable=False, server_default=text("0")),
    Column("revoked_at", BigInteger),
    Index("ix_invitations_user_id", "user_id", "id"),
    sqlite_autoincrement=True,
)

# At most one row, named `first`.
setup_tokens = Table(
    "setup_tokens",
    metadata,
    Column("name", Text, primary_key=True),
    Column("digest", Text, nullable=False),
    sqlite_with_rowid=False,
)

# Who joined the rooms of an invitation with an account that they had already.
invitation_joins = Table(
    "invitation_joins",
    metadata,
    Column("invitation_id", ForeignKey("invitations.id"), primary_key=True),
    Column("user_id", ForeignKey("users.id"), primary_key=True),
    sqlite_with_rowid=False,
)
