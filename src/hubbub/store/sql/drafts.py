"""Drafts in SQL. They are changed by their user only, one at a time, so nothing waits for `flush`."""

from sqlalchemy import bindparam, delete, func, literal_column, select, text

from hubbub.chat.records import DraftRecord
from hubbub.store.sql.kept_schema import drafts
from hubbub.store.sql.statement import Executor, Statement, count

_columns = select(drafts.c.user_id, drafts.c.room_id, drafts.c.root, drafts.c.content, drafts.c.reply_to, drafts.c.at)
_mine = drafts.c.user_id == bindparam("user")
_written = drafts.c.content != literal_column("''")
ONE_DRAFT = Statement(_columns.where(_mine, drafts.c.room_id == bindparam("room"), drafts.c.root == bindparam("root")))
DRAFTS = Statement(
    _columns.where(_mine, _written)
    .order_by(drafts.c.at.desc(), drafts.c.room_id, drafts.c.root)
    .limit(bindparam("most"))
)
COUNT_DRAFTS = Statement(select(func.count()).select_from(drafts).where(_mine, _written))
COUNT_ALL_DRAFTS = Statement(select(func.count()).select_from(drafts).where(_mine))
SAVE_DRAFT = Statement(
    text(
        "INSERT INTO drafts (user_id, room_id, root, content, reply_to, at) "
        "VALUES (:user, :room, :root, :content, :reply_to, :at) ON CONFLICT (user_id, room_id, root) DO UPDATE "
        "SET content = excluded.content, reply_to = excluded.reply_to, at = excluded.at"
    )
)
DROP_REMOVED = Statement(
    text(
        "DELETE FROM drafts WHERE user_id = :user AND content = '' AND (room_id, root) IN "
        "(SELECT room_id, root FROM drafts WHERE user_id = :user AND content = '' "
        "ORDER BY at DESC LIMIT 1000000000 OFFSET :keep)"
    )
)
DROP_DRAFTS_OF = Statement(delete(drafts).where(_mine))
PURGE_DRAFTS = Statement(delete(drafts).where(drafts.c.room_id == bindparam("room")))


class SqlDrafts:
    """Drafts within a transaction."""

    def __init__(self, tx: Executor) -> None:
        self._tx = tx

    def get(self, user: int, room: int, root: int) -> DraftRecord | None:
        row = self._tx.one(ONE_DRAFT, {"user": user, "room": room, "root": root})
        return None if row is None else DraftRecord(*row)

    def of(self, user: int, limit: int) -> list[DraftRecord]:
        return [DraftRecord(*row) for row in self._tx.all(DRAFTS, {"user": user, "most": limit})]

    def count(self, user: int) -> int:
        return count(self._tx, COUNT_DRAFTS, {"user": user})

    def count_all(self, user: int) -> int:
        return count(self._tx, COUNT_ALL_DRAFTS, {"user": user})

    def save(self, record: DraftRecord) -> None:
        where = {"user": record.user, "room": record.room, "root": record.root}
        self._tx.run(SAVE_DRAFT, {**where, "content": record.content, "reply_to": record.reply_to, "at": record.at})

    def drop_removed(self, user: int, keep: int) -> None:
        self._tx.run(DROP_REMOVED, {"user": user, "keep": keep})

    def drop_of(self, user: int) -> None:
        self._tx.run(DROP_DRAFTS_OF, {"user": user})

    def purge(self, room: int) -> None:
        self._tx.run(PURGE_DRAFTS, {"room": room})
