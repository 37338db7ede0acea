"""Both descriptions without a server: for those who generate clients from them."""

from collections.abc import Callable
from typing import Any, NoReturn

from hubbub.chat.limits import Limits
from hubbub.surfaces.http import routes
from hubbub.surfaces.reference import asyncapi, openapi


def _openapi() -> dict[str, Any]:
    return openapi.document(routes(_nothing, 131_072, ("v1", "conversations", "rooms")), Limits())


def _nothing() -> NoReturn:
    raise RuntimeError("This application only describes itself.")


DOCUMENTS: dict[str, Callable[[], dict[str, Any]]] = {"openapi": _openapi, "asyncapi": asyncapi.document}
