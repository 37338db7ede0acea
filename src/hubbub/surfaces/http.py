"""The HTTP application: routes, dependencies, error handlers and middleware."""

from collections.abc import Callable, Sequence

from litestar import Litestar, Router
from litestar.di import Provide
from litestar.exceptions import HTTPException, ValidationException
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.openapi.spec import Components, SecurityScheme
from litestar.types import ASGIApp

from hubbub import __version__
from hubbub.errors import HubbubError
from hubbub.surfaces import web
from hubbub.surfaces.allowed_methods import AllowedMethods
from hubbub.surfaces.compat import conversations, sign_in
from hubbub.surfaces.compat import rooms as chat_rooms
from hubbub.surfaces.compat.v1 import routes as v1
from hubbub.surfaces.cookie import NAME as COOKIE
from hubbub.surfaces.middleware import Middleware
from hubbub.surfaces.path_prefix import PathPrefix, prefix_of
from hubbub.surfaces.reference import routes as reference
from hubbub.surfaces.rest import (
    activity,
    avatars,
    caller,
    drafts,
    errors,
    health,
    invitations,
    members,
    messages,
    notices,
    pins,
    plugins,
    reactions,
    rooms,
    saved,
    scheduled,
    sessions,
    stream,
    sync,
    threads,
    users,
    workspace,
)
from hubbub.surfaces.rest.body import StrictRequest
from hubbub.surfaces.services import Services
from hubbub.surfaces.socket import upgrade_required as upgrade_required


def http_app(
    services: Services, largest_body: int, dialects: Sequence[str], of_plugins: Sequence[Router] = ()
) -> ASGIApp:
    """The ASGI application for all but WebSockets. `dialects`: the compatible interfaces to enable."""
    app = routes(lambda: services, largest_body, dialects, of_plugins)
    guarded = Middleware(AllowedMethods(app), services, largest_body)
    prefix = prefix_of(services.public_url)
    return PathPrefix(guarded, prefix) if prefix else guarded


def routes(
    services: Callable[[], Services], largest_body: int, dialects: Sequence[str], of_plugins: Sequence[Router] = ()
) -> Litestar:
    """The Litestar application. `services` is not called before the first request."""

    def provide_services() -> Services:
        return services()

    return Litestar(
        route_handlers=[
            users.router,
            invitations.router,
            workspace.router,
            avatars.router,
            sessions.router,
            rooms.router,
            members.router,
            messages.router,
            reactions.router,
            threads.router,
            notices.router,
            pins.router,
            saved.router,
            scheduled.router,
            drafts.router,
            plugins.router,
            sync.router,
            activity.router,
            stream.router,
            health.router,
            reference.router,
            upgrade_required.router,
            web.router,
            *_routers(dialects),
            *of_plugins,
        ],
        dependencies={
            "services": Provide(provide_services, sync_to_thread=False, use_cache=True),
            "caller": Provide(caller.caller),
            "address": Provide(caller.address),
        },
        before_request=caller.admission(services),
        exception_handlers={
            HubbubError: errors.on_hubbub_error,
            ValidationException: errors.on_validation_error,
            HTTPException: errors.on_http_error,
            UnicodeDecodeError: errors.on_undecodable,
            RecursionError: errors.on_undecodable,
            Exception: errors.on_any_error,
        },
        openapi_config=OpenAPIConfig(
            title="Hubbub",
            version=__version__,
            description="The native REST API. Live events are described by /api/asyncapi.json.",
            path="/api/_schema",
            use_handler_docstrings=True,
            render_plugins=[JsonRenderPlugin()],
            security=[{"bearer": []}, {"cookie": []}],
            components=Components(
                security_schemes={
                    "bearer": SecurityScheme(type="http", scheme="bearer", bearer_format="JWT"),
                    "cookie": SecurityScheme(type="apiKey", name=COOKIE, security_scheme_in="cookie"),
                }
            ),
        ),
        request_class=StrictRequest,
        request_max_body_size=largest_body,
        logging_config=None,
        middleware=[],
    )


def _routers(dialects: Sequence[str]) -> list[Router]:
    """The routers of the enabled interfaces."""
    routers = {"v1": v1.router, "conversations": conversations.router, "rooms": chat_rooms.router}
    found = [routers[name] for name in dict.fromkeys(dialects)]
    if "conversations" in dialects or "rooms" in dialects:
        found.append(sign_in.router)
    return found
