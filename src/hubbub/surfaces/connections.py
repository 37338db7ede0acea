"""How many connections one account and one address may hold open: sockets and streams alike."""

from typing import TypeVar

from hubbub.chat.addresses import network
from hubbub.errors import RateLimited

_Counted = TypeVar("_Counted", int, str)


class Connections:
    """Counts; 0 means no limit."""

    def __init__(self, per_user: int, per_address: int) -> None:
        self._per_user = per_user
        self._per_address = per_address
        self._users: dict[int, int] = {}
        self._addresses: dict[str, int] = {}

    def enter(self, user: int, address: str) -> None:
        """Both, or neither."""
        self.enter_address(address)
        try:
            self.enter_user(user)
        except RateLimited:
            self.leave_address(address)
            raise

    def leave(self, user: int, address: str) -> None:
        self.leave_user(user)
        self.leave_address(address)

    def enter_address(self, address: str) -> None:
        """Raises RateLimited when the address has as many as it may."""
        address = network(address)
        if self._per_address and self._addresses.get(address, 0) >= self._per_address:
            raise RateLimited("Too many connections from this address.", 60)
        self._addresses[address] = self._addresses.get(address, 0) + 1

    def leave_address(self, address: str) -> None:
        _count_down(self._addresses, network(address))

    def enter_user(self, user: int) -> None:
        """Raises RateLimited when the account has as many as it may."""
        if self._per_user and self._users.get(user, 0) >= self._per_user:
            raise RateLimited(f"An account may have {self._per_user} connections.", 60)
        self._users[user] = self._users.get(user, 0) + 1

    def leave_user(self, user: int) -> None:
        _count_down(self._users, user)


def _count_down(counts: dict[_Counted, int], key: _Counted) -> None:
    if counts.get(key, 0) > 1:
        counts[key] -= 1
    else:
        counts.pop(key, None)
