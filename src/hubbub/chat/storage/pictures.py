"""Profile pictures; at most one for each account."""

from typing import Protocol

from hubbub.chat.records import Picture


class PictureReads(Protocol):
    def get(self, digest: str) -> Picture | None: ...


class Pictures(PictureReads, Protocol):
    def save(self, picture: Picture) -> None:
        """Store a picture in place of the account's former one."""

    def drop(self, user: int) -> None: ...
