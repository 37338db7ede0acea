"""Accounts, sessions and tickets in SQL."""

from collections.abc import Collection, Sequence

from sqlalchemy import ColumnElement, bindparam, delete, func, insert, literal_column, or_, select, update

from hubbub.chat import clock
from hubbub.chat.records import Account, Picture, SessionRecord, TicketRecord
from hubbub.chat.shapes import Sender
from hubbub.chat.text import folded
from hubbub.store.sql.identity_map import IdentityMap
from hubbub.store.sql.schema import looks, pictures, sessions, tickets, users
from hubbub.store.sql.transaction import Row, Statement, Transaction, Values, ids, one_of, one_of_texts

_FIRST_ACCOUNT = 0

account_columns = select(
    users.c.id,
    users.c.username,
    users.c.key,
    users.c.display_name,
    users.c.created_at,
    users.c.password_hash,
    users.c.admin,
    users.c.chosen_status,
    users.c.avatar,
    users.c.status_text,
    users.c.time_zone,
    users.c.locale,
    users.c.last_seen,
    users.c.deleted_at,
    users.c.changed_at,
)


def _starts_with(column: ColumnElement[str]) -> ColumnElement[bool]:
    # A range, not LIKE: it needs no escaping and can use the index.
    return (column >= bindparam("prefix")) & (column < bindparam("beyond"))


ACCOUNT = Statement(account_columns.where(users.c.id == bindparam("id")))
ACCOUNT_TO_KEEP = Statement(account_columns.where(users.c.id == bindparam("id")).with_for_update(read=True))
ACCOUNT_TO_CHANGE = Statement(account_columns.where(users.c.id == bindparam("id")).with_for_update())
ACCOUNT_NAMED = Statement(account_columns.where(users.c.key == bindparam("key")))
ACCOUNTS_NAMED = one_of_texts(select(users.c.key, users.c.id), users.c.key)
ACCOUNTS = Statement(
    account_columns.where(
        users.c.id > bindparam("after"),
        users.c.deleted_at.is_(None),
        or_(_starts_with(users.c.key), _starts_with(users.c.display_key)),
    )
    .order_by(users.c.id)
    .limit(bindparam("most"))
)
ACCOUNTS_CHANGED = Statement(
    account_columns.where(users.c.changed_at > bindparam("at"), users.c.id > bindparam("after"))
    .order_by(users.c.id)
    .limit(bindparam("most"))
)
SENDERS = one_of(select(users.c.id, users.c.username, users.c.display_name), users.c.id)
ANY_ACCOUNT = Statement(select(users.c.id).limit(literal_column("1")))
ADD_ACCOUNT = Statement(
    insert(users)
    .values({column.name: bindparam(column.name) for column in users.c if column.name != "id"})
    .returning(users.c.id)
)
SAVE_ACCOUNT = Statement(
    update(users)
    .where(users.c.id == bindparam("which"))
    .values({column.name: bindparam(column.name) for column in users.c if column.name not in ("id", "created_at")})
)
NOTE_SEEN = Statement(
    update(users)
    .where(
        users.c.id == bindparam("which"),
        users.c.deleted_at.is_(None),
        users.c.last_seen.is_(None) | (users.c.last_seen < bindparam("last_seen")),
    )
    .values(last_seen=bindparam("last_seen"))
)
LOOKS = Statement(select(looks.c.user_id).where(looks.c.skeleton == bindparam("skeleton")))
ADD_LOOK = Statement(insert(looks))

PICTURE = Statement(
    select(pictures.c.user_id, pictures.c.digest, pictures.c.kind, pictures.c.content).where(
        pictures.c.digest == bindparam("digest")
    )
)
ADD_PICTURE = Statement(insert(pictures))
DROP_PICTURE = Statement(delete(pictures).where(pictures.c.user_id == bindparam("user")))

