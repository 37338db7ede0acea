"""How many connections one account and one address may hold open: sockets and streams alike."""

from hubbub.chat.addresses import PerAddress, network
from hubbub.errors import RateLimited


class ConnectionLimits:
    """Counts; 0 means no limit."""

    def __init__(self, per_user: int, per_address: int) -> None:
        self._per_user = per_user
        self._users: dict[int, int] = {}
        self._addresses = PerAddress(per_address)

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
        if not self._addresses.enter(network(address)):
            raise RateLimited("Too many connections from this address.", 60)

    def leave_address(self, address: str) -> None:
        self._addresses.leave(network(address))

    def enter_user(self, user: int) -> None:
        """Raises RateLimited when the account has as many as it may."""
        if self._per_user and self._users.get(user, 0) >= self._per_user:
            raise RateLimited(f"An account may have {self._per_user} connections.", 60)
        self._users[user] = self._users.get(user, 0) + 1

    def leave_user(self, user: int) -> None:
        if self._users.get(user, 0) > 1:
            self._users[user] -= 1
        else:
            self._users.pop(user, None)
