"""`/healthz`: the process lives. `/readyz`: it can store and answer."""

import asyncio

from litestar import Response, Router, get

from hubbub.chat.accounts import AnyAccount
from hubbub.chat.sessions import TouchSessions
from hubbub.errors import HubbubError
from hubbub.surfaces.api.responses import Health
from hubbub.surfaces.services import Services

_SECONDS = 5


@get("/healthz", summary="Is the process alive?", operation_id="health", security=[{}])
async def health() -> Health:
    """Always 200 while the process answers."""
    return Health("ok")


@get("/readyz", summary="Can it serve?", operation_id="ready", security=[{}])
async def ready(services: Services) -> Response[Health]:
    """Writes and reads through the store; 503 when one of them fails, or has not answered after five seconds."""
    try:
        async with asyncio.timeout(_SECONDS):
            await services.store.write(TouchSessions({}))
            await services.store.read(AnyAccount())
    except TimeoutError:
        return Response(Health("unavailable", "The storage does not answer."), status_code=503)
    except HubbubError as error:
        return Response(Health("unavailable", str(error)), status_code=503)
    return Response(Health("ok"))


router = Router("/", route_handlers=[health, ready], tags=["Operation"])
