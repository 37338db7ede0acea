"""What the names of public rooms look like; and what those of users do, by rules that see more than before.

Names that look alike now stay as they are: these rows only keep newcomers from taking one more.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql, sqlite

from hubbub.chat.confusables import look, skeletons

revision = "0005"
down_revision = "0004"

_AT_ONCE = 1000
_HAS_LOOK = sa.text("look IS NOT NULL")


def upgrade() -> None:
    op.add_column("rooms", sa.Column("look", sa.Text))
    connection = op.get_bind()
    rooms = sa.table("rooms", sa.column("id"), sa.column("kind"), sa.column("name"), sa.column("look"))
    public = connection.execute(sa.select(rooms.c.id, rooms.c.name).where(rooms.c.kind == "public")).all()
    for room, name in public:
        connection.execute(sa.update(rooms).where(rooms.c.id == room).values(look=look(name)))
    op.create_index("ix_rooms_look", "rooms", ["look"], sqlite_where=_HAS_LOOK, postgresql_where=_HAS_LOOK)
    _look_at_users(connection)


def _look_at_users(connection: sa.Connection) -> None:
    users = sa.table("users", sa.column("id"), sa.column("username"), sa.column("deleted_at"))
    looks = sa.table("looks", sa.column("skeleton"), sa.column("user_id"))
    insert = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
    after = 0
    while found := connection.execute(
        sa.select(users.c.id, users.c.username)
        .where(users.c.id > after, users.c.deleted_at.is_(None))
        .order_by(users.c.id)
        .limit(_AT_ONCE)
    ).all():
        rows = [{"skeleton": skeleton, "user_id": user} for user, name in found for skeleton in skeletons(name)]
        connection.execute(insert(looks).on_conflict_do_nothing(), rows)
        after = found[-1][0]
