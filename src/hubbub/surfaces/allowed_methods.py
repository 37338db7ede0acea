"""OPTIONS, HEAD and 405 for every path (RFC 9110, sections 9.3.7, 9.3.2 and 15.5.6).

Litestar's own answers leave out some of the allowed methods.
"""

import re
from typing import Any

from litestar import Litestar
from litestar.routes import HTTPRoute
from litestar.types import ASGIApp, Receive, Scope, Send

from hubbub.surfaces.error_response import send_error
from hubbub.surfaces.rest.errors import method_not_allowed

_PARTS = re.compile(r"(\{[^}]*\})")
"""Splits a path at its parameters, which stay in the result."""


class AllowedMethods:
    """ASGI middleware. HEAD is passed on as GET; the HTTP server leaves out the body."""

    def __init__(self, app: Litestar) -> None:
        self._app: ASGIApp = app
        routes = [route for route in app.routes if isinstance(route, HTTPRoute)]
        # Literal paths before those with parameters.
        routes.sort(key=lambda route: len(_PARTS.split(route.path)))
        self._methods = [_methods(route) for route in routes]
        # One expression with a group per route: matching them one after the other takes a tenth of a request.
        self._pattern = re.compile("|".join(f"({_pattern(route.path)})" for route in routes))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request: Any = scope
        methods = self._found(request["path"]) if request["type"] == "http" else None
        if methods is None:
            await self._app(scope, receive, send)
        elif request["method"] not in methods:
            await send_error(method_not_allowed(request["method"], ", ".join(methods)), send)
        elif request["method"] == "OPTIONS":
            headers = [(b"allow", ", ".join(methods).encode())]
            await send({"type": "http.response.start", "status": 204, "headers": headers})
            await send({"type": "http.response.body", "body": b"", "more_body": False})
        elif request["method"] == "HEAD":
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
    # A stream has no length and no end, so HEAD would say nothing about it.
    if "GET" in methods and not route.path.endswith("/subscribe"):
        methods.add("HEAD")
    return sorted(methods)
