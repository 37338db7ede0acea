"""Accounts in SQL."""

from collections.abc import Collection, Sequence

from sqlalchemy import ColumnElement, bindparam, insert, literal_column, or_, select, update

from hubbub.chat.records import Account
from hubbub.chat.shapes import Sender
from hubbub.chat.text import folded
from hubbub.store.sql.identity_map import IdentityMap
from hubbub.store.sql.schema import looks, users
from hubbub.store.sql.statement import Executor, Row, Statement, Values, ids, one_of, one_of_texts

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
    users.c.invitation_id,
    users.c.status_emoji,
    users.c.status_until,
    users.c.pronouns,
    users.c.title,
)


def _starts_with(column: ColumnElement[str]) -> ColumnElement[bool]:
    # A range, not LIKE: it needs no escaping and can use the index.
    return (column >= bindparam("prefix")) & (column < bindparam("beyond"))


ACCOUNT = Statement(account_columns.where(users.c.id == bindparam("id")))
ACCOUNT_TO_KEEP = Statement(account_columns.where(users.c.id == bindparam("id")).with_for_update(read=True))
ACCOUNT_TO_CHANGE = Statement(account_columns.where(users.c.id == bindparam("id")).with_for_update())
ACCOUNTS_AMONG = one_of(account_columns, users.c.id)
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


class SqlAccounts:
    """Accounts within a transaction; each is read once.

    `changing`: an account read by id cannot be closed and its password cannot change until the end of the transaction,
    also by other servers, which may hold it likewise. Only `to_change` locks it for this transaction alone.
    """

    def __init__(self, tx: Executor, changing: bool, known: IdentityMap) -> None:
        self._tx = tx
        self._changing = changing
        self._accounts = known.accounts
        self._own: set[int] = set()
        self._seen: dict[int, int] = {}

    def flush(self) -> None:
        seen, self._seen = self._seen, {}
        self._tx.run_many(NOTE_SEEN, [{"which": user, "last_seen": at} for user, at in sorted(seen.items())])

    def get(self, user: int) -> Account | None:
        if user not in self._accounts:
            self._read_account(ACCOUNT_TO_KEEP if self._changing else ACCOUNT, user)
        return self._accounts[user]

    def peek(self, user: int) -> Account | None:
        if user in self._accounts:
            return self._accounts[user]
        row = self._tx.one(ACCOUNT, {"id": user})
        return None if row is None else self._known(row)

    def to_change(self, user: int) -> Account | None:
        if user not in self._own:
            self._own.add(user)
            # What was read before may have been changed by others since; where nobody else writes, it is what is known.
            if self._tx.is_shared or user not in self._accounts:
                self._read_account(ACCOUNT_TO_CHANGE, user)
        return self._accounts[user]

    def prefetch_to_change(self, statement: Statement, users: Sequence[int]) -> None:
        """Prefetch accounts for `to_change`; `statement` locks them."""
        self.prefetch(statement, users)
        self._own.update(users)

    def prefetch(self, statement: Statement, users: Sequence[int]) -> None:
        """Prefetch these accounts in one query."""
        for row in self._tx.all(statement, {"users": users}):
            self._accounts[row[0]] = self._as_seen(to_account(row))

    def many(self, users: Collection[int]) -> dict[int, Account]:
        unknown = [user for user in users if user not in self._accounts]
        if unknown:
            for row in self._tx.all(ACCOUNTS_AMONG, {"ids": ids(unknown)}):
                self._known(row)
        found = ((user, self.get(user)) for user in users)
        return {user: account for user, account in found if account is not None}

    def named(self, key: str) -> Account | None:
        row = self._tx.one(ACCOUNT_NAMED, {"key": key})
        return None if row is None else self._known(row)

    def ids_named(self, keys: Sequence[str]) -> dict[str, int]:
        return {row[0]: row[1] for row in self._tx.all(ACCOUNTS_NAMED, {"ids": ids(keys)})}

    def search(self, prefix: str, after: int, limit: int, only: Sequence[int] | None) -> list[Account]:
        if only is not None:
            found = (self.get(user) for user in sorted(only) if user > after)
            return [
                account
                for account in found
                if account is not None
                and account.deleted_at is None
                and (account.key.startswith(prefix) or folded(account.display_name).startswith(prefix))
            ][:limit]
        values = {"after": after, "most": limit, "prefix": prefix, "beyond": prefix + "\U0010ffff"}
        return [self._known(row) for row in self._tx.all(ACCOUNTS, values)]

    def changed_since(self, at: int, after: int, limit: int) -> list[Account]:
        rows = self._tx.all(ACCOUNTS_CHANGED, {"at": at, "after": after, "most": limit})
        return [self._known(row) for row in rows]

    def senders(self, users: Collection[int]) -> dict[int, Sender]:
        return {row[0]: Sender(*row) for row in self._tx.all(SENDERS, {"ids": ids(sorted(users))})}

    def any(self) -> bool:
        if self._tx.one(ANY_ACCOUNT, {}) is not None:
            return True
        if not self._changing:
            return False
        # Of several servers that are asked for a first account at once, one makes it.
        self._tx.hold(_FIRST_ACCOUNT)
        return self._tx.one(ANY_ACCOUNT, {}) is not None

    def add(self, account: Account, skeletons: Sequence[str]) -> Account:
        row = self._tx.one(ADD_ACCOUNT, _account_values(account))
        assert row is not None
        account.id = row[0]
        self._tx.run_many(ADD_LOOK, [{"skeleton": look, "user_id": account.id} for look in skeletons])
        self._accounts[account.id] = account
        return account

    def has_lookalike(self, skeletons: Sequence[str], beside: int | None = None) -> bool:
        found = (self._tx.one(LOOKS, {"skeleton": look}) for look in skeletons)
        return any(row is not None and row[0] != beside for row in found)

    def save(self, account: Account) -> None:
        self._tx.run(SAVE_ACCOUNT, {"which": account.id, **_account_values(account)})

    def note_seen(self, user: int, at: int) -> None:
        self._seen[user] = max(at, self._seen.get(user, 0))
        account = self._accounts.get(user)
        if account is not None:
            self._as_seen(account)

    def _read_account(self, statement: Statement, user: int) -> None:
        row = self._tx.one(statement, {"id": user})
        self._accounts[user] = None if row is None else self._as_seen(to_account(row))

    def _as_seen(self, account: Account) -> Account:
        """Apply what was noted and is not written yet."""
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
        "invitation_id": account.invitation,
        "status_emoji": account.status_emoji,
        "status_until": account.status_until,
        "pronouns": account.pronouns,
        "title": account.title,
    }
