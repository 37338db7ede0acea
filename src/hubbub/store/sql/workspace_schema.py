"""The tables of the workspace. Each has at most one row, named `workspace`."""

from sqlalchemy import BigInteger, Column, LargeBinary, Table, Text

from hubbub.store.sql.schema import metadata

workspaces = Table(
    "workspaces",
    metadata,
    Column("key", Text, primary_key=True),
    Column("name", Text),
    Column("accent", Text),
    Column("welcome", Text),
    Column("picture", Text),
    Column("version", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)

# Apart from the rest, which is read often.
workspace_pictures = Table(
    "workspace_pictures",
    metadata,
    Column("key", Text, primary_key=True),
    Column("digest", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("content", LargeBinary, nullable=False),
)
