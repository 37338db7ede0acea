"""Invitations in SQL. A change is written at once: those of one user happen under the lock of their account."""

import msgspec
from sqlalchemy import and_, bindparam, func, insert, or_, select, update

from hubbub.chat.records import InvitationRecord
from hubbub.store.sql.invitation_schema import invitation_joins, invitations
from hubbub.store.sql.schema import users
from hubbub.store.sql.statement import Executor, Row, Statement

_columns = select(
    invitations.c.id,
    invitations.c.digest,
    invitations.c.user_id,
    invitations.c.created_at,
    invitations.c.expires_at,
    invitations.c.rooms,
    invitations.c.uses,
    invitations.c.used,
    invitations.c.revoked_at,
)
_before = invitations.c.id < bindparam("before")
_mine = invitations.c.user_id == bindparam("user")
_latest_first = invitations.c.id.desc()
ONE_INVITATION = Statement(_columns.where(invitations.c.id == bindparam("id")))
INVITATION_BY_DIGEST = Statement(_columns.where(invitations.c.digest == bindparam("digest")))
INVITATIONS_OF = Statement(_columns.where(_mine, _before).order_by(_latest_first).limit(bindparam("most")))
ALL_INVITATIONS = Statement(_columns.where(_before).order_by(_latest_first).limit(bindparam("most")))
OPEN_INVITATIONS = Statement(
    select(func.count())
    .select_from(invitations)
    .where(
        _mine,
        invitations.c.revoked_at.is_(None),
        invitations.c.expires_at > bindparam("now"),
        or_(invitations.c.uses.is_(None), invitations.c.used < invitations.c.uses),
    )
)
CAME_BY = Statement(
    select(users.c.id)
    .where(and_(users.c.invitation_id.is_not(None), users.c.invitation_id == bindparam("invitation")))
    .order_by(users.c.id.desc())
    .limit(bindparam("most"))
)
JOINED_BY = Statement(
    select(invitation_joins.c.user_id)
    .where(invitation_joins.c.invitation_id == bindparam("invitation"))
    .order_by(invitation_joins.c.user_id.desc())
    .limit(bindparam("most"))
)
HAS_JOINED = Statement(
    select(invitation_joins.c.user_id).where(
        invitation_joins.c.invitation_id == bindparam("invitation"), invitation_joins.c.user_id == bindparam("user")
    )
)
ADD_JOIN = Statement(insert(invitation_joins))
ADD_INVITATION = Statement(
    insert(invitations)
    .values({column.name: bindparam(column.name) for column in invitations.c if column.name != "id"})
    .returning(invitations.c.id)
)
SAVE_INVITATION = Statement(
    update(invitations)
    .where(invitations.c.id == bindparam("which"))
    .values(used=bindparam("used"), revoked_at=bindparam("revoked_at"))
)


class SqlInvitations:
    """Invitations within a transaction."""

    def __init__(self, tx: Executor) -> None:
        self._tx = tx

    def get(self, invitation: int) -> InvitationRecord | None:
        return _record(self._tx.one(ONE_INVITATION, {"id": invitation}))

    def by_digest(self, digest: str) -> InvitationRecord | None:
        return _record(self._tx.one(INVITATION_BY_DIGEST, {"digest": digest}))

    def page(self, by: int | None, before: int, limit: int) -> list[InvitationRecord]:
        place = {"before": before, "most": limit}
        if by is None:
            rows = self._tx.all(ALL_INVITATIONS, place)
        else:
            rows = self._tx.all(INVITATIONS_OF, {"user": by, **place})
        return [_to_record(row) for row in rows]

    def open_of(self, by: int, now: int) -> int:
        row = self._tx.one(OPEN_INVITATIONS, {"user": by, "now": now})
        return 0 if row is None else int(row[0])

    def came_by(self, invitations: list[int], limit: int) -> dict[int, list[int]]:
        came = {}
        for invitation in invitations:
            which = {"invitation": invitation, "most": limit}
            rows = [*self._tx.all(CAME_BY, which), *self._tx.all(JOINED_BY, which)]
            came[invitation] = [row[0] for row in rows[:limit]]
        return came

    def has_joined(self, invitation: int, user: int) -> bool:
        return self._tx.one(HAS_JOINED, {"invitation": invitation, "user": user}) is not None

    def note_join(self, invitation: int, user: int) -> None:
        self._tx.run(ADD_JOIN, {"invitation_id": invitation, "user_id": user})

    def add(self, record: InvitationRecord) -> InvitationRecord:
        row = self._tx.one(
            ADD_INVITATION,
            {
                "digest": record.digest,
                "user_id": record.by,
                "created_at": record.created_at,
                "expires_at": record.expires_at,
                "rooms": msgspec.json.encode(record.rooms).decode(),
                "uses": record.uses,
                "used": record.used,
                "revoked_at": record.revoked_at,
            },
        )
        assert row is not None
        record.id = row[0]
        return record

    def save(self, record: InvitationRecord) -> None:
        values = {"which": record.id, "used": record.used, "revoked_at": record.revoked_at}
        self._tx.run(SAVE_INVITATION, values)


def _record(row: Row | None) -> InvitationRecord | None:
    return None if row is None else _to_record(row)


def _to_record(row: Row) -> InvitationRecord:
    values = list(row)
    values[5] = msgspec.json.decode(values[5], type=list[int])
    return InvitationRecord(*values)
