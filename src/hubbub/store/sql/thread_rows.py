"""Rows of threads, as they are read beside the messages that they belong to."""

from collections.abc import Sequence
from typing import Any

import msgspec
from sqlalchemy import Select, bindparam, select, text

from hubbub.chat.clock import rfc3339
from hubbub.chat.shapes import Thread
from hubbub.store.sql.statement import Executor, ids, one_of
from hubbub.store.sql.thread_schema import threads

HINT_DELETED = " INDEXED BY ix_messages_thread_deleted"
"""For SQLite, which would count with an index that has the others as well."""

thread_columns = select(
    threads.c.room_id,
    threads.c.root,
    threads.c.replies,
    threads.c.last_seq,
    threads.c.last_at,
    threads.c.people,
)


def _summaries(hint: str) -> "Select[Any]":
    deleted = text(
        f"(SELECT count(*) FROM messages{hint} WHERE messages.room_id = threads.room_id "  # noqa: S608 - constants
        "AND messages.thread_root = threads.root AND messages.deleted AND messages.thread_root IS NOT NULL)"
    )
    return thread_columns.add_columns(deleted).where(threads.c.room_id == bindparam("room"))


SUMMARIES = one_of(_summaries(HINT_DELETED), threads.c.root, _summaries(""))


def summaries(tx: Executor, room: int, roots: Sequence[int]) -> dict[int, Thread]:
    """The counts of these messages' threads, by root, where there are replies; one query."""
    if not roots:
        return {}
    found = tx.all(SUMMARIES, {"room": room, "ids": ids(roots)})
    return {
        root: Thread(count=replies - deleted, last=last, last_at=rfc3339(at), people=people(some))
        for _, root, replies, last, at, some, deleted in found
    }


def people(text: str) -> list[int]:
    return msgspec.json.decode(text, type=list[int])
