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
_id = BigInteger().with_variant(Integer(), "sqlite")

users = Table(
    "users",
    metadata,
    Column("id", _id, primary_key=True),
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
    Index(
        "ix_users_changed_at",
        "changed_at",
        sqlite_where=text("changed_at IS NOT NULL"),
        postgresql_where=text("changed_at IS NOT NULL"),
    ),
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
    Column("id", _id, primary_key=True),
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
    Column("id", _id, primary_key=True),
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
    UniqueConstraint("pair_low", "pair_high"),
    Index("ix_rooms_look", "look", sqlite_where=text("look IS NOT NULL"), postgresql_where=text("look IS NOT NULL")),
    Index(
        "uq_rooms_public_key",
        "key",
        unique=True,
        sqlite_where=text("kind = 'public' AND deleted_at IS NULL"),
        postgresql_where=text("kind = 'public' AND deleted_at IS NULL"),
    ),
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
    Index(
        "ix_members_user_id",
        "user_id",
        sqlite_where=text("rank IS NOT NULL"),
        postgresql_where=text("rank IS NOT NULL"),
    ),
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
    Index("uq_messages_version", "room_id", "version", unique=True),
    Index(
        "uq_messages_key",
        "room_id",
        "sender_id",
        "key",
        unique=True,
        sqlite_where=text("key IS NOT NULL"),
        postgresql_where=text("key IS NOT NULL"),
    ),
    Index(
        "ix_messages_reply_to",
        "room_id",
        "reply_to",
        sqlite_where=text("reply_to IS NOT NULL"),
        postgresql_where=text("reply_to IS NOT NULL"),
    ),
    Index("ix_messages_deleted", "room_id", "seq", sqlite_where=text("deleted"), postgresql_where=text("deleted")),
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
    Column("room_id", ForeignKey("rooms.id"), nullable=False),
    Column("seq", BigInteger, nullable=False),
    Column("version", BigInteger, nullable=False),
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
