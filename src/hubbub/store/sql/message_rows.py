"""Rows of messages: how they are read and written."""

from typing import Any, NamedTuple

import msgspec
from sqlalchemy import select

from hubbub.chat.clock import milliseconds, rfc3339
from hubbub.chat.records import MessageRecord
from hubbub.chat.shapes import TEXT, Extra, Message, Reaction, Sender, Thread
from hubbub.store.sql.reactions import counts_text
from hubbub.store.sql.schema import messages, users
from hubbub.store.sql.statement import Row


class MessageRow(NamedTuple):
    """A message as it is read. The names are those of the columns."""

    room_id: int
    seq: int
    version: int
    sender_id: int
    username: str
    display_name: str
    content: str
    at: int
    deleted: bool
    mentions: str | None
    reacted: bool
    reaction_counts: str | None
    edited_at: int | None
    reply_to: int | None
    kind: str | None
    extra: str | None
    thread_root: int | None
    thread_only_count: int | None
    has_replies: bool | None
    pinned_at: int | None


SEQ, VERSION, MENTIONS, REACTED, REACTION_COUNTS, HAS_REPLIES = (
    MessageRow._fields.index(name)
    for name in ("seq", "version", "mentions", "reacted", "reaction_counts", "has_replies")
)
_of_sender = ("username", "display_name")
MESSAGES = select(*((users if name in _of_sender else messages).c[name] for name in MessageRow._fields)).join(
    users, users.c.id == messages.c.sender_id
)


def to_message(row: Row, reactions: list[Reaction], thread: Thread | None) -> Message:
    """`thread`: that of its replies."""
    # Unpacked at once, in the order of `MessageRow`: reading each by its name cost half as much again.
    (
        room,
        seq,
        version,
        sender,
        username,
        display_name,
        content,
        at,
        deleted,
        named,
        _,
        _,
        edited_at,
        reply_to,
        kind,
        extra,
        root,
        thread_only,
        _,
        pinned_at,
    ) = row
    message = Message(
        room=room,
        seq=seq,
        version=version,
        sender=Sender(sender, username, display_name),
        content=content,
        at=rfc3339(at),
        deleted=bool(deleted),
        mentions=user_ids(named),
        reactions=reactions,
        edited_at=None if edited_at is None else rfc3339(edited_at),
        reply_to=reply_to,
        thread=thread if root is None else Thread(root, also_in_room=thread_only is None),
        pinned=pinned_at is not None and not deleted,
    )
    # A server of a release without kinds deletes a message and leaves these columns as they are.
    if kind is not None and not deleted:
        message.kind = kind
        message.extra = None if extra is None else msgspec.json.decode(extra, type=Extra)
    return message


def user_ids(text: str | None) -> list[int]:
    return [] if text is None else msgspec.json.decode(text, type=list[int])


def _mentions_text(message: Message) -> str | None:
    return msgspec.json.encode(message.mentions).decode() if message.mentions else None


PLAIN_COLUMNS = ("room_id", "seq", "version", "sender_id", "content", "at", "key", "reply_to", "mentions")


def is_plain(record: MessageRecord) -> bool:
    """Whether a new message has nothing but the `PLAIN_COLUMNS`: it is a text, outside of threads."""
    message = record.message
    return message.thread is None and message.kind is TEXT and message.extra is None


def plain_values(record: MessageRecord) -> dict[str, Any]:
    message = record.message
    return {
        "room_id": message.room,
        "seq": message.seq,
        "version": message.version,
        "sender_id": message.sender.id,
        "content": message.content,
        "at": record.at,
        "key": record.key,
        "reply_to": message.reply_to,
        "mentions": _mentions_text(message),
    }


def new_values(record: MessageRecord) -> dict[str, Any]:
    message = record.message
    source_room, source_seq = record.source or (None, None)
    return {
        **plain_values(record),
        "edited_at": None,
        "deleted": False,
        "reacted": False,
        "reaction_counts": None,
        "thread_root": message.root,
        "thread_count": record.thread_count,
        "thread_only_count": record.thread_only_count,
        "has_replies": None,
        "pinned_at": None,
        "pinned_by": None,
        "source_room": source_room,
        "source_seq": source_seq,
        **_kind_values(message),
    }


def changed_values(message: Message) -> dict[str, Any]:
    return {
        "room": message.room,
        "which": message.seq,
        "version": message.version,
        "content": message.content,
        "edited_at": None if message.edited_at is None else milliseconds(message.edited_at),
        "deleted": message.deleted,
        "mentions": _mentions_text(message),
        "reacted": bool(message.reactions),
        "reaction_counts": counts_text(message),
        **_kind_values(message),
    }


def _kind_values(message: Message) -> dict[str, str | None]:
    """Null and null for text."""
    return {
        "kind": None if message.kind == TEXT else message.kind,
        "extra": None if message.extra is None else msgspec.json.encode(message.extra).decode(),
    }
