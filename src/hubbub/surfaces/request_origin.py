"""The origin of a request: the site of the page, the host it names, the client's address.

A browser sends its cookie with requests of any page, so a request with a cookie must come from a page of this server
(CSRF): by `Sec-Fetch-Site` (Fetch Metadata), or else by `Origin` (RFC 6454). `X-Forwarded-For` and `X-Forwarded-Proto`
are read only from proxies named in the settings.
"""

import re
from collections.abc import Callable
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import Literal
from urllib.parse import urlsplit

from hubbub.chat.addresses import network

Header = Callable[[str], str | None]
Sharing = Literal["none", "anyone", "named"]
"""What pages of another origin may do: nothing, requests with a token (`anyone`), or with the cookie too (`named`)."""

ANY_ORIGIN = "*"
UNIX = "unix"
"""The address of clients of a Unix socket. In the setting `trusted_proxy` it stands for a proxy there."""
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "[::1]"})
# RFC 9110, section 7.2, and RFC 3986, section 3.2.2, without what host names do not use: percent-encoding, !$&.
_HOST = re.compile(r"(\[[0-9A-Fa-f:.]{2,45}\]|[A-Za-z0-9._~-]{1,255})(?::([0-9]{0,5}))?")


class RequestOrigins:
    """The rules, from the settings. `allowed_hosts` empty: any host name is accepted."""

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

    def allows_host(self, host: str | None) -> bool:
        """Whether the Host header is valid and names this server. Guards against DNS rebinding."""
        if host is None:
            return not self._hosts
        parts = _HOST.fullmatch(host)
        return parts is not None and (not self._hosts or parts[1].lower() in self._hosts)

    def scheme(self, peer: str, header: Header) -> str:
        """`http` or `https`: as a trusted proxy says, or as `public_url` does if the request names its host."""
        forwarded = (header("x-forwarded-proto") or "").rpartition(",")[2].strip().lower()
        if forwarded in ("http", "https") and self._trusts(_plain(peer)):
            return forwarded
        if self._public is not None and (header("host") or "").lower() == self._public[1]:
            return self._public[0]
        return "http"

    def allows_request(self, header: Header, scheme: str) -> bool:
        """Whether the request comes from a page of this server, or from a program, which sends neither header."""
        site = header("sec-fetch-site")
        if site in ("same-origin", "none"):
            return True
        origin = header("origin")
        if origin is None:
            return site is None
        return self.allows(origin, header("host"), scheme)

    def allows(self, origin: str, host: str | None, scheme: str) -> bool:
        """Whether pages of this origin may use the user's cookie: this host's, and those in the settings."""
        origin = origin.lower()
        return origin in self._origins or self._is_here(origin, host, scheme)

    def sharing(self, origin: str | None, host: str | None, scheme: str) -> Sharing:
        """What pages of the origin may do (CORS); `none` for this server's own, which need no CORS."""
        if origin is None or self._is_here(origin.lower(), host, scheme):
            return "none"
        return "named" if origin.lower() in self._origins else "anyone" if self._anyone else "none"

    def _is_here(self, origin: str, host: str | None, scheme: str) -> bool:
        if self._public is not None and origin == f"{self._public[0]}://{self._public[1]}":
            return True
        return bool(host) and origin == f"{scheme}://{host}".lower()

    def address(self, peer: str, header: Header) -> str:
        """The client's address: the last hop of `X-Forwarded-For` that is no trusted proxy, or the peer."""
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
        """The network that a connection counts for. None for proxies and Unix sockets, which many clients share."""
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
    """IPv4-mapped IPv6 addresses (RFC 4291, section 2.5.5.2) as IPv4, so that each client has one address."""
    if not peer:
        return UNIX
    if peer.startswith("::ffff:") and "." in peer:
        return peer.removeprefix("::ffff:")
    return peer


def loopback_hosts(hosts: list[str]) -> list[str]:
    """The default of `allowed_hosts`: the loopback names if bound to loopback only, else empty (any)."""
    return sorted(_LOOPBACK) if all(host in ("127.0.0.1", "::1", "localhost") for host in hosts) else []
