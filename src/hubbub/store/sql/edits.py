"""What messages said before they were edited, in SQL."""

from sqlalchemy import bindparam, delete, func, insert, literal_column, select

from hubbub.chat.clock import milliseconds, rfc3339
from hubbub.chat.shapes import Edit
from hubbub.store.sql.schema import edits
from hubbub.store.sql.statement import Executor, Statement

EDITS = Statement(
    select(edits.c.content, edits.c.at)
    .where(edits.c.room_id == bindparam("room"), edits.c.seq == bindparam("seq"))
    .order_by(edits.c.version)
)
ADD_EDIT = Statement(insert(edits))
_of_message = (edits.c.room_id == bindparam("room"), edits.c.seq == bindparam("seq"))
_first_edit = select(func.min(edits.c.version)).where(*_of_message).scalar_subquery()
_latest_not_kept = (
    select(edits.c.version)
    .where(*_of_message)
    .order_by(edits.c.version.desc())
    .limit(literal_column("1"))
    .offset(bindparam("latest"))
    .scalar_subquery()
)
DROP_SOME_EDITS = Statement(
    delete(edits).where(*_of_message, edits.c.version > _first_edit, edits.c.version <= _latest_not_kept)
)
DROP_EDITS = Statement(delete(edits).where(edits.c.room_id == bindparam("room"), edits.c.seq == bindparam("seq")))


class SqlEdits:
    """Former texts within a transaction."""

    def __init__(self, tx: Executor) -> None:
        self._tx = tx

    def of(self, room: int, seq: int) -> list[Edit]:
        return [Edit(row[0], rfc3339(row[1])) for row in self._tx.all(EDITS, {"room": room, "seq": seq})]

    def add(self, room: int, seq: int, version: int, edit: Edit, kept: int) -> None:
        self._tx.run(
            ADD_EDIT,
            {"room_id": room, "seq": seq, "version": version, "content": edit.content, "at": milliseconds(edit.at)},
        )
        self._tx.run(DROP_SOME_EDITS, {"room": room, "seq": seq, "latest": max(0, kept - 1)})

    def drop(self, room: int, seq: int) -> None:
        self._tx.run(DROP_EDITS, {"room": room, "seq": seq})
