"""Profile pictures in memory."""

from hubbub.chat.records import Picture
from hubbub.store.memory.tables import Tables


class MemoryPictures:
    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    def get(self, digest: str) -> Picture | None:
        return next((picture for picture in self._tables.pictures.values() if picture.digest == digest), None)

    def save(self, picture: Picture) -> None:
        self._tables.pictures[picture.user] = picture

    def drop(self, user: int) -> None:
        self._tables.pictures.pop(user, None)
