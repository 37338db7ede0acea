"""The error family as `application/problem+json` (RFC 9457)."""

import math
from typing import Any

import structlog
from litestar import Request, Response
from litestar.exceptions import HTTPException, ValidationException

from hubbub.errors import (
    FieldError,
    HubbubError,
    InvalidInput,
    NotFound,
    RateLimited,
    TooLarge,
    Unavailable,
)
from hubbub.surfaces.api.responses import Problem
from hubbub.surfaces.problem import explain, invalid

_log = structlog.get_logger("api")

_TITLES = {
    "invalid_input": "The input is not valid",
    "not_authenticated": "Not signed in",
    "not_allowed": "Not allowed",
    "not_found": "Not found",
    "conflict": "Conflict",
    "too_large": "Too large",
    "limit_exceeded": "A limit is reached",
    "rate_limited": "Too many requests",
    "unavailable": "Not available now",
}


def problem(error: HubbubError, status: int | None = None) -> Problem:
    """The error as it is told; `status` where it is not the usual one."""
    errors = error.errors if isinstance(error, InvalidInput) else []
    return Problem(
        type=f"/api/reference#error-{error.code}",
        title=_TITLES.get(error.code, "Error"),
        status=status or error.status,
        detail=str(error),
        code=error.code,
        errors=errors,
    )


def answer(error: HubbubError, status: int | None = None) -> Response[Problem]:
    headers = {}
    if isinstance(error, RateLimited | Unavailable):
        headers["Retry-After"] = str(math.ceil(error.retry_after))
    if error.status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    told = problem(error, status)
    return Response(told, status_code=told.status, headers=headers, media_type="application/problem+json")


def on_hubbub_error(request: Request[Any, Any, Any], error: HubbubError) -> Response[Problem]:
    return answer(error)


def on_validation_error(request: Request[Any, Any, Any], error: ValidationException) -> Response[Problem]:
    found: list[FieldError] = []
    for entry in error.extra if isinstance(error.extra, list) else []:
        if isinstance(entry, dict):
            source = "" if entry.get("source") == "body" and entry.get("key") == "data" else str(entry.get("key", ""))
            field, message = explain(str(entry.get("message", "")), source)
            found.append(FieldError(field or "body", message))
    detail = "; ".join(f"{entry.field}: {entry.message}" for entry in found) or "The request is not valid."
    refused = InvalidInput(detail)
    refused.errors = found
    return answer(refused)


def on_http_error(request: Request[Any, Any, Any], error: HTTPException) -> Response[Problem]:
    if error.status_code == 404:
        return answer(NotFound("There is nothing at this address. See /api/reference."))
    if error.status_code == 413:
        return answer(TooLarge("The body of the request is too large."))
    if error.status_code == 405:
        response = answer(InvalidInput(f"{request.method} is not possible here."))
        response.status_code = 405
        response.headers.update(error.headers or {})
        return response
    if 400 <= error.status_code < 500:
        return answer(invalid(error.__cause__ or error))
    return on_any_error(request, error)


def on_undecodable(request: Request[Any, Any, Any], error: Exception) -> Response[Problem]:
    """A body that is not UTF-8, or nested too deeply: msgspec's decoder lets these two through as they are."""
    return answer(invalid(error))


def on_any_error(request: Request[Any, Any, Any], error: Exception) -> Response[Problem]:
    _log.error("request_failed", path=request.scope["path"], exc_info=error)
    fault = Unavailable("The server failed because of a fault of its own. It has been logged.")
    response = answer(fault)
    response.status_code = 500
    response.content.status = 500
    return response
