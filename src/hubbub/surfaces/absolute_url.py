"""The address under which a client knows this server."""

from litestar import Request
from litestar.datastructures import State

from hubbub.surfaces.services import Services


def absolute_url(request: Request[object, object, State], services: Services, path: str) -> str:
    """An absolute address: below `public_url`, else with the Host of the request, which has been checked."""
    base = services.public_url or f"{request.scope['state']['scheme']}://{request.headers.get('host', 'localhost')}"
    return base.rstrip("/") + path
