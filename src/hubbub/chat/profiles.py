"""Changes of profiles: storing them, publishing them, and finding those that a client or server missed."""

from msgspec import Struct

from hubbub.chat import clock
from hubbub.chat.events import AccountChanged
from hubbub.chat.records import Account
from hubbub.chat.shapes import User
from hubbub.chat.transaction import Snapshot, Transaction


def save(tx: Transaction, account: Account, rooms: list[int]) -> AccountChanged:
    """Store an account whose visible profile changed; returns the event for the members of these rooms."""
    # Later than the previous change, so that the times of one account ascend.
    account.changed_at = max(clock.now(), (account.changed_at or 0) + 1)
    tx.accounts.save(account)
    return _changed(account, rooms)


class ChangedUsers(Struct, frozen=True):
    """Users whose name, avatar or status text changed since a time (ms), by ascending id, from `after` on.

    Closed accounts are included. The search begins a little before that time, as the clocks of servers differ.
    """

    since: int
    after: int
    limit: int

    def answer(self, snapshot: Snapshot) -> list[User]:
        found = snapshot.accounts.changed_since(self.since - clock.APART_MS, self.after, self.limit)
        return [account.user() for account in found]


class ChangedAt(Struct, frozen=True):
    """The times (ms) of the profile changes since a time (ms), by user id; at most `limit` of them."""

    since: int
    limit: int = 1000

    def answer(self, snapshot: Snapshot) -> dict[int, int]:
        return {
            account.id: account.changed_at or 0
            for account in snapshot.accounts.changed_since(self.since, 0, self.limit)
        }


class ProfilesOf(Struct, frozen=True):
    """The profiles of these users, as events."""

    users: list[int]

    def answer(self, snapshot: Snapshot) -> list[AccountChanged]:
        found = (snapshot.accounts.get(user) for user in self.users)
        return [_changed(account, snapshot.members.rooms_of(account.id)) for account in found if account is not None]


def _changed(account: Account, rooms: list[int]) -> AccountChanged:
    return AccountChanged(account.id, account.user(), account.changed_at or 0, rooms)
