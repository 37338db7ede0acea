"""Where a request comes from: which site's page, which host it names, which address it was sent from.

A browser sends the visitor's cookie with whatever a page asks for, so what a cookie authenticates must come from a page
of ours: `Sec-Fetch-Site` says so (Fetch Metadata), or else `Origin` (RFC 6454). `X-Forwarded-For` and
`X-Forwarded-Proto` are believed only from the proxies named in the settings.
"""

from collections.abc import Callable
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from urllib.parse import urlsplit

Header = Callable[[str], str | None]

_LOOPBACK = frozenset({"localhost", "127.0.0.1", "[::1]"})


class Origins:
    """The rules, from settings. `hosts` empty: any name is answered to when bound beyond loopback."""

    def __init__(
        self, allowed_origins: list[str], allowed_hosts: list[str], trusted_proxies: list[str], public_url: str | None
    ) -> None:
        self._origins = {origin.rstrip("/").lower() for origin in allowed_origins}
        self._hosts = {host.lower() for host in allowed_hosts}
        if public_url is not None:
            parts = urlsplit(public_url)
            self._origins.add(f"{parts.scheme}://{parts.netloc}".lower())
            if self._hosts:
                self._hosts.add((parts.hostname or "").lower())
        self._proxies: list[IPv4Network | IPv6Network] = [ip_network(proxy, strict=False) for proxy in trusted_proxies]

    def knows_host(self, host: str | None) -> bool:
        """Whether the Host header names this server (against DNS rebinding)."""
        if not self._hosts:
            return True
        name = (host or "").lower()
        if not name.endswith("]"):
            name = name.rpartition(":")[0] or name
        return name in self._hosts

    def is_ours(self, header: Header) -> bool:
        """Whether the page that asks is one of ours. Programs send neither header, and no cookie unawares."""
        site = header("sec-fetch-site")
        if site in ("same-origin", "none"):
            return True
        origin = header("origin")
        if origin is None:
            return site is None
        return self.allows(origin, header("host"))

    def allows(self, origin: str, host: str | None) -> bool:
        """Whether pages of this origin may act for their visitor: those of this host, and those in the settings."""
        origin = origin.lower()
        if origin in self._origins:
            return True
        parts = urlsplit(origin)
        return parts.scheme in ("http", "https") and bool(parts.netloc) and parts.netloc == (host or "").lower()

    def address(self, peer: str, header: Header) -> str:
        """The client's address: the peer's own, or what trusted proxies say, read from the last hop backwards."""
        address = peer
        if not self._proxies:
            return address
        for hop in reversed((header("x-forwarded-for") or "").split(",")):
            if not self._trusts(address):
                break
            try:
                address = str(ip_address(hop.strip()))
            except ValueError:
                break
        return address

    def _trusts(self, address: str) -> bool:
        try:
            parsed = ip_address(address)
        except ValueError:
            return False
        return any(parsed in proxy for proxy in self._proxies)


def loopback_hosts(host: str) -> list[str]:
    """The names to answer to when bound to this address and nothing is configured: loopback's own, or any."""
    return sorted(_LOOPBACK) if host in ("127.0.0.1", "::1", "localhost") else []
