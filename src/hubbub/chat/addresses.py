"""Addresses, as limits count them."""

from ipaddress import IPv6Address, ip_address


def network(address: str) -> str:
    """What is counted for an address: an IPv4 address alone; of IPv6 the /64, which one household or server has."""
    if ":" not in address:
        return address
    try:
        parsed = ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if not isinstance(parsed, IPv6Address):
        return address
    if parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return f"{IPv6Address(int(parsed) >> 64 << 64)}/64"


class PerAddress:
    """How many of something each address has at once: `most` of each at the most, 0 for no limit."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._counts: dict[str, int] = {}

    def enter(self, address: str) -> bool:
        """Count one more of an address as `network` names it; False when it has as many as it may."""
        count = self._counts.get(address, 0)
        if self._most and count >= self._most:
            return False
        self._counts[address] = count + 1
        return True

    def leave(self, address: str) -> None:
        """One that was counted has gone."""
        if (count := self._counts.get(address, 0)) > 1:
            self._counts[address] = count - 1
        else:
            self._counts.pop(address, None)
