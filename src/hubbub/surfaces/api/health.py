"""`/healthz`: the process lives. `/readyz`: it can store and answer. `/readyz/reading`: it can answer."""

import asyncio
from collections.abc import Coroutine

from litestar import Response, Router, get

from hubbub.chat.accounts import AnyAccount
from hubbub.chat.sessions import TouchSessions
from hubbub.errors import HubbubError
from hubbub.surfaces.api.responses import Health
from hubbub.surfaces.services import Services

_SECONDS = 5
_READING_SECONDS = 2
"""Less than what proxies wait for."""


@get("/healthz", summary="Is the process alive?", operation_id="health", security=[{}])
async def health() -> Health:
    """Always 200 while the process answers. For liveness: a restart helps no database that is away."""
    return Health("ok")


@get("/readyz", summary="Can it serve?", operation_id="ready", security=[{}])
async def ready(services: Services) -> Response[Health]:
    """Writes and reads through the store; 503 when one of them fails, or has not answered after five seconds."""

    async def write_and_read() -> None:
        await services.store.write(TouchSessions({}))
        await services.store.read(AnyAccount())

    return await _told(write_and_read(), _SECONDS)


@get("/readyz/reading", summary="Can it be read from?", operation_id="readyToRead", security=[{}])
async def ready_to_read(services: Services) -> Response[Health]:
    """Reads through the store; 503 when that fails, or has not answered after two seconds. For proxies: a server that
    has lost its database is passed over, one whose disk is full goes on being read from."""
    return await _told(services.store.read(AnyAccount()), _READING_SECONDS)


async def _told(asked: Coroutine[None, None, object], seconds: int) -> Response[Health]:
    try:
        async with asyncio.timeout(seconds):
            await asked
    except TimeoutError:
        return Response(Health("unavailable", "The storage does not answer."), status_code=503)
    except HubbubError as error:
        return Response(Health("unavailable", str(error)), status_code=503)
    return Response(Health("ok"))


router = Router("/", route_handlers=[health, ready, ready_to_read], tags=["Operation"])
