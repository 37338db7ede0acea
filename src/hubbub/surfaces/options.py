"""Which methods an address takes: OPTIONS and 405 tell (RFC 9110, sections 9.3.7 and 15.5.6), and HEAD is what GET is
without its body (section 9.3.2). Litestar's own answers forget some of them.
"""

import re
from typing import Any

from litestar import Litestar
from litestar.routes import HTTPRoute
from litestar.types import ASGIApp, Receive, Scope, Send

from hubbub.surfaces.refusing import refuse
from hubbub.surfaces.rest.errors import method_not_allowed

_PARTS = re.compile(r"(\{[^}]*\})")
"""A path's parameters, and what is between them."""


class Options:
    """ASGI middleware before the application."""

    def __init__(self, app: Litestar) -> None:
        self._app: ASGIApp = app
        routes = [route for route in app.routes if isinstance(route, HTTPRoute)]
        # What is named outright comes before what a parameter stands for.
        routes.sort(key=lambda route: len(_PARTS.split(route.path)))
        self._methods = [_methods(route) for route in routes]
        # One expression with a group for each: many of them, one after the other, take a tenth of a call.
        self._pattern = re.compile("|".join(f"({_pattern(route.path)})" for route in routes))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request: Any = scope
        methods = self._found(request["path"]) if request["type"] == "http" else None
        if methods is None:
            await self._app(scope, receive, send)
        elif request["method"] not in methods:
            await refuse(method_not_allowed(request["method"], ", ".join(methods)), send)
        elif request["method"] == "OPTIONS":
            headers = [(b"allow", ", ".join(methods).encode())]
            await send({"type": "http.response.start", "status": 204, "headers": headers})
            await send({"type": "http.response.body", "body": b"", "more_body": False})
        elif request["method"] == "HEAD":
            # The server below leaves the body out.
            as_get: Any = {**request, "method": "GET"}
            await self._app(as_get, receive, send)
        else:
            await self._app(scope, receive, send)

    def _found(self, path: str) -> list[str] | None:
        path = path.rstrip("/") or "/"
        found = self._pattern.fullmatch(path)
        return None if found is None or found.lastindex is None else self._methods[found.lastindex - 1]


def _pattern(path: str) -> str:
    parts = (part for part in _PARTS.split(path) if part)
    return "".join(
        re.escape(part) if part[0] != "{" else ".+" if part.endswith(":path}") else "[^/]+" for part in parts
    )


def _methods(route: HTTPRoute) -> list[str]:
    methods = {str(method) for method in route.methods} | {"OPTIONS"}
    # An answer that lasts has no length, no end and no news to be told without its body.
    if "GET" in methods and not route.path.endswith("/subscribe"):
        methods.add("HEAD")
    return sorted(methods)
