"""Accounts."""

from collections.abc import Collection, Sequence
from typing import Protocol

from hubbub.chat.records import Account
from hubbub.chat.shapes import Sender


class AccountReads(Protocol):
    def get(self, user: int) -> Account | None: ...

    def peek(self, user: int) -> Account | None:
        """The same, never locked: it may be changed or closed by others before the commit. For what is shown only."""

    def many(self, users: Collection[int]) -> dict[int, Account]:
        """The existing ones of these accounts, by id; one query."""

    def named(self, key: str) -> Account | None: ...

    def ids_named(self, keys: Sequence[str]) -> dict[str, int]:
        """The ids of existing accounts, by key; one query."""

    def search(self, prefix: str, after: int, limit: int, only: Sequence[int] | None) -> list[Account]:
        """Accounts whose user name or display name starts with a folded prefix, by ascending id above `after`."""

    def changed_since(self, at: int, after: int, limit: int) -> list[Account]:
        """Accounts whose profile changed after a time (ms), closed ones included, by ascending id above `after`."""

    def senders(self, users: Collection[int]) -> dict[int, Sender]:
        """The names of these users, by id; closed accounts included; one query."""

    def any(self) -> bool:
        """Whether there is an account. In a transaction, also locks the creation of the first one."""


class Accounts(AccountReads, Protocol):
    def to_change(self, user: int) -> Account | None:
        """Like `get`, and locks the account for this transaction, so that it can be changed and saved."""

    def add(self, account: Account, skeletons: Sequence[str]) -> Account:
        """Store a new account, assign its id, and register the skeletons of its user name (UTS #39, section 4)."""

    def has_lookalike(self, skeletons: Sequence[str], beside: int | None = None) -> bool:
        """Whether another user name than that of `beside` has one of these skeletons."""

    def save(self, account: Account) -> None: ...

    def note_seen(self, user: int, at: int) -> None:
        """Record when a user was last on line (ms). Ignores an earlier time and an unknown or closed account."""
