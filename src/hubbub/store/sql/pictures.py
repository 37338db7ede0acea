"""Profile pictures in SQL."""

from sqlalchemy import bindparam, delete, insert, select

from hubbub.chat.records import Picture
from hubbub.store.sql.schema import pictures
from hubbub.store.sql.statement import Executor, Statement

PICTURE = Statement(
    select(pictures.c.user_id, pictures.c.digest, pictures.c.kind, pictures.c.content).where(
        pictures.c.digest == bindparam("digest")
    )
)
ADD_PICTURE = Statement(insert(pictures))
DROP_PICTURE = Statement(delete(pictures).where(pictures.c.user_id == bindparam("user")))


class SqlPictures:
    """Profile pictures within a transaction."""

    def __init__(self, tx: Executor) -> None:
        self._tx = tx

    def get(self, digest: str) -> Picture | None:
        row = self._tx.one(PICTURE, {"digest": digest})
        return None if row is None else Picture(*row)

    def save(self, picture: Picture) -> None:
        self.drop(picture.user)
        values = {"user_id": picture.user, "digest": picture.digest, "kind": picture.kind, "content": picture.content}
        self._tx.run(ADD_PICTURE, values)

    def drop(self, user: int) -> None:
        self._tx.run(DROP_PICTURE, {"user": user})
