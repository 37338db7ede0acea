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
