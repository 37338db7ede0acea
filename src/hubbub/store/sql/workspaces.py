"""The workspace in SQL."""

from msgspec.structs import asdict
from sqlalchemy import bindparam, delete, insert, select, text, update

from hubbub.chat.storage.workspaces import WorkspacePicture, WorkspaceRecord
from hubbub.store.sql.statement import Executor, Row, Statement
from hubbub.store.sql.workspace_schema import workspace_pictures, workspaces

_columns = select(
    workspaces.c.name, workspaces.c.accent, workspaces.c.welcome, workspaces.c.picture, workspaces.c.version
).where(workspaces.c.key == "workspace")
WORKSPACE = Statement(_columns)
WORKSPACE_TO_CHANGE = Statement(_columns.with_for_update())
# A row for those who change it to lock: of two who do so for the first time, the second waits.
ADD_WORKSPACE = Statement(
    text("INSERT INTO workspaces (key, version) VALUES ('workspace', 0) ON CONFLICT (key) DO NOTHING")
)
SAVE_WORKSPACE = Statement(
    update(workspaces)
    .where(workspaces.c.key == "workspace")
    .values({column.name: bindparam(column.name) for column in workspaces.c if column.name != "key"})
)
_pictures = workspace_pictures.c
WORKSPACE_PICTURE = Statement(
    select(_pictures.digest, _pictures.kind, _pictures.content).where(_pictures.key == "workspace")
)
ADD_WORKSPACE_PICTURE = Statement(insert(workspace_pictures))
DROP_WORKSPACE_PICTURE = Statement(delete(workspace_pictures).where(_pictures.key == "workspace"))


class SqlWorkspaces:
    """The workspace within a transaction. A change is written at once, as it is locked since it was read."""

    def __init__(self, tx: Executor) -> None:
        self._tx = tx

    def get(self) -> WorkspaceRecord:
        return _record(self._tx.one(WORKSPACE, {}))

    def to_change(self) -> WorkspaceRecord:
        self._tx.run(ADD_WORKSPACE, {})
        return _record(self._tx.one(WORKSPACE_TO_CHANGE, {}))

    def picture(self) -> WorkspacePicture | None:
        row = self._tx.one(WORKSPACE_PICTURE, {})
        return None if row is None else WorkspacePicture(*row)

    def save(self, record: WorkspaceRecord) -> None:
        self._tx.run(SAVE_WORKSPACE, asdict(record))

    def save_picture(self, picture: WorkspacePicture) -> None:
        self.drop_picture()
        self._tx.run(ADD_WORKSPACE_PICTURE, {"key": "workspace", **asdict(picture)})

    def drop_picture(self) -> None:
        self._tx.run(DROP_WORKSPACE_PICTURE, {})


def _record(row: Row | None) -> WorkspaceRecord:
    return WorkspaceRecord() if row is None else WorkspaceRecord(*row)
