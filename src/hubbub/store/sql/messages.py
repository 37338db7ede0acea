"""Messages and their mentions in SQL."""

from collections.abc import Sequence

import msgspec
from sqlalchemy import bindparam, delete, func, insert, literal_column, not_, select, text, true, update

from hubbub.chat.records import MessageRecord
from hubbub.chat.shapes import Message, Reaction
from hubbub.store.sql.message_rows import (
    HAS_REPLIES,
    MENTIONS,
    MESSAGES,
    PLAIN_COLUMNS,
    REACTED,
    REACTION_COUNTS,
    SEQ,
    VERSION,
    changed_values,
    is_plain,
    new_values,
    plain_values,
    to_message,
    user_ids,
)
from hubbub.store.sql.reactions import SqlReactions, counted
from hubbub.store.sql.schema import edits, mentions, messages, reactions
from hubbub.store.sql.statement import Executor, Row, Statement, Values, count
from hubbub.store.sql.thread_rows import summaries
from hubbub.store.sql.thread_schema import thread_follows, threads

_in_room = messages.c.room_id == bindparam("room")
_between = (_in_room, messages.c.seq >= bindparam("first"), messages.c.seq <= bindparam("last"))
MESSAGE = Statement(MESSAGES.where(_in_room, messages.c.seq == bindparam("seq")))
OLDEST = Statement(MESSAGES.where(*_between).order_by(messages.c.seq).limit(bindparam("most")))
NEWEST = Statement(MESSAGES.where(*_between).order_by(messages.c.seq.desc()).limit(bindparam("most")))
REPLIES = Statement(
    MESSAGES.where(_in_room, messages.c.reply_to == bindparam("seq"), messages.c.seq > bindparam("after"))
    .order_by(messages.c.seq)
    .limit(bindparam("most"))
)
OLDEST_IN_ROOM, NEWEST_IN_ROOM = (
    Statement(
        MESSAGES.where(*_between, messages.c.thread_only_count.is_(None)).order_by(order).limit(bindparam("most"))
    )
    for order in (messages.c.seq, messages.c.seq.desc())
)
PINNED = Statement(
    MESSAGES.where(_in_room, messages.c.pinned_at.is_not(None), not_(messages.c.deleted)).order_by(messages.c.seq)
)
_of_root = messages.c.thread_root == bindparam("root")
OLDEST_IN_THREAD, NEWEST_IN_THREAD = (
    Statement(
        # Unlikely: SQLite would walk through the messages of the room (sqlite.org/lang_corefunc.html#unlikely).
        MESSAGES.where(*_between, func.unlikely(_of_root), messages.c.thread_root.is_not(None))
        .order_by(order)
        .limit(bindparam("most")),
        on_postgres=MESSAGES.where(*_between, _of_root).order_by(order).limit(bindparam("most")),
    )
    for order in (messages.c.seq, messages.c.seq.desc())
)
SINCE = Statement(
    MESSAGES.where(_in_room, messages.c.version > bindparam("version"))
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
SOURCE = Statement(
    select(messages.c.source_room, messages.c.source_seq).where(
        _in_room, messages.c.seq == bindparam("seq"), messages.c.source_room.is_not(None)
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
# Without the columns that are null or at their default in most new messages: each of them costs.
ADD_PLAIN_MESSAGE = Statement(insert(messages).values({name: bindparam(name) for name in PLAIN_COLUMNS}))
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
        reaction_counts=bindparam("reaction_counts"),
        kind=bindparam("kind"),
        extra=bindparam("extra"),
    )
)
SAVE_ROOT = Statement(
    update(messages)
    .where(messages.c.room_id == bindparam("room"), messages.c.seq == bindparam("which"))
    .values(has_replies=true())
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
    Statement(delete(column.table).where(column.table.c.room_id == bindparam("room"), column <= bindparam("last")))
    for column in (mentions.c.seq, edits.c.seq, reactions.c.seq, threads.c.root, thread_follows.c.root)
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
            if plain := [plain_values(record) for record in new if is_plain(record)]:
                self._tx.run_many(ADD_PLAIN_MESSAGE, plain)
            if len(plain) < len(new):
                self._tx.run_many(ADD_MESSAGE, [new_values(record) for record in new if not is_plain(record)])
            named = [(record.message, user) for record in new for user in record.message.mentions]
            self._tx.run_many(ADD_MENTION, [{"room_id": m.room, "user_id": user, "seq": m.seq} for m, user in named])
        if self._changed:
            changed, self._changed = self._changed, {}
            self._tx.run_many(SAVE_MESSAGE, [changed_values(message) for message in changed.values()])
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

    def page(self, room: int, first: int, last: int, limit: int, newest: bool, in_room: bool = False) -> list[Message]:
        oldest_first, newest_first = (OLDEST_IN_ROOM, NEWEST_IN_ROOM) if in_room else (OLDEST, NEWEST)
        place = {"room": room, "first": first, "last": last, "most": limit}
        return self._page(newest_first if newest else oldest_first, place, newest)

    def in_thread(self, room: int, root: int, first: int, last: int, limit: int, newest: bool) -> list[Message]:
        place = {"room": room, "root": root, "first": first, "last": last, "most": limit}
        return self._page(NEWEST_IN_THREAD if newest else OLDEST_IN_THREAD, place, newest)

    def replies(self, room: int, seq: int, after: int, limit: int) -> list[Message]:
        self.flush()
        return self._built(room, self._tx.all(REPLIES, {"room": room, "seq": seq, "after": after, "most": limit}))

    def pinned(self, room: int) -> list[Message]:
        """The pinned messages, by ascending `seq`."""
        self.flush()
        return self._built(room, self._tx.all(PINNED, {"room": room}))

    def since(self, room: int, version: int, limit: int) -> list[Message]:
        self.flush()
        return self._built(room, self._tx.all(SINCE, {"room": room, "version": version, "most": limit}))

    def count_since(self, room: int, version: int, most: int) -> int:
        return count(self._tx, CHANGED, {"room": room, "version": version, "most": most})

    def source(self, room: int, seq: int) -> tuple[int, int] | None:
        self.flush()
        row = self._tx.one(SOURCE, {"room": room, "seq": seq})
        return None if row is None else (row[0], row[1])

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

    def save_root(self, message: Message) -> None:
        self.flush()
        self._tx.run(SAVE_ROOT, {"room": message.room, "which": message.seq})

    def purge(self, room: int, limit: int) -> int:
        row = self._tx.one(OLDEST_AMONG, {"room": room, "most": limit})
        if row is None or row[0] is None:
            return 0
        for statement in PURGE_REST:
            self._tx.run(statement, {"room": room, "last": row[0]})
        return self._tx.run(PURGE, {"room": room, "last": row[0]})

    def _stored_mentions(self, place: tuple[int, int]) -> list[int]:
        row = self._tx.one(MESSAGE, {"room": place[0], "seq": place[1]})
        return [] if row is None else user_ids(row[MENTIONS])

    def _page(self, statement: Statement, place: Values, newest: bool) -> list[Message]:
        self.flush()
        rows = self._tx.all(statement, place)
        return self._built(place["room"], rows[::-1] if newest else rows)

    def _built(self, room: int, rows: Sequence[Row]) -> list[Message]:
        """Messages of rows with their reactions; those handed out before in this transaction as they are now."""
        reactions = self._reactions_of(room, [row for row in rows if row[REACTED]])
        threads = summaries(self._tx, room, [row[SEQ] for row in rows if row[HAS_REPLIES]])
        built = []
        for row in rows:
            seq = row[SEQ]
            message = self._messages.get((room, seq))
            if message is None:
                message = self._messages[room, seq] = to_message(row, reactions.get(seq, []), threads.get(seq))
                self._mentioned[room, seq] = message.mentions
            built.append(message)
        return built

    def _reactions_of(self, room: int, rows: Sequence[Row]) -> dict[int, list[Reaction]]:
        known = {row[SEQ]: counted(row[REACTION_COUNTS], row[VERSION]) for row in rows}
        uncounted = self._reactions.of(room, [seq for seq, reactions in known.items() if reactions is None])
        return {seq: uncounted[seq] if reactions is None else reactions for seq, reactions in known.items()}
