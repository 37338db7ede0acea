"""Where a request comes from: which site's page, which host it names, which address it was sent from.

A browser sends the visitor's cookie with whatever a page asks for, so what a cookie authenticates must come from a page
of ours: `Sec-Fetch-Site` says so (Fetch Metadata), or else `Origin` (RFC 6454): scheme, host and port are the same.
`X-Forwarded-For` and `X-Forwarded-Proto` are believed only from the proxies named in the settings.
"""

import re
from collections.abc import Callable
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import Literal
from urllib.parse import urlsplit

from hubbub.chat.addresses import network

Header = Callable[[str], str | None]
Sharing = Literal["none", "anyone", "named"]
"""What pages of another origin may do: nothing, ask with a token, or with the visitor's cookie too."""

ANY_ORIGIN = "*"
UNIX = "unix"
"""The address of whoever comes through a Unix socket, and how a proxy that does is named in `trusted_proxy`."""
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "[::1]"})
# RFC 9110, section 7.2, and RFC 3986, section 3.2.2, without what no host name has: user information, %, !$&.
_HOST = re.compile(r"(\[[0-9A-Fa-f:.]{2,45}\]|[A-Za-z0-9._~-]{1,255})(?::([0-9]{0,5}))?")


class RequestOrigins:
    """The rules, from settings. `hosts` empty: any name is answered to when bound beyond loopback."""

    def __init__(
        self, allowed_origins: list[str], allowed_hosts: list[str], trusted_proxies: list[str], public_url: str | None
    ) -> None:
        self._origins = {origin.rstrip("/").lower() for origin in allowed_origins}
        self._anyone = ANY_ORIGIN in self._origins
        self._origins.discard(ANY_ORIGIN)
        self._hosts = {host.lower() for host in allowed_hosts}
        self._public: tuple[str, str] | None = None
        if public_url is not None:
            parts = urlsplit(public_url)
            self._public = parts.scheme.lower(), parts.netloc.lower()
            if self._hosts:
                self._hosts.add((parts.hostname or "").lower())
        self._proxies: list[IPv4Network | IPv6Network] = [
            ip_network(proxy, strict=False) for proxy in trusted_proxies if proxy != UNIX
        ]
        self._trusts_unix = UNIX in trusted_proxies

    def knows_host(self, host: str | None) -> bool:
        """Whether the Host header is one, and names this server (against DNS rebinding)."""
        if host is None:
            return not self._hosts
        parts = _HOST.fullmatch(host)
        return parts is not None and (not self._hosts or parts[1].lower() in self._hosts)

    def scheme(self, peer: str, header: Header) -> str:
        """How the client reached this server: as a trusted proxy says, or as `public_url` does of its own host."""
        forwarded = (header("x-forwarded-proto") or "").rpartition(",")[2].strip().lower()
        if forwarded in ("http", "https") and self._trusts(_plain(peer)):
            return forwarded
        if self._public is not None and (header("host") or "").lower() == self._public[1]:
            return self._public[0]
        return "http"

    def is_ours(self, header: Header, scheme: str) -> bool:
        """Whether the page that asks is one of ours. Programs send neither header, and no cookie unawares."""
        site = header("sec-fetch-site")
        if site in ("same-origin", "none"):
            return True
        origin = header("origin")
        if origin is None:
            return site is None
        return self.allows(origin, header("host"), scheme)

    def allows(self, origin: str, host: str | None, scheme: str) -> bool:
        """Whether pages of this origin may act for their visitor: those of this host, and those in the settings."""
        origin = origin.lower()
        return origin in self._origins or self._is_here(origin, host, scheme)

    def sharing(self, origin: str | None, host: str | None, scheme: str) -> Sharing:
        """What pages of another origin may do here (CORS). Of this one there is nothing to say: "none"."""
        if origin is None or self._is_here(origin.lower(), host, scheme):
            return "none"
        return "named" if origin.lower() in self._origins else "anyone" if self._anyone else "none"

    def _is_here(self, origin: str, host: str | None, scheme: str) -> bool:
        if self._public is not None and origin == f"{self._public[0]}://{self._public[1]}":
            return True
        return bool(host) and origin == f"{scheme}://{host}".lower()

    def address(self, peer: str, header: Header) -> str:
        """The client's address: the peer's own, or what trusted proxies say, read from the last hop backwards."""
        address = _plain(peer)
        if not self._proxies and not self._trusts_unix:
            return address
        for hop in reversed((header("x-forwarded-for") or "").split(",")):
            if not self._trusts(address):
                break
            try:
                address = _plain(str(ip_address(hop.strip())))
            except ValueError:
                break
        return address

    def counted(self, peer: str) -> str | None:
        """What connections from a peer's address are counted as; None for a proxy, and for a Unix socket's other side,
        which stand for everybody who comes through them."""
        address = _plain(peer)
        return None if address == UNIX or self._trusts(address) else network(address)

    def _trusts(self, address: str) -> bool:
        if address == UNIX:
            return self._trusts_unix
        if not self._proxies:
            return False
        try:
            parsed = ip_address(address)
        except ValueError:
            return False
        return any(parsed in proxy for proxy in self._proxies)


def _plain(peer: str) -> str:
    """One name for one address: who comes by IPv4 to a socket for both is `::ffff:a.b.c.d` (RFC 4291, 2.5.5.2)."""
    if not peer:
        return UNIX
    if peer.startswith("::ffff:") and "." in peer:
        return peer.removeprefix("::ffff:")
    return peer


def loopback_hosts(hosts: list[str]) -> list[str]:
    """The names to answer to when bound to these addresses and nothing is configured: loopback's own, or any."""
    return sorted(_LOOPBACK) if all(host in ("127.0.0.1", "::1", "localhost") for host in hosts) else []
