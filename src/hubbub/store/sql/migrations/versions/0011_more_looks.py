"""What names look like, by rules that see more: small capitals, modifier letters, punctuation around names of rooms.

Names that look alike now stay as they are: these rows only keep newcomers from taking one more.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql, sqlite

from hubbub.chat.confusables import look_of_room, skeletons

revision = "0011"
down_revision = "0010"

_AT_ONCE = 1000


def upgrade() -> None:
    connection = op.get_bind()
    rooms = sa.table("rooms", sa.column("id"), sa.column("kind"), sa.column("name"), sa.column("look"))
    public = connection.execute(sa.select(rooms).where(rooms.c.kind == "public", rooms.c.look.is_not(None))).all()
    for room, _, name, before in public:
        if (look := look_of_room(name)) != before:
            connection.execute(sa.update(rooms).where(rooms.c.id == room).values(look=look))
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
