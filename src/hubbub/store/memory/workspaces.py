"""The workspace in memory."""

from copy import copy

from hubbub.chat.storage.workspaces import WorkspacePicture, WorkspaceRecord
from hubbub.store.memory.tables import Tables


class MemoryWorkspaces:
    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    def get(self) -> WorkspaceRecord:
        return copy(self._tables.workspace)

    def to_change(self) -> WorkspaceRecord:
        return self.get()

    def picture(self) -> WorkspacePicture | None:
        return self._tables.workspace_picture

    def save(self, record: WorkspaceRecord) -> None:
        self._tables.workspace = copy(record)

    def save_picture(self, picture: WorkspacePicture) -> None:
        self._tables.workspace_picture = picture

    def drop_picture(self) -> None:
        self._tables.workspace_picture = None
