"""The OpenAPI and AsyncAPI documents without a running server, for client generators."""

from collections.abc import Callable
from typing import Any, NoReturn

from hubbub.chat.limits import Limits
from hubbub.surfaces.http import routes
from hubbub.surfaces.reference import asyncapi, openapi


def _openapi() -> dict[str, Any]:
    return openapi.document(routes(_no_services, 131_072, ("v1", "conversations", "rooms")), Limits())


def _no_services() -> NoReturn:
    raise RuntimeError("This application only describes itself.")


DOCUMENTS: dict[str, Callable[[], dict[str, Any]]] = {"openapi": _openapi, "asyncapi": asyncapi.document}
