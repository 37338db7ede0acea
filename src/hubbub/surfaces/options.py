"""OPTIONS: which methods an address takes (RFC 9110, section 9.3.7). Litestar's own answer forgets some of them."""

import re
from typing import Any

from litestar import Litestar
from litestar.routes import HTTPRoute
from litestar.types import ASGIApp, Receive, Scope, Send

_PARAMETER = re.compile(r"\{[^}]*\}")


class Options:
    """ASGI middleware before the application."""

    def __init__(self, app: Litestar) -> None:
        self._app: ASGIApp = app
        self._routes = [
            (re.compile(_PARAMETER.sub("[^/]+", route.path)), ", ".join(sorted({*route.methods, "OPTIONS"})))
            for route in app.routes
            if isinstance(route, HTTPRoute)
        ]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request: Any = scope
        if request["type"] == "http" and request["method"] == "OPTIONS":
            for pattern, methods in self._routes:
                if pattern.fullmatch(request["path"]):
                    headers = [(b"allow", methods.encode())]
                    await send({"type": "http.response.start", "status": 204, "headers": headers})
                    await send({"type": "http.response.body", "body": b"", "more_body": False})
                    return
        await self._app(scope, receive, send)
