"""Messages and their mentions in SQL."""

from collections.abc import Sequence
from typing import Any

import msgspec
from sqlalchemy import bindparam, delete, func, insert, literal_column, select, text, update

from hubbub.chat.clock import milliseconds, rfc3339
from hubbub.chat.records import MessageRecord
from hubbub.chat.shapes import Message, Reaction, Sender
from hubbub.store.sql.reactions import SqlReactions
from hubbub.store.sql.schema import edits, mentions, messages, reactions, users
from hubbub.store.sql.statement import Executor, Row, Statement, count

_message = select(
    messages.c.room_id,
    messages.c.seq,
    messages.c.version,
    messages.c.sender_id,
    users.c.username,
    users.c.display_name,
    messages.c.content,
    messages.c.at,
    messages.c.deleted,
    messages.c.mentions,
    messages.c.reacted,
    messages.c.edited_at,
    messages.c.reply_to,
).join(users, users.c.id == messages.c.sender_id)
_in_room = messages.c.room_id == bindparam("room")
_between = (_in_room, messages.c.seq >= bindparam("first"), messages.c.seq <= bindparam("last"))
MESSAGE = Statement(_message.where(_in_room, messages.c.seq == bindparam("seq")))
OLDEST = Statement(_message.where(*_between).order_by(messages.c.seq).limit(bindparam("most")))
NEWEST = Statement(_message.where(*_between).order_by(messages.c.seq.desc()).limit(bindparam("most")))
REPLIES = Statement(
    _message.where(_in_room, messages.c.reply_to == bindparam("seq"), messages.c.seq > bindparam("after"))
    .order_by(messages.c.seq)
    .limit(bindparam("most"))
)
SINCE = Statement(
    _message.where(_in_room, messages.c.version > bindparam("version"))
    .order_by(messages.c.version)
    .limit(bindparam("most"))
)
CHANGED = Statement(
    select(func.count()).select_from(
        select(literal_column("1"))
        .where(_in_room, messages.c.version > bindparam("version"))
        .limit(bindparam("most"))
        .subquery()
    )
)
KEYED = Statement(
    select(messages.c.seq).where(
        _in_room, messages.c.sender_id == bindparam("sender"), messages.c.key == bindparam("key")
    )
)
KEYED_AMONG = Statement(
    # CROSS JOIN: SQLite keeps to that order (sqlite.org/optoverview.html, "Manual control of query plans").
    text(
        "SELECT messages.room_id, messages.sender_id, messages.key FROM json_each(:places) CROSS JOIN messages "
        "ON messages.room_id = json_extract(value, '$[0]') AND messages.sender_id = json_extract(value, '$[1]') "
        "AND messages.key = json_extract(value, '$[2]')"
    ),
    on_postgres=text(
        "SELECT room_id, sender_id, key FROM messages WHERE (room_id, sender_id, key) IN "
        "(SELECT CAST(place->>0 AS bigint), CAST(place->>1 AS bigint), place->>2 "
        "FROM json_array_elements(CAST(:places AS json)) AS place)"
    ),
)
ADD_MESSAGE = Statement(insert(messages).values({column.name: bindparam(column.name) for column in messages.c}))
SAVE_MESSAGE = Statement(
    update(messages)
    .where(messages.c.room_id == bindparam("room"), messages.c.seq == bindparam("which"))
    .values(
        version=bindparam("version"),
        content=bindparam("content"),
        edited_at=bindparam("edited_at"),
        deleted=bindparam("deleted"),
        mentions=bindparam("mentions"),
        reacted=bindparam("reacted"),
    )
)
ADD_MENTION = Statement(insert(mentions).values({column.name: bindparam(column.name) for column in mentions.c}))
DROP_MENTION = Statement(
    delete(mentions).where(
        mentions.c.room_id == bindparam("room_id"),
        mentions.c.user_id == bindparam("user_id"),
        mentions.c.seq == bindparam("seq"),
    )
)
PURGE = Statement(delete(messages).where(_in_room, messages.c.seq <= bindparam("last")))
OLDEST_AMONG = Statement(
    select(func.max(literal_column("seq"))).select_from(
        select(messages.c.seq).where(_in_room).order_by(messages.c.seq).limit(bindparam("most")).subquery()
    )
)
PURGE_REST = [
    Statement(delete(table).where(table.c.room_id == bindparam("room"), table.c.seq <= bindparam("last")))
    for table in (mentions, edits, reactions)
]


