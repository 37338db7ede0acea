"""Client addresses as keys of limits."""

from ipaddress import IPv6Address, ip_address


def network(address: str) -> str:
    """The key of an address: an IPv4 address itself, or the /64 of an IPv6 address, which one household has."""
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
    """A count per network, at most `most` each; 0 for no limit."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._counts: dict[str, int] = {}

    def enter(self, address: str) -> bool:
        """Count one more for a `network`. False: it has reached the limit."""
        count = self._counts.get(address, 0)
        if self._most and count >= self._most:
            return False
        self._counts[address] = count + 1
        return True

    def leave(self, address: str) -> None:
        """Count one less for a `network`."""
        if (count := self._counts.get(address, 0)) > 1:
            self._counts[address] = count - 1
        else:
            self._counts.pop(address, None)
