"""The token for the first account, in memory."""

from hubbub.store.memory.tables import Tables


class MemorySetupTokens:
    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    def digest(self) -> str | None:
        return self._tables.setup_token

    def add(self, digest: str) -> bool:
        if self._tables.setup_token is not None:
            return False
        self._tables.setup_token = digest
        return True

    def drop(self) -> None:
        self._tables.setup_token = None
