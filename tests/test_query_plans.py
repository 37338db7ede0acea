"""Frequent queries use an index, whatever is stored, according to SQLite's query plans."""

import re
from contextlib import closing
from pathlib import Path

import pytest

from hubbub.chat.accounts import AddAccount
from hubbub.chat.limits import Limits
from hubbub.chat.messages import compose
from hubbub.chat.rooms import CreateRoom, Greeting
from hubbub.chat.sessions import StartSession
from hubbub.store.sql import (
    accounts,
    cursors,
    drafts,
    edits,
    invitations,
    jobs,
    leases,
    members,
    messages,
    notices,
    pictures,
    pins,
    reactions,
    rooms,
    saved,
    schedules,
    sessions,
    setup_tokens,
    thread_rows,
    threads,
    tickets,
    unread,
    user_streams,
    workspaces,
)
from hubbub.store.sql.migrate import migrate
from hubbub.store.sql.sqlite_file import Writer, connect, snapshot
from hubbub.store.sql.statement import Statement

HISTORY_AND_SYNC = {
    messages.NEWEST: "messages USING PRIMARY KEY (room_id=? AND seq>? AND seq<?)",
    messages.OLDEST: "messages USING PRIMARY KEY (room_id=? AND seq>? AND seq<?)",
    messages.MESSAGE: "messages USING PRIMARY KEY (room_id=? AND seq=?)",
    messages.SINCE: "messages USING INDEX uq_messages_version (room_id=? AND version>?)",
    messages.CHANGED: "messages USING COVERING INDEX uq_messages_version (room_id=? AND version>?)",
    messages.KEYED: "messages USING COVERING INDEX uq_messages_key (room_id=? AND sender_id=? AND key=?)",
    notices.OLDEST_NOTICES: "notices USING PRIMARY KEY (room_id=? AND version>? AND version<?)",
    notices.NEWEST_NOTICES: "notices USING PRIMARY KEY (room_id=? AND version>? AND version<?)",
    notices.NOTICES_AFTER: "notices USING INDEX ix_notices_after_seq (room_id=? AND after_seq>? AND after_seq<?)",
    members.MEMBERS_SINCE: "members USING INDEX ix_members_version (room_id=? AND version>?)",
    members.MEMBER: "members USING PRIMARY KEY (room_id=? AND user_id=?)",
    members.MEMBERSHIPS: "members USING INDEX ix_members_user_id (user_id=?)",
    messages.NEWEST_IN_ROOM: "messages USING PRIMARY KEY (room_id=? AND seq>? AND seq<?)",
    messages.OLDEST_IN_ROOM: "messages USING PRIMARY KEY (room_id=? AND seq>? AND seq<?)",
    messages.NEWEST_IN_THREAD: "messages USING INDEX ix_messages_thread (room_id=? AND thread_root=? AND seq>?",
    messages.OLDEST_IN_THREAD: "messages USING INDEX ix_messages_thread (room_id=? AND thread_root=? AND seq>?",
    threads.COUNTED: "messages USING COVERING INDEX ix_messages_thread (room_id=? AND thread_root=? AND seq<?)",
    threads.UNREAD: "messages USING INDEX ix_messages_thread_deleted (room_id=? AND thread_root=? AND seq>?)",
    thread_rows.SUMMARIES: "messages USING INDEX ix_messages_thread_deleted (room_id=? AND thread_root=?)",
    unread.DELETED_AFTER: "messages USING INDEX ix_messages_deleted (room_id=? AND seq>?)",
    threads.COUNT_UNREAD: "messages USING INDEX ix_messages_thread_deleted (room_id=? AND thread_root=? AND seq>?)",
    user_streams.LATEST_MENTIONS: "inbox USING INDEX ix_inbox_mention (user_id=? AND position<?)",
    user_streams.LATEST_REACTIONS: "inbox USING INDEX ix_inbox_reaction (user_id=? AND position<?)",
    unread.MENTIONED_AFTER: "apart USING INDEX ix_messages_thread_only (room_id=? AND seq=?)",
    unread.APART_UP_TO: "messages USING INDEX ix_messages_thread_only (room_id=? AND seq<?)",
    rooms.PUBLIC_ROOMS_NAMED: "rooms USING INDEX uq_rooms_public_key (key=?)",
    rooms.PUBLIC_ROOMS_LOOKING: "rooms USING INDEX ix_rooms_look (look=?)",
    accounts.ACCOUNTS_NAMED: "users USING COVERING INDEX sqlite_autoindex_users_1 (key=?)",
    jobs.DUE: "jobs USING INDEX ix_jobs_due (kind=? AND due_at<?)",
    jobs.RUNNING: "jobs USING INDEX ix_jobs_holder (holder>?)",
    cursors.BEHIND: "cursors USING PRIMARY KEY (room_id=? AND consumer=?)",
    cursors.PARKED: "cursors USING INDEX ix_cursors_parked ((consumer,room_id)>(?,?))",
    members.MEMBERS_AMONG: "members USING PRIMARY KEY (room_id=? AND user_id=?)",
}
SEARCHES = {
    "ANY_ACCOUNT": "users",  # stops at the first row
    "ROOMS_TO_PURGE": "rooms",  # once, at the start
    "IDLE_SESSIONS": "sessions",  # once an hour, by a reader
    "STALE_SESSIONS": "sessions",  # likewise
    "CONSUMERS": "consumers",  # a dozen rows
    "SCHEDULES": "schedules",  # likewise
    "JOB_COUNTS": "jobs",  # for an operator
    "ALL_INVITATIONS": "invitations",  # by its key, as far as the page goes
}
MODULES = (
    *(accounts, cursors, drafts, edits, invitations, jobs, leases, members, messages),
    *(notices, pictures, pins, reactions, rooms, saved, schedules, sessions, setup_tokens),
    *(thread_rows, threads, tickets, unread, user_streams, workspaces),
)
STATEMENTS = {
    name: statement
    for module in MODULES
    for name, statement in vars(module).items()
    if isinstance(statement, Statement)
}


