"""Pinned messages in SQL: two columns of the messages."""

from sqlalchemy import bindparam, func, not_, select, update

from hubbub.chat.records import PinRecord
from hubbub.chat.shapes import Message
from hubbub.store.sql.messages import SqlMessages
from hubbub.store.sql.schema import messages
from hubbub.store.sql.statement import Executor, Statement, count

_in_room = messages.c.room_id == bindparam("room")
_pinned = (_in_room, messages.c.pinned_at.is_not(None), not_(messages.c.deleted))
PINS = Statement(
    select(messages.c.room_id, messages.c.seq, messages.c.pinned_by, messages.c.pinned_at)
    .where(*_pinned)
    .order_by(messages.c.pinned_at.desc(), messages.c.seq.desc())
    .limit(bindparam("most"))
)
COUNT = Statement(select(func.count()).select_from(messages).where(*_pinned))
SET = Statement(
    update(messages)
    .where(_in_room, messages.c.seq == bindparam("which"))
    .values(pinned_at=bindparam("pinned_at"), pinned_by=bindparam("pinned_by"))
)


class SqlPins:
    """Pins within a transaction."""

    def __init__(self, tx: Executor, messages: SqlMessages) -> None:
        self._tx = tx
        self._messages = messages

    def of(self, room: int, limit: int) -> list[PinRecord]:
        return [PinRecord(*row) for row in self._tx.all(PINS, {"room": room, "most": limit})]

    def messages(self, room: int) -> list[Message]:
        return self._messages.pinned(room)

    def count(self, room: int) -> int:
        self._messages.flush()
        return count(self._tx, COUNT, {"room": room})

    def add(self, pin: PinRecord) -> None:
        self._set(pin.room, pin.seq, pin.at, pin.by)

    def drop(self, room: int, seq: int) -> None:
        self._set(room, seq, None, None)

    def _set(self, room: int, seq: int, at: int | None, by: int | None) -> None:
        self._messages.flush()
        self._tx.run(SET, {"room": room, "which": seq, "pinned_at": at, "pinned_by": by})
