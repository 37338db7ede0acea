"""Validates settings: addresses, networks, URLs, paths and rates.

A value that could never have an effect, such as a host name with a scheme in `allowed_hosts`, is refused at start-up
with a proposal. Each function takes the text and returns the value; it raises ValueError with a sentence that continues
"because it".
"""

import math
import re
from collections.abc import Callable
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, urlsplit

from hubbub.chat.rate_limiter import Rate
from hubbub.chat.rooms import LONGEST_NAME
from hubbub.chat.text import label
from hubbub.errors import InvalidInput

RATES = (
    "requests_per_user", "requests_per_address", "messages_per_user", "rooms_per_user", "people_added_per_user",
    "uploads_per_user", "sessions_per_user", "tickets_per_user", "registrations_per_address", "failures_per_address",
    "failures_per_account", "failures_per_name",
)  # fmt: skip
"""The settings that are rates."""
SHORTEST_KEY = 16
_DEFAULT_PORTS = {"http": 80, "https": 443}
_NATS = ("nats", "tls", "ws", "wss")
# RFC 1123, section 2.1, and the _ that names inside of Docker networks have.
_LABEL = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?")
_PATH = re.compile(r"(/[A-Za-z0-9._~!$&'()*+,;=:@-]+)*")
_BLANK = re.compile(r"[\x00-\x20\x7f-\xa0\u2000-\u200f\u2028-\u202f\u2060\u3000\ufeff]")
_MAPPED = re.compile(r"::ffff:\d+\.\d+\.\d+\.\d+", re.IGNORECASE)


def host_name(text: str) -> str:
    """A name as the Host header has it (RFC 9110, section 7.2), without its port."""
    _require_no_blank(text)
    if "*" in text:
        raise ValueError("has a *: name each host, or leave the setting empty to answer to any")
    if "/" in text or "@" in text:
        raise ValueError(
            "is more than a host name: leave out the scheme, the path and the user, as in chat.example.org"
        )
    if ":" in text and not text.startswith("["):
        if _is_address(text):
            raise ValueError(f"is an IPv6 address without brackets: write [{text}]")
        raise ValueError("has a port: names are compared without, as in chat.example.org")
    if text.startswith("["):
        if not text.endswith("]"):
            raise ValueError("is not [address]: write it like [::1], without a port")
        if not _is_address(text[1:-1]):
            raise ValueError("is not an IPv6 address in brackets, such as [::1]")
        return text.lower()
    return _domain(text)


def origin(text: str) -> str:
    """The origin of a site as browsers send it (RFC 6454, section 6.2); `*` is any."""
    if text == "*":
        return text
    parts = _web(text.rstrip("/"), "https://app.example.org")
    if parts.path:
        raise ValueError("has a path: an origin is scheme, host and port, such as https://app.example.org")
    return f"{parts.scheme}://{parts.netloc}"


def public_url(text: str) -> str:
    """The address people use, with a path where the server is below one; empty is none."""
    if not text:
        return text
    parts = _web(text, "https://chat.example.org")
    path = parts.path.rstrip("/")
    if not _PATH.fullmatch(path) or any(part in (".", "..") for part in path.split("/")):
        raise ValueError("has a path that cannot be one: letters, digits and . _ ~ - between single slashes")
    return f"{parts.scheme}://{parts.netloc}{parts.path}"


def proxy(text: str) -> str:
    """An address, a network, or `unix`."""
    if text != "unix":
        try:
            ip_network(text, strict=False)
        except ValueError as error:
            raise ValueError("is no address, no network such as 10.0.0.0/8, and not `unix`") from error
        if _MAPPED.match(text):
            raise ValueError("is an IPv4 address written as IPv6: write the IPv4 address")
    return text


def nats_server(text: str) -> str:
    """The URL of a NATS server."""
    _require_no_blank(text)
    parts = _split(text)
    if parts.scheme not in _NATS or not parts.hostname:
        raise ValueError("is not the URL of a NATS server, such as nats://nats1:4222")
    if parts.path.strip("/") or parts.query or parts.fragment:
        raise ValueError("has more than user, host and port: write it like nats://nats1:4222")
    return text


def listening(text: str) -> str:
    """Addresses to listen on, with commas between; `unix:/path` is a Unix socket."""
    found = [part.strip() for part in text.split(",") if part.strip()]
    if not found:
        raise ValueError("is empty: write 127.0.0.1 for this machine only, or :: for all addresses")
    for part in found:
        if part.startswith("unix:"):
            if not Path(part.removeprefix("unix:")).is_absolute():
                raise ValueError("names a Unix socket without its whole path: write it like unix:/run/hubbub.sock")
            _require_no_blank(part, "\x00")
        elif "/" in part:
            raise ValueError("has a scheme, a path or a network: write the address alone, and the port in `port`")
        elif part.startswith("["):
            raise ValueError(f"has brackets: write {part.strip('[]').partition(']')[0]}, and the port in `port`")
        elif ":" in part and not _is_address(part.partition("%")[0]):
            raise ValueError("has a port: write the address alone, and the port in `port`")
        elif not _is_address(part):
            _domain(part)
    return text