@pytest.fixture(scope="module")
def explain(tmp_path_factory: pytest.TempPathFactory):
    path = tmp_path_factory.mktemp("plans") / "hubbub.db"
    migrate(path)
    with closing(connect(path)) as database:

        def plan(statement: Statement) -> list[str]:
            sql = statement.sqlite.sql
            parameters = [1] * sql.count("?")
            return [row[3] for row in database.execute(f"EXPLAIN QUERY PLAN {sql}", parameters)]

        yield plan


@pytest.mark.parametrize(
    "statement", HISTORY_AND_SYNC, ids=lambda one: one.sqlite.sql.partition("FROM")[2][:40].strip()
)
def test_history_and_sync_are_read_from_their_keys_in_order(explain, statement: Statement) -> None:
    plan = explain(statement)
    assert any(HISTORY_AND_SYNC[statement] in step for step in plan), plan
    assert not any("TEMP B-TREE" in step for step in plan), plan


@pytest.mark.parametrize("statement", [threads.UNREAD, threads.FOLLOWED, threads.FOLLOWED_UNREAD])
def test_mentions_in_a_thread_are_counted_from_the_mentions(explain, statement: Statement) -> None:
    """Not from the replies, which are many more."""
    plan = explain(statement)
    assert any("mentions USING PRIMARY KEY (room_id=? AND user_id=? AND seq>?)" in step for step in plan), plan


@pytest.mark.parametrize("name", STATEMENTS)
def test_nothing_else_walks_through_a_table(explain, name: str) -> None:
    if STATEMENTS[name].sqlite.sql.lstrip().startswith("INSERT"):
        return
    tables = re.compile(rf"SCAN (?!anon_|json_each |page\b|{SEARCHES.get(name, '-')}\b)")
    assert [step for step in explain(STATEMENTS[name]) if tables.search(step)] == []


def test_a_greeting_takes_few_queries_however_many_rooms(tmp_path: Path) -> None:
    migrate(tmp_path / "hubbub.db")
    limits = Limits(groups_per_user=1_000)
    with closing(connect(tmp_path / "hubbub.db")) as database:
        writer = Writer(database)
        writer.commit([AddAccount(name, name, "hash") for name in ("alice", "bob", "carol")])
        (session,) = writer.commit([StartSession(2, "hash", "device", "127.0.0.1", 30)])
        writer.commit([CreateRoom(1, "private", limits, f"room {n}", members=[2]) for n in range(200)])
        writer.commit([compose(1, "hello @bob", limits, room=room) for room in range(1, 201)])
        writer.commit([compose(who, "just you", limits, to=2) for who in (1, 3)])
        asked: list[str] = []
        database.set_trace_callback(asked.append)
        rooms_of_bob = snapshot(database, Greeting(2, session.result.id, with_stream=True)).rooms
        assert len(rooms_of_bob) == 202
        assert len([sql for sql in asked if sql.startswith("SELECT")]) <= 10, asked
