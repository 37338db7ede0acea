"""`/healthz`: the process runs. `/readyz`: the store can be written and read. `/readyz/reading`: it can be read."""

from litestar import Response, Router, get

from hubbub.surfaces.health_checks import HealthCheck
from hubbub.surfaces.rest.arguments import AppServices
from hubbub.surfaces.rest.responses import Health


@get("/healthz", summary="Is the process alive?", operation_id="health", security=[{}])
async def health() -> Health:
    """Always 200 while the process answers. For liveness probes, as a restart does not repair a database."""
    return Health("ok")


@get("/readyz", summary="Can it serve?", operation_id="ready", security=[{}])
async def ready(services: AppServices) -> Response[Health]:
    """Writes to and reads from the store; 503 if that fails or takes more than five seconds."""
    return await _answer(services.health_checks.writing)


@get("/readyz/reading", summary="Can it be read from?", operation_id="readyToRead", security=[{}])
async def ready_to_read(services: AppServices) -> Response[Health]:
    """Reads from the store; 503 if that fails or takes more than two seconds. For load balancers: a server without a
    database gets no requests, one whose disk is full still serves reads."""
    return await _answer(services.health_checks.reading)


async def _answer(check: HealthCheck) -> Response[Health]:
    problem = await check.problem()
    if problem is not None:
        return Response(Health("unavailable", problem), status_code=503)
    return Response(Health("ok"))


router = Router("/", route_handlers=[health, ready, ready_to_read], tags=["Operation"])