class SqlMessages:
    """Messages within a transaction. New and changed ones wait for `flush`."""

    def __init__(self, tx: Executor, reactions: SqlReactions) -> None:
        self._tx = tx
        self._reactions = reactions
        self._messages: dict[tuple[int, int], Message] = {}
        self._keys: dict[tuple[int, int, str], Message] = {}
        self._unkeyed: set[tuple[int, int, str]] = set()
        self._new: list[MessageRecord] = []
        self._changed: dict[tuple[int, int], Message] = {}
        self._mentioned: dict[tuple[int, int], list[int]] = {}

    def flush(self) -> None:
        if self._new:
            new, self._new = self._new, []
            self._tx.run_many(ADD_MESSAGE, [_new_values(record) for record in new])
            named = [(record.message, user) for record in new for user in record.message.mentions]
            self._tx.run_many(ADD_MENTION, [{"room_id": m.room, "user_id": user, "seq": m.seq} for m, user in named])
        if self._changed:
            changed, self._changed = self._changed, {}
            self._tx.run_many(SAVE_MESSAGE, [_changed_values(message) for message in changed.values()])
            for place, message in changed.items():
                before, after = self._mentioned[place], message.mentions
                gone, come = set(before) - set(after), set(after) - set(before)
                row = {"room_id": message.room, "seq": message.seq}
                self._tx.run_many(DROP_MENTION, [{**row, "user_id": user} for user in gone])
                self._tx.run_many(ADD_MENTION, [{**row, "user_id": user} for user in come])
                self._mentioned[place] = after

    def get(self, room: int, seq: int) -> Message | None:
        if (known := self._messages.get((room, seq))) is not None:
            return known
        row = self._tx.one(MESSAGE, {"room": room, "seq": seq})
        return None if row is None else self._built(room, [row])[0]

    def page(self, room: int, first: int, last: int, limit: int, newest: bool) -> list[Message]:
        self.flush()
        rows = self._tx.all(NEWEST if newest else OLDEST, {"room": room, "first": first, "last": last, "most": limit})
        return self._built(room, rows[::-1] if newest else rows)

    def replies(self, room: int, seq: int, after: int, limit: int) -> list[Message]:
        self.flush()
        return self._built(room, self._tx.all(REPLIES, {"room": room, "seq": seq, "after": after, "most": limit}))

    def since(self, room: int, version: int, limit: int) -> list[Message]:
        self.flush()
        return self._built(room, self._tx.all(SINCE, {"room": room, "version": version, "most": limit}))

    def count_since(self, room: int, version: int, most: int) -> int:
        return count(self._tx, CHANGED, {"room": room, "version": version, "most": most})

    def keyed(self, room: int, sender: int, key: str) -> Message | None:
        if (pending := self._keys.get((room, sender, key))) is not None:
            return pending
        if (room, sender, key) in self._unkeyed:
            return None
        row = self._tx.one(KEYED, {"room": room, "sender": sender, "key": key})
        return None if row is None else self.get(room, row[0])

    def prefetch_keys(self, places: Sequence[tuple[int, int, str]]) -> None:
        """Find which of these (room, sender, key) exist, in one query."""
        found = self._tx.all(KEYED_AMONG, {"places": msgspec.json.encode(places).decode()})
        self._unkeyed = set(places) - {tuple(row) for row in found}

    def add(self, record: MessageRecord) -> None:
        message = record.message
        self._new.append(record)
        self._messages[message.room, message.seq] = message
        if record.key is not None:
            self._keys[message.room, message.sender.id, record.key] = message

    def save(self, message: Message) -> None:
        place = (message.room, message.seq)
        if place not in self._mentioned:
            # Posted in this very transaction: write it as it was, then what it became.
            self.flush()
            self._mentioned[place] = self._stored_mentions(place)
        self._changed[place] = message

    def purge(self, room: int, limit: int) -> int:
        row = self._tx.one(OLDEST_AMONG, {"room": room, "most": limit})
        if row is None or row[0] is None:
            return 0
        for statement in PURGE_REST:
            self._tx.run(statement, {"room": room, "last": row[0]})
        return self._tx.run(PURGE, {"room": room, "last": row[0]})

    def _stored_mentions(self, place: tuple[int, int]) -> list[int]:
        row = self._tx.one(MESSAGE, {"room": place[0], "seq": place[1]})
        return [] if row is None else _user_ids(row[9])

    def _built(self, room: int, rows: Sequence[Row]) -> list[Message]:
        """Messages of rows with their reactions; those handed out before in this transaction as they are now."""
        found = self._reactions.of(room, [row[1] for row in rows if row[10]])
        built = []
        for row in rows:
            message = self._messages.get((room, row[1]))
            if message is None:
                message = self._messages[room, row[1]] = _to_message(row, found.get(row[1], {}))
                self._mentioned[room, row[1]] = message.mentions
            built.append(message)
        return built


def _to_message(row: Row, reacted: dict[str, list[int]]) -> Message:
    room, seq, version, sender, username, display_name, content, at, deleted, named, _, edited_at, reply_to = row
    return Message(
        room,
        seq,
        version,
        Sender(sender, username, display_name),
        content,
        rfc3339(at),
        bool(deleted),
        _user_ids(named),
        [Reaction(emoji, users) for emoji, users in reacted.items()],
        None if edited_at is None else rfc3339(edited_at),
        reply_to,
    )


def _user_ids(text: str | None) -> list[int]:
    return [] if text is None else msgspec.json.decode(text, type=list[int])


def _mentions_text(message: Message) -> str | None:
    return msgspec.json.encode(message.mentions).decode() if message.mentions else None


def _new_values(record: MessageRecord) -> dict[str, Any]:
    message = record.message
    return {
        "room_id": message.room,
        "seq": message.seq,
        "version": message.version,
        "sender_id": message.sender.id,
        "content": message.content,
        "at": record.at,
        "key": record.key,
        "edited_at": None,
        "deleted": False,
        "reply_to": message.reply_to,
        "mentions": _mentions_text(message),
        "reacted": False,
    }


def _changed_values(message: Message) -> dict[str, Any]:
    return {
        "room": message.room,
        "which": message.seq,
        "version": message.version,
        "content": message.content,
        "edited_at": None if message.edited_at is None else milliseconds(message.edited_at),
        "deleted": message.deleted,
        "mentions": _mentions_text(message),
        "reacted": bool(message.reactions),
    }
