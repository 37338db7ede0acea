"""The REST calls of plugins, below `/api/plugins/NAME`: authenticated, counted and described as all others are."""

from collections.abc import Iterable, Sequence
from typing import Any, NoReturn

from litestar import Router
from litestar.exceptions import LitestarException
from litestar.handlers import HTTPRouteHandler
from litestar.types import ASGIApp, Receive, Scope, Send

from hubbub.plugins.implementation import PluginError
from hubbub.surfaces.http import routes
from hubbub.surfaces.rest.caller import AUTHENTICATED


def plugin_routers(declared: Iterable[tuple[str, object]]) -> list[Router]:
    """A router for each plugin that has calls. Raises PluginError."""
    return [_checked_router(plugin, handlers) for plugin, handlers in declared]


def _checked_router(plugin: str, handlers: object) -> Router:
    """The router of one plugin. Raises PluginError: what it returned are no handlers, or Litestar refuses one."""
    found: Sequence[Any] = handlers if isinstance(handlers, list | tuple) else [handlers]
    seen: set[tuple[str, str]] = set()
    for handler in found:
        if not isinstance(handler, HTTPRouteHandler):
            raise PluginError(f"Plugin {plugin}: its hook routes must return Litestar handlers, not {handler!r}.")
        if isinstance(handler.operation_id, str) and not handler.operation_id.startswith(plugin):
            raise PluginError(f"Plugin {plugin}: the operation_id {handler.operation_id} must begin with {plugin}.")
        for call in ((method, path) for method in handler.http_methods for path in handler.paths):
            if call in seen:
                raise PluginError(
                    f"Plugin {plugin} has a route that cannot be served: there are two for {' '.join(call)}."
                )
            seen.add(call)
    try:
        # Litestar looks at handlers when they are added to an application, and at their types when it describes them.
        routes(_no_services, 1024, (), [_router(plugin, found)]).openapi_schema.to_schema()
    except (LitestarException, TypeError, ValueError, AttributeError, NameError) as error:
        raise PluginError(f"Plugin {plugin} has a route that cannot be served: {error}.") from error
    return _router(plugin, found)


def _no_services() -> NoReturn:
    raise RuntimeError("This application only shows whether it can be put together.")


def _router(plugin: str, handlers: Sequence[HTTPRouteHandler]) -> Router:
    return Router(
        f"/api/plugins/{plugin}",
        route_handlers=list(handlers),
        opt={AUTHENTICATED: True},
        tags=[f"Plugin {plugin}"],
        middleware=[_without_exit],
    )


def _without_exit(app: ASGIApp) -> ASGIApp:
    """A call that ends the interpreter (`sys.exit`, `argparse`) fails like any other: asyncio would stop the server."""

    async def call(scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await app(scope, receive, send)
        except SystemExit as error:
            raise RuntimeError("the plugin called sys.exit") from error

    return call
