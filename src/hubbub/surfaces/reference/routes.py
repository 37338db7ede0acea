"""`/api/openapi.json`, `/api/asyncapi.json`, `/api/errors`, and HTML pages of the documents."""

from typing import Any

from litestar import Request, Router, get
from litestar.datastructures import State
from litestar.enums import MediaType
from litestar.params import FromPath

from hubbub.surfaces.reference import asyncapi, error_pages, openapi, page
from hubbub.surfaces.rest.arguments import AppServices
from hubbub.surfaces.services import Services


def _openapi(request: Request[object, object, State], services: Services) -> dict[str, Any]:
    return openapi.document(request.app, services.limits)


@get("/api/openapi.json", include_in_schema=False, sync_to_thread=False)
def openapi_document(request: Request[object, object, State], services: AppServices) -> dict[str, Any]:
    return _openapi(request, services)


@get("/api/asyncapi.json", include_in_schema=False, sync_to_thread=False)
def asyncapi_document(services: AppServices) -> dict[str, Any]:
    return asyncapi.document(services.public_url)


@get("/api/reference", include_in_schema=False, media_type=MediaType.HTML, sync_to_thread=False)
def openapi_reference(request: Request[object, object, State], services: AppServices) -> str:
    return page.openapi_page(_openapi(request, services))


@get("/api/live-reference", include_in_schema=False, media_type=MediaType.HTML, sync_to_thread=False)
def asyncapi_reference(services: AppServices) -> str:
    return page.asyncapi_page(asyncapi.document(services.public_url))


@get("/api/errors", include_in_schema=False, media_type=MediaType.HTML, sync_to_thread=False)
def error_index() -> str:
    return error_pages.index()


@get("/api/errors/{code:str}", include_in_schema=False, media_type=MediaType.HTML, sync_to_thread=False)
def error_page(code: FromPath[str]) -> str:
    return error_pages.page(code)


router = Router(
    "/",
    route_handlers=[
        openapi_document,
        asyncapi_document,
        openapi_reference,
        asyncapi_reference,
        error_index,
        error_page,
    ],
)
