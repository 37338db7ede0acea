"""Serving below a path: `public_url` https://example.org/team, behind a proxy that strips the path or leaves it.

The application sees paths without the prefix. Responses get it: `Location` and `Link`, addresses in HTML pages, and the
`type` of problems. The web client derives its prefix from its own address.
"""

import re
from typing import Any
from urllib.parse import urlsplit

from litestar.types import ASGIApp, Message, Receive, Scope, Send

_PAGE = re.compile(r"/chat/[0-9]+(?:/[0-9]+)?/?")
_ADDRESSES = {
    b"text/html": re.compile(rb"((?:href|src)=\")/(?!/)"),
    b"application/problem+json": re.compile(rb"^(\{\"type\":\")/(?!/)"),
}


def prefix_of(public_url: str) -> str:
    """The path of a URL: `/team` for https://example.org/team/, empty if there is none."""
    return urlsplit(public_url).path.rstrip("/")


def strip_prefix(prefix: str, path: str) -> str:
    """The path without the prefix. The page of a room stays as it is, even if the prefix is `/chat`."""
    if prefix and path.startswith(f"{prefix}/") and not _PAGE.fullmatch(path):
        return path[len(prefix) :]
    return path


class PathPrefix:
    """The outermost ASGI middleware."""

    def __init__(self, app: ASGIApp, prefix: str) -> None:
        self._app = app
        self._prefix = prefix

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request: Any = scope
        if request["type"] != "http":
            await self._app(scope, receive, send)
            return
        path = request["path"]
        if path == self._prefix:
            # Relative addresses of the page need the final slash.
            headers = [(b"location", f"{self._prefix}/".encode()), (b"content-length", b"0")]
            await send({"type": "http.response.start", "status": 308, "headers": headers})
            await send({"type": "http.response.body", "body": b"", "more_body": False})
            return
        inside = strip_prefix(self._prefix, path)
        if inside != path:
            request["path"] = inside
            request["raw_path"] = request["raw_path"][len(self._prefix.encode()) :]
        if request["method"] in ("GET", "HEAD") and _takes_html(scope):
            # Uncompressed, as the prefix is inserted into pages below. A proxy may compress them.
            scope["headers"] = [pair for pair in scope["headers"] if pair[0] != b"accept-encoding"]
        await self._app(scope, receive, _PrefixedResponse(send, self._prefix.encode()))


def _takes_html(scope: Scope) -> bool:
    return any(name == b"accept" and b"text/html" in value for name, value in scope["headers"])


class _PrefixedResponse:
    """`send`, with the prefix inserted into addresses. Pages are buffered until they are complete."""

    def __init__(self, send: Send, prefix: bytes) -> None:
        self._send = send
        self._prefix = prefix
        self._page: Any = None
        self._pattern: Any = None
        self._body = b""

    async def __call__(self, sent: Message) -> None:
        message: Any = sent
        if message["type"] == "http.response.start":
            named = dict(message["headers"])
            message["headers"] = [(name, self._addresses(name.lower(), value)) for name, value in message["headers"]]
            self._pattern = _ADDRESSES.get(named.get(b"content-type", b"").partition(b";")[0])
            if self._pattern is not None and b"content-encoding" not in named:
                self._page = message
                return
        elif message["type"] == "http.response.body" and self._page is not None:
            self._body += message["body"]
            if message.get("more_body"):
                return
            body = self._pattern.sub(rb"\g<1>" + self._prefix + b"/", self._body)
            start = self._page
            headers = [pair for pair in start["headers"] if pair[0].lower() != b"content-length"]
            if self._body:  # HEAD has none
                headers.append((b"content-length", str(len(body)).encode()))
            start["headers"] = headers
            await self._send(start)
            message["body"] = body
        await self._send(message)

    def _addresses(self, name: bytes, value: bytes) -> bytes:
        if name == b"location" and value.startswith(b"/") and not value.startswith(b"//"):
            return self._prefix + value
        if name == b"link":
            return value.replace(b"</", b"<" + self._prefix + b"/")
        return value
