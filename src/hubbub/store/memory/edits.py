"""What messages said before they were edited, in memory."""

from hubbub.chat.shapes import Edit
from hubbub.store.memory.tables import Tables


class MemoryEdits:
    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    def of(self, room: int, seq: int) -> list[Edit]:
        return list(self._tables.edits[room, seq])

    def add(self, room: int, seq: int, version: int, edit: Edit, kept: int) -> None:
        found = self._tables.edits[room, seq]
        found.append(edit)
        del found[1 : len(found) - kept + 1]

    def drop(self, room: int, seq: int) -> None:
        self._tables.edits.pop((room, seq), None)