_session = select(
    sessions.c.id,
    sessions.c.user_id,
    sessions.c.device,
    sessions.c.address,
    sessions.c.created_at,
    sessions.c.last_used_at,
    sessions.c.expires_at,
    sessions.c.ended_at,
)
SESSION = Statement(_session.where(sessions.c.id == bindparam("id")))
SESSIONS_OF = Statement(
    _session.where(sessions.c.user_id == bindparam("user"), sessions.c.ended_at.is_(None)).order_by(sessions.c.id)
)
ADDRESSES_OF = Statement(
    select(sessions.c.address).distinct().where(sessions.c.user_id == bindparam("user")).limit(literal_column("1000"))
)
ENDED_SESSIONS = one_of(select(sessions.c.id).where(sessions.c.ended_at.is_not(None)), sessions.c.id)
ADD_SESSION = Statement(
    insert(sessions)
    .values({column.name: bindparam(column.name) for column in sessions.c if column.name != "id"})
    .returning(sessions.c.id)
)
END_SESSION = Statement(
    update(sessions)
    .where(sessions.c.id == bindparam("which"), sessions.c.ended_at.is_(None))
    .values(ended_at=bindparam("ended_at"))
)
IDLE_SESSIONS = Statement(
    select(sessions.c.id)
    .where(sessions.c.ended_at.is_(None), sessions.c.last_used_at < bindparam("before"))
    .limit(bindparam("most"))
)
STALE_SESSIONS = Statement(
    select(sessions.c.id)
    .where(func.coalesce(sessions.c.ended_at, sessions.c.expires_at) < bindparam("before"))
    .limit(bindparam("most"))
)
DROP_SESSION = Statement(delete(sessions).where(sessions.c.id == bindparam("which")))
FORGET_PLACES = Statement(
    update(sessions)
    .where(sessions.c.user_id == bindparam("user"))
    .values(device=literal_column("''"), address=literal_column("''"))
)
NOTE_USED = Statement(
    update(sessions)
    .where(sessions.c.id == bindparam("which"), sessions.c.last_used_at < bindparam("last_used_at"))
    .values(last_used_at=bindparam("last_used_at"))
)
ADD_TICKET = Statement(insert(tickets))
TAKE_TICKET = Statement(
    delete(tickets)
    .where(tickets.c.digest == bindparam("digest"))
    .returning(tickets.c.digest, tickets.c.session_id, tickets.c.use, tickets.c.expires_at)
)
DROP_OLD_TICKETS = Statement(delete(tickets).where(tickets.c.expires_at < bindparam("before")))


