"""Limits on the open connections, sockets and streams together, of an account and of a network."""

from hubbub.chat.addresses import PerAddress, network
from hubbub.errors import RateLimited


class ConnectionLimits:
    """The counts of open connections. A limit of 0 means none."""

    def __init__(self, per_user: int, per_address: int) -> None:
        self._per_user = per_user
        self._users: dict[int, int] = {}
        self._addresses = PerAddress(per_address)

    def enter(self, user: int, address: str) -> None:
        """Count a connection for both, or for neither. Raises RateLimited."""
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
        """Raises RateLimited if the network has reached its limit."""
        if not self._addresses.enter(network(address)):
            raise RateLimited("Too many connections from this address.", 60)

    def leave_address(self, address: str) -> None:
        self._addresses.leave(network(address))

    def enter_user(self, user: int) -> None:
        """Raises RateLimited if the account has reached its limit."""
        if self._per_user and self._users.get(user, 0) >= self._per_user:
            raise RateLimited(f"An account may have {self._per_user} connections.", 60)
        self._users[user] = self._users.get(user, 0) + 1

    def leave_user(self, user: int) -> None:
        if self._users.get(user, 0) > 1:
            self._users[user] -= 1
        else:
            self._users.pop(user, None)