def folder(text: str) -> str:
    """The data folder."""
    if not text.strip():
        raise ValueError("is empty: name a folder, such as ./hubbub-data")
    if "\x00" in text:
        raise ValueError("has a NUL character, which no path has")
    try:
        path = Path(text).expanduser()
    except RuntimeError as error:
        raise ValueError("begins with ~ and the name of somebody who has no home folder here") from error
    if str(path.resolve()).strip("/") == "":
        raise ValueError("is the root folder: the data folder is the server's own, so name one below it")
    return text


def database(text: str) -> str:
    """What is wrong with SQLite's; what PostgreSQL's must be, its driver knows."""
    path = text.removeprefix("sqlite:///")
    if path != text:
        if "\x00" in path:
            raise ValueError("has a NUL character, which no path has")
        if path.startswith(":memory:") or "?" in path or path.startswith("file:"):
            raise ValueError(
                "is no plain file: SQLite's own names and options are not used; write sqlite:///path/to/file.db"
            )
        if not path.strip() or path.endswith("/"):
            raise ValueError("names a folder: write the file in it, such as sqlite:///path/to/file.db")
    return text


def room_name(text: str) -> str:
    """The name of a public room."""
    try:
        return label(text, "name", LONGEST_NAME)
    except InvalidInput as error:
        raise ValueError("is not a name that a room can have") from error


def plugin_file(text: str) -> str:
    """The file of a plugin."""
    if "\x00" in text:
        raise ValueError("has a NUL character, which no path has")
    if Path(text).suffix != ".py":
        raise ValueError("is not a Python file, such as ./my_plugin.py; installed packages need no setting")
    return text


def secret_key(text: str) -> str:
    """Keys that sign, one a line; empty: one is made."""
    if text and min((len(key.strip()) for key in text.splitlines() if key.strip()), default=0) < SHORTEST_KEY:
        raise ValueError(f"has a key that is too short: use at least {SHORTEST_KEY} random characters")
    return text


def rate(text: str) -> str:
    """How often something may be done: N/T."""
    try:
        Rate.parse(text)
    except ValueError as error:
        raise ValueError("is not a rate limit: write it like '10/5 minutes' or '200/hour'") from error
    return text


def number(value: float) -> float:
    """One that can be counted with."""
    if not math.isfinite(value):
        raise ValueError("is not a number that can be counted with")
    return value


ONE: dict[str, Callable[[Any], Any]] = {
    "host": listening,
    "data": folder,
    "database": database,
    "public_url": public_url,
    "secret_key": secret_key,
    "frames_per_second": number,
    "frame_burst": number,
    "hook_seconds": number,
    **dict.fromkeys(RATES, rate),
}
"""How the value of a setting is read."""

EACH: dict[str, Callable[[str], str]] = {
    "allowed_hosts": host_name,
    "allowed_origins": origin,
    "trusted_proxy": proxy,
    "bus": nats_server,
    "plugins": plugin_file,
    "default_rooms": room_name,
}
"""How each part of a list is."""


def _web(text: str, example: str) -> SplitResult:
    """A URL that browsers could be at: scheme and host in small letters, and no port that they leave out."""
    _require_no_blank(text)
    parts = _split(text)
    if parts.scheme not in _DEFAULT_PORTS or "://" not in text:
        raise ValueError(f"does not begin with http:// or https://: write it like {example}")
    if "@" in parts.netloc:
        raise ValueError(f"has a user in it: write it like {example}")
    if "?" in text or "#" in text:
        raise ValueError(f"has a query or a fragment: write it like {example}")
    host = parts.hostname or ""
    if not host:
        raise ValueError(f"names no host: write it like {example}")
    if "*" in host:
        raise ValueError("has a *: name each host")
    if "[" in parts.netloc:
        if not _is_address(host):
            raise ValueError("is not an IPv6 address in brackets, such as [::1]")
        host = f"[{host}]"
    else:
        host = _domain(host)
    port = parts.port
    if port is None and parts.netloc.endswith(":"):
        raise ValueError("ends in a colon: write the port, or leave the colon out")
    if port == _DEFAULT_PORTS[parts.scheme]:
        port = None
    return parts._replace(netloc=host if port is None else f"{host}:{port}")


def _split(text: str) -> SplitResult:
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError as error:
        raise ValueError("is not a URL: its host or port cannot be read") from error
    if port == 0:
        raise ValueError("has the port 0, which nobody can be at")
    return parts


def _domain(text: str) -> str:
    name = text.lower()
    if not name.isascii():
        raise ValueError(f"is not as browsers send it: write {_as_sent(name)}")
    labels = name.removesuffix(".").split(".")
    if len(name) > 253 or not all(_LABEL.fullmatch(label) for label in labels):
        raise ValueError("is no host name, such as chat.example.org")
    if all(label.isdigit() for label in labels) and not _is_address(name):
        raise ValueError("is no IPv4 address, such as 192.0.2.1")
    return name


def _as_sent(name: str) -> str:
    try:
        return name.encode("idna").decode("ascii")
    except UnicodeError:
        return "its form with xn--"


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def _require_no_blank(text: str, only: str = "") -> None:
    if not text:
        raise ValueError("is empty")
    if (only and only in text) or (not only and _BLANK.search(text)) or "\\" in text:
        raise ValueError("has a blank, a backslash or another character that has no place in it")
