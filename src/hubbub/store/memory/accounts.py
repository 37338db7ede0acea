"""Accounts in memory."""

from collections.abc import Collection, Sequence

from hubbub.chat.records import Account
from hubbub.chat.shapes import Sender
from hubbub.chat.text import folded
from hubbub.store.memory.tables import Tables


class MemoryAccounts:
    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    def get(self, user: int) -> Account | None:
        return self._tables.accounts.get(user)

    def peek(self, user: int) -> Account | None:
        return self.get(user)

    def to_change(self, user: int) -> Account | None:
        return self.get(user)

    def many(self, users: Collection[int]) -> dict[int, Account]:
        return {user: self._tables.accounts[user] for user in users if user in self._tables.accounts}

    def named(self, key: str) -> Account | None:
        found = self._tables.by_name.get(key)
        return None if found is None else self._tables.accounts[found]

    def ids_named(self, keys: Sequence[str]) -> dict[str, int]:
        return {key: self._tables.by_name[key] for key in keys if key in self._tables.by_name}

    def search(self, prefix: str, after: int, limit: int, only: Sequence[int] | None) -> list[Account]:
        wanted = self._tables.accounts.keys() if only is None else sorted(set(only) & self._tables.accounts.keys())
        found = (self._tables.accounts[user] for user in wanted if user > after)
        return [
            account
            for account in found
            if account.deleted_at is None
            and (account.key.startswith(prefix) or folded(account.display_name).startswith(prefix))
        ][:limit]

    def changed_since(self, at: int, after: int, limit: int) -> list[Account]:
        found = (account for account in self._tables.accounts.values() if account.id > after)
        return [account for account in found if (account.changed_at or 0) > at][:limit]

    def senders(self, users: Collection[int]) -> dict[int, Sender]:
        return {user: self._tables.accounts[user].sender() for user in users}

    def any(self) -> bool:
        return bool(self._tables.accounts)

    def add(self, account: Account, skeletons: Sequence[str]) -> Account:
        account.id = len(self._tables.accounts) + 1
        self._tables.accounts[account.id] = account
        self._tables.by_name[account.key] = account.id
        self._tables.looks.update(dict.fromkeys(skeletons, account.id))
        return account

    def has_lookalike(self, skeletons: Sequence[str], beside: int | None = None) -> bool:
        return any(self._tables.looks.get(skeleton, beside) != beside for skeleton in skeletons)

    def save(self, account: Account) -> None:
        self._tables.by_name = {key: user for key, user in self._tables.by_name.items() if user != account.id}
        self._tables.by_name[account.key] = account.id

    def note_seen(self, user: int, at: int) -> None:
        account = self._tables.accounts.get(user)
        if account is not None and account.deleted_at is None:
            account.last_seen = max(account.last_seen or 0, at)