class AccountRows:
    """Accounts within a transaction; each is read once.

    `changing`: an account read by id cannot be closed and its password cannot change until the end of the transaction,
    also by other servers, which may hold it likewise. Only `account_to_change` locks it for this transaction alone.
    """

    def __init__(self, transaction: Transaction, changing: bool, known: IdentityMap) -> None:
        self._tx = transaction
        self._changing = changing
        self._accounts = known.accounts
        self._own: set[int] = set()
        self._sessions: dict[int, SessionRecord] = {}
        self._used: dict[int, int] = {}
        self._seen: dict[int, int] = {}

    def flush(self) -> None:
        used, self._used = self._used, {}
        self._tx.run_many(NOTE_USED, [{"which": session, "last_used_at": at} for session, at in sorted(used.items())])
        seen, self._seen = self._seen, {}
        self._tx.run_many(NOTE_SEEN, [{"which": user, "last_seen": at} for user, at in sorted(seen.items())])

    def account(self, user: int) -> Account | None:
        if user not in self._accounts:
            self._read_account(ACCOUNT_TO_KEEP if self._changing else ACCOUNT, user)
        return self._accounts[user]

    def account_to_change(self, user: int) -> Account | None:
        if user not in self._own:
            self._own.add(user)
            # What was read before may have been changed by others since; where nobody else writes, it is what is known.
            if self._tx.is_shared or user not in self._accounts:
                self._read_account(ACCOUNT_TO_CHANGE, user)
        return self._accounts[user]

    def _read_account(self, statement: Statement, user: int) -> None:
        row = self._tx.one(statement, {"id": user})
        self._accounts[user] = None if row is None else self._as_seen(to_account(row))

    def foresee_accounts_to_change(self, statement: Statement, users: Sequence[int]) -> None:
        """Like `foresee_accounts`, for `account_to_change`."""
        self.foresee_accounts(statement, users)
        self._own.update(users)

    def foresee_accounts(self, statement: Statement, users: Sequence[int]) -> None:
        """Prefetch these accounts in one query."""
        for row in self._tx.all(statement, {"users": users}):
            self._accounts[row[0]] = self._as_seen(to_account(row))

    def account_named(self, key: str) -> Account | None:
        row = self._tx.one(ACCOUNT_NAMED, {"key": key})
        return None if row is None else self._known(row)

    def accounts_named(self, keys: Sequence[str]) -> dict[str, int]:
        return {row[0]: row[1] for row in self._tx.all(ACCOUNTS_NAMED, {"ids": ids(keys)})}

    def accounts(self, prefix: str, after: int, limit: int, only: Sequence[int] | None) -> list[Account]:
        if only is not None:
            found = (self.account(user) for user in sorted(only) if user > after)
            return [
                account
                for account in found
                if account is not None
                and account.deleted_at is None
                and (account.key.startswith(prefix) or folded(account.display_name).startswith(prefix))
            ][:limit]
        values = {"after": after, "most": limit, "prefix": prefix, "beyond": prefix + "\U0010ffff"}
        return [self._known(row) for row in self._tx.all(ACCOUNTS, values)]

    def accounts_changed(self, at: int, after: int, limit: int) -> list[Account]:
        rows = self._tx.all(ACCOUNTS_CHANGED, {"at": at, "after": after, "most": limit})
        return [self._known(row) for row in rows]

    def senders(self, users: Collection[int]) -> dict[int, Sender]:
        return {row[0]: Sender(*row) for row in self._tx.all(SENDERS, {"ids": ids(sorted(users))})}

    def any_account(self) -> bool:
        if self._tx.one(ANY_ACCOUNT, {}) is not None:
            return True
        if not self._changing:
            return False
        # Of several servers that are asked for a first account at once, one makes it.
        self._tx.hold(_FIRST_ACCOUNT)
        return self._tx.one(ANY_ACCOUNT, {}) is not None

    def picture(self, digest: str) -> Picture | None:
        row = self._tx.one(PICTURE, {"digest": digest})
        return None if row is None else Picture(*row)

    def save_picture(self, picture: Picture) -> None:
        self.drop_picture(picture.user)
        values = {"user_id": picture.user, "digest": picture.digest, "kind": picture.kind, "content": picture.content}
        self._tx.run(ADD_PICTURE, values)

    def drop_picture(self, user: int) -> None:
        self._tx.run(DROP_PICTURE, {"user": user})

    def add_account(self, account: Account, skeletons: Sequence[str]) -> Account:
        row = self._tx.one(ADD_ACCOUNT, _account_values(account))
        assert row is not None
        account.id = row[0]
        self._tx.run_many(ADD_LOOK, [{"skeleton": look, "user_id": account.id} for look in skeletons])
        self._accounts[account.id] = account
        return account

    def lookalike(self, skeletons: Sequence[str], beside: int | None = None) -> bool:
        found = (self._tx.one(LOOKS, {"skeleton": look}) for look in skeletons)
        return any(row is not None and row[0] != beside for row in found)

    def save_account(self, account: Account) -> None:
        self._tx.run(SAVE_ACCOUNT, {"which": account.id, **_account_values(account)})

    def session(self, session: int) -> SessionRecord | None:
        if session not in self._sessions:
            row = self._tx.one(SESSION, {"id": session})
            if row is None:
                return None
            self._sessions[session] = SessionRecord(*row)
        return self._sessions[session]

    def sessions_of(self, user: int) -> list[SessionRecord]:
        rows = self._tx.all(SESSIONS_OF, {"user": user})
        return [self._sessions.setdefault(row[0], SessionRecord(*row)) for row in rows]

    def addresses_of(self, user: int) -> list[str]:
        return [row[0] for row in self._tx.all(ADDRESSES_OF, {"user": user})]

    def ended_sessions(self, sessions: Sequence[int]) -> list[int]:
        return [row[0] for row in self._tx.all(ENDED_SESSIONS, {"ids": ids(sessions)})]

    def add_session(self, session: SessionRecord) -> SessionRecord:
        row = self._tx.one(
            ADD_SESSION,
            {
                "user_id": session.user,
                "device": session.device,
                "address": session.address,
                "created_at": session.created_at,
                "last_used_at": session.last_used_at,
                "expires_at": session.expires_at,
                "ended_at": session.ended_at,
            },
        )
        assert row is not None
        session.id = row[0]
        self._sessions[session.id] = session
        return session

    def end_session(self, session: SessionRecord, at: int) -> None:
        session.ended_at = at
        self._tx.run(END_SESSION, {"which": session.id, "ended_at": at})

    def idle_sessions(self, before: int, limit: int) -> list[int]:
        return [row[0] for row in self._tx.all(IDLE_SESSIONS, {"before": before, "most": limit})]

    def stale_sessions(self, before: int, limit: int) -> list[int]:
        return [row[0] for row in self._tx.all(STALE_SESSIONS, {"before": before, "most": limit})]

    def drop_sessions(self, sessions: Sequence[int]) -> None:
        which = [{"which": session} for session in sorted(sessions)]
        self._tx.run(DROP_OLD_TICKETS, {"before": clock.now() - 3_600_000})
        self._tx.run_many(DROP_SESSION, which)
        for session in sessions:
            self._sessions.pop(session, None)

    def forget_places(self, user: int) -> None:
        self._tx.run(FORGET_PLACES, {"user": user})
        for record in self._sessions.values():
            if record.user == user:
                record.device = record.address = ""

    def note_used(self, session: int, at: int) -> None:
        self._used[session] = max(at, self._used.get(session, 0))

    def note_seen(self, user: int, at: int) -> None:
        self._seen[user] = max(at, self._seen.get(user, 0))
        account = self._accounts.get(user)
        if account is not None:
            self._as_seen(account)

    def add_ticket(self, ticket: TicketRecord) -> None:
        # Tickets nobody came with are swept out by those who ask for new ones.
        self._tx.run(DROP_OLD_TICKETS, {"before": ticket.expires_at - 3_600_000})
        self._tx.run(
            ADD_TICKET,
            {
                "digest": ticket.digest,
                "session_id": ticket.session,
                "use": ticket.use,
                "expires_at": ticket.expires_at,
            },
        )

    def take_ticket(self, digest: str) -> TicketRecord | None:
        row = self._tx.one(TAKE_TICKET, {"digest": digest})
        return None if row is None else TicketRecord(*row)

    def _as_seen(self, account: Account) -> Account:
        """With what was noted of it and is not written yet."""
        at = self._seen.get(account.id)
        if at is not None and account.deleted_at is None:
            account.last_seen = max(account.last_seen or 0, at)
        return account

    def _known(self, row: Row) -> Account:
        # The record already given out in this transaction, if there is one: it may have been changed since.
        account = self._accounts.get(row[0])
        if account is None:
            account = to_account(row)
            if not self._changing:
                self._accounts[row[0]] = account
        return account


def to_account(row: Row) -> Account:
    account = Account(*row)
    account.admin = bool(account.admin)
    return account


def _account_values(account: Account) -> Values:
    return {
        "username": account.username,
        "key": account.key,
        "display_name": account.display_name,
        "display_key": folded(account.display_name),
        "created_at": account.created_at,
        "password_hash": account.password_hash,
        "admin": account.admin,
        "chosen_status": account.chosen_status,
        "avatar": account.avatar,
        "status_text": account.status_text,
        "time_zone": account.time_zone,
        "locale": account.locale,
        "last_seen": account.last_seen,
        "deleted_at": account.deleted_at,
        "changed_at": account.changed_at,
    }
