"""The tables. Every row that belongs to a room has `room_id` first in its key, so that the schema shards by room.

Times are milliseconds since 1970, UTC. A test holds the migrations and this module equal.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    false,
    text,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

# SQLite gives rows ids by itself only to a column declared INTEGER.
ROW_ID = BigInteger().with_variant(Integer(), "sqlite")


def _partial(name: str, *columns: str, where: str, unique: bool = False) -> Index:
    """An index of the rows for which the condition holds."""
    return Index(name, *columns, unique=unique, sqlite_where=text(where), postgresql_where=text(where))


users = Table(
    "users",
    metadata,
    Column("id", ROW_ID, primary_key=True),
    Column("username", Text, nullable=False),
    Column("key", Text, nullable=False, unique=True),
    Column("display_name", Text, nullable=False),
    Column("display_key", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("password_hash", Text),
    Column("admin", Boolean, nullable=False),
    Column("chosen_status", Text, nullable=False),
    Column("avatar", Text),
    Column("status_text", Text),
    Column("time_zone", Text),
    Column("locale", Text),
    Column("last_seen", BigInteger),
    Column("deleted_at", BigInteger),
    Column("changed_at", BigInteger),
    Column("invitation_id", BigInteger),
    Column("status_emoji", Text),
    Column("status_until", BigInteger),
    Column("pronouns", Text),
    Column("title", Text),
    _partial("ix_users_changed_at", "changed_at", where="changed_at IS NOT NULL"),
    _partial("ix_users_invitation_id", "invitation_id", where="invitation_id IS NOT NULL"),
    sqlite_autoincrement=True,
)

looks = Table(
    "looks",
    metadata,
    Column("skeleton", Text, primary_key=True),
    Column("user_id", ForeignKey("users.id"), nullable=False),
    Index("ix_looks_user_id", "user_id"),
    sqlite_with_rowid=False,
)

pictures = Table(
    "pictures",
    metadata,
    Column("user_id", ForeignKey("users.id"), primary_key=True, autoincrement=False),
    Column("digest", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("content", LargeBinary, nullable=False),
    Index("ix_pictures_digest", "digest"),
)

sessions = Table(
    "sessions",
    metadata,
    Column("id", ROW_ID, primary_key=True),
    Column("user_id", ForeignKey("users.id"), nullable=False),
    Column("device", Text, nullable=False),
    Column("address", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("last_used_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Column("ended_at", BigInteger),
    Index("ix_sessions_user_id", "user_id"),
    sqlite_autoincrement=True,
)

tickets = Table(
    "tickets",
    metadata,
    Column("digest", Text, primary_key=True),
    Column("session_id", ForeignKey("sessions.id"), nullable=False),
    Column("use", Text, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Index("ix_tickets_expires_at", "expires_at"),
    Index("ix_tickets_session_id", "session_id"),
)

rooms = Table(
    "rooms",
    metadata,
    Column("id", ROW_ID, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("seq", BigInteger, nullable=False),
    Column("version", BigInteger, nullable=False),
    Column("member_count", BigInteger, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("name", Text),
    Column("key", Text),
    Column("topic", Text),
    Column("created_by", BigInteger),
    Column("archived_at", BigInteger),
    Column("deleted_at", BigInteger),
    Column("pair_low", BigInteger),
    Column("pair_high", BigInteger),
    Column("last_at", BigInteger, nullable=False, server_default=text("0")),
    Column("joins_as", Text, nullable=False, server_default=text("'member'")),
    Column("look", Text),
    Column("thread_only_count", BigInteger, nullable=False, server_default=text("0")),
    UniqueConstraint("pair_low", "pair_high"),
    _partial("ix_rooms_look", "look", where="look IS NOT NULL"),
    _partial("uq_rooms_public_key", "key", where="kind = 'public' AND deleted_at IS NULL", unique=True),
    sqlite_autoincrement=True,
)

members = Table(
    "members",
    metadata,
    Column("room_id", ForeignKey("rooms.id"), primary_key=True, autoincrement=False),
    Column("user_id", BigInteger, primary_key=True, autoincrement=False),
    Column("version", BigInteger, nullable=False),
    Column("read_seq", BigInteger, nullable=False),
    Column("joined_at", BigInteger, nullable=False),
    Column("rank", Text),
    Column("muted", Boolean, nullable=False, server_default=false()),
    Column("archived_seq", BigInteger),
    Column("joined_seq", BigInteger, nullable=False, server_default=text("0")),
    Column("delivered_seq", BigInteger, nullable=False, server_default=text("0")),
    Column("marked_unread", Boolean, nullable=False, server_default=false()),
    Column("added_by", BigInteger),
    _partial("ix_members_user_id", "user_id", where="rank IS NOT NULL"),
    Index("ix_members_version", "room_id", "version"),
    Index("ix_members_joined_at", "joined_at"),
    sqlite_with_rowid=False,
)

messages = Table(
    "messages",
    metadata,
    Column("room_id", ForeignKey("rooms.id"), primary_key=True, autoincrement=False),
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("version", BigInteger, nullable=False),
    Column("sender_id", BigInteger, nullable=False),
    Column("content", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("key", Text),
    Column("edited_at", BigInteger),
    Column("deleted", Boolean, nullable=False, server_default=false()),
    Column("reply_to", BigInteger),
    Column("mentions", Text),
    Column("reacted", Boolean, nullable=False, server_default=false()),
    Column("reaction_counts", Text),
    Column("kind", Text),
    Column("extra", Text),
    # Of a reply: the `seq` of the message that began the thread; how many replies there are in it up to this one; and,
    # unless it is shown in the room as well, how many such messages the room has up to this one.
    Column("thread_root", BigInteger),
    Column("thread_count", BigInteger),
    Column("thread_only_count", BigInteger),
    Column("has_replies", Boolean),
    Column("pinned_at", BigInteger),
    Column("pinned_by", BigInteger),
    # Where a forwarded message came from.
    Column("source_room", BigInteger),
    Column("source_seq", BigInteger),
    Index("uq_messages_version", "room_id", "version", unique=True),
    _partial("uq_messages_key", "room_id", "sender_id", "key", where="key IS NOT NULL", unique=True),
    _partial("ix_messages_reply_to", "room_id", "reply_to", where="reply_to IS NOT NULL"),
    _partial("ix_messages_deleted", "room_id", "seq", where="deleted"),
    _partial("ix_messages_pinned", "room_id", "pinned_at", where="pinned_at IS NOT NULL"),
    _partial("ix_messages_thread", "room_id", "thread_root", "seq", where="thread_root IS NOT NULL"),
    _partial("ix_messages_thread_only", "room_id", "seq", where="thread_only_count IS NOT NULL"),
    _partial(
        "ix_messages_thread_deleted", "room_id", "thread_root", "seq", where="deleted AND thread_root IS NOT NULL"
    ),
    sqlite_with_rowid=False,
)

mentions = Table(
    "mentions",
    metadata,
    Column("room_id", ForeignKey("rooms.id"), primary_key=True, autoincrement=False),
    Column("user_id", BigInteger, primary_key=True, autoincrement=False),
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    sqlite_with_rowid=False,
)

edits = Table(
    "edits",
    metadata,
    Column("room_id", ForeignKey("rooms.id"), primary_key=True, autoincrement=False),
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("version", BigInteger, primary_key=True, autoincrement=False),
    Column("content", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)

notices = Table(
    "notices",
    metadata,
    Column("room_id", ForeignKey("rooms.id"), primary_key=True, autoincrement=False),
    Column("version", BigInteger, primary_key=True, autoincrement=False),
    Column("after_seq", BigInteger, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("kind", Text, nullable=False),
    Column("actor_id", BigInteger, nullable=False),
    Column("users", Text),
    Column("old", Text),
    Column("new", Text),
    Column("seq", BigInteger),
    Index("ix_notices_after_seq", "room_id", "after_seq"),
    sqlite_with_rowid=False,
)

reactions = Table(
    "reactions",
    metadata,
    Column("room_id", ForeignKey("rooms.id"), primary_key=True, autoincrement=False),
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("emoji", Text, primary_key=True),
    Column("user_id", BigInteger, primary_key=True, autoincrement=False),
    Column("version", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)

# Keyed by its owner, not by room: it is read across rooms. One row for each version of a message written to them.
inbox = Table(
    "inbox",
    metadata,
    Column("user_id", BigInteger, primary_key=True, autoincrement=False),
    Column("position", BigInteger, primary_key=True, autoincrement=False),
    Column("kind", Text, nullable=False, server_default="direct"),
    Column("room_id", ROW_ID, nullable=False),
    Column("seq", BigInteger, nullable=False),
    Column("version", BigInteger, nullable=False),
    Index("ix_inbox_reference", "room_id", "seq", "user_id", "kind"),
    _partial("ix_inbox_mention", "user_id", "position", where="kind = 'mention'"),
    _partial("ix_inbox_reaction", "user_id", "position", where="kind = 'reaction'"),
    sqlite_with_rowid=False,
)

# What several servers count together: not chat data, never moved or backed up with meaning. PostgreSQL does not log it.
rate_limits = Table(
    "rate_limits",
    metadata,
    Column("key", Text, primary_key=True),
    Column("full_at", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)

# One row: the first revision whose program can use the database. See `revisions.py`.
compatibility = Table("compatibility", metadata, Column("revision", Text, primary_key=True), sqlite_with_rowid=False)
