"""`/api/openapi.json`, `/api/asyncapi.json`, and a page to read each by."""

from typing import Any

from litestar import Request, Router, get
from litestar.datastructures import State
from litestar.enums import MediaType

from hubbub.surfaces.reference import asyncapi, openapi, page
from hubbub.surfaces.services import Services


def _openapi(request: Request[object, object, State], services: Services) -> dict[str, Any]:
    return openapi.document(request.app, services.limits)


@get("/api/openapi.json", include_in_schema=False, sync_to_thread=False)
def openapi_document(request: Request[object, object, State], services: Services) -> dict[str, Any]:
    return _openapi(request, services)


@get("/api/asyncapi.json", include_in_schema=False, sync_to_thread=False)
def asyncapi_document() -> dict[str, Any]:
    return asyncapi.document()


@get("/api/reference", include_in_schema=False, media_type=MediaType.HTML, sync_to_thread=False)
def openapi_reference(request: Request[object, object, State], services: Services) -> str:
    return page.openapi_page(_openapi(request, services))


@get("/api/live-reference", include_in_schema=False, media_type=MediaType.HTML, sync_to_thread=False)
def asyncapi_reference() -> str:
    return page.asyncapi_page(asyncapi.document())


router = Router("/", route_handlers=[openapi_document, asyncapi_document, openapi_reference, asyncapi_reference])
