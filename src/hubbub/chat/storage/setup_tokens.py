"""The token that the first account of a server needs: at most one, kept as a digest."""

from typing import Protocol


class SetupTokenReads(Protocol):
    def digest(self) -> str | None: ...


class SetupTokens(SetupTokenReads, Protocol):
    def add(self, digest: str) -> bool:
        """Store the digest; False, and nothing is stored, if there is one."""

    def drop(self) -> None: ...
