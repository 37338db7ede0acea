"""The token for the first account, in SQL."""

from sqlalchemy import delete, select, text

from hubbub.store.sql.invitation_schema import setup_tokens
from hubbub.store.sql.statement import Executor, Statement

SETUP_TOKEN = Statement(select(setup_tokens.c.digest).where(setup_tokens.c.name == "first"))
ADD_SETUP_TOKEN = Statement(
    text("INSERT INTO setup_tokens (name, digest) VALUES ('first', :digest) ON CONFLICT (name) DO NOTHING")
)
DROP_SETUP_TOKEN = Statement(delete(setup_tokens).where(setup_tokens.c.name == "first"))


class SqlSetupTokens:
    """The token within a transaction."""

    def __init__(self, tx: Executor) -> None:
        self._tx = tx

    def digest(self) -> str | None:
        row = self._tx.one(SETUP_TOKEN, {})
        return None if row is None else str(row[0])

    def add(self, digest: str) -> bool:
        return self._tx.run(ADD_SETUP_TOKEN, {"digest": digest}) == 1

    def drop(self) -> None:
        self._tx.run(DROP_SETUP_TOKEN, {})
