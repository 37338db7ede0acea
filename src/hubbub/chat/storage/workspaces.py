"""The workspace: there is one. Until it is changed for the first time, nothing of it is stored."""

from typing import Protocol

from msgspec import Struct


class WorkspaceRecord(Struct):
    """`picture`: the digest of the stored picture."""

    name: str | None = None
    accent: str | None = None
    welcome: str | None = None
    picture: str | None = None
    version: int = 0


class WorkspacePicture(Struct):
    digest: str
    kind: str
    content: bytes


class WorkspaceReads(Protocol):
    def get(self) -> WorkspaceRecord: ...

    def picture(self) -> WorkspacePicture | None: ...


class Workspaces(WorkspaceReads, Protocol):
    def to_change(self) -> WorkspaceRecord:
        """The same, which nobody else changes until the commit."""

    def save(self, record: WorkspaceRecord) -> None: ...

    def save_picture(self, picture: WorkspacePicture) -> None:
        """Store a picture in place of the former one."""

    def drop_picture(self) -> None: ...
