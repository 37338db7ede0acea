"""Errors as `application/problem+json` (RFC 9457), and Litestar's exceptions as errors of `hubbub.errors`."""

from typing import Any

import structlog
from litestar import Request, Response
from litestar.exceptions import HTTPException, ValidationException

from hubbub.errors import (
    FieldError,
    HubbubError,
    InvalidInput,
    MethodNotAllowed,
    NotFound,
    TooLarge,
)
from hubbub.masking import masked_path
from hubbub.problem_details import MEDIA_TYPE, Problem, headers_of, problem
from hubbub.surfaces.rest.query import choices, parameter_name
from hubbub.validation_errors import field_error, invalid

FAULT = "The server failed because of a fault of its own. It has been logged."
_log = structlog.get_logger("api")


def answer(error: HubbubError, status: int | None = None) -> Response[Problem]:
    body = problem(error, status)
    return Response(body, status_code=body.status, headers=headers_of(error), media_type=MEDIA_TYPE)


def on_hubbub_error(request: Request[Any, Any, Any], error: HubbubError) -> Response[Problem]:
    return answer(error)


def on_validation_error(request: Request[Any, Any, Any], error: ValidationException) -> Response[Problem]:
    found: list[FieldError] = []
    for entry in error.extra if isinstance(error.extra, list) else []:
        if isinstance(entry, dict):
            name = str(entry.get("key", ""))
            is_body = entry.get("source") == "body" and name == "data"
            if is_body:  # it is missing: a body that was sent has been decoded before
                found.append(FieldError("body", "this call needs a body, in JSON", "required"))
            else:
                handler = request.scope["route_handler"]
                wrong = field_error(str(entry.get("message", "")), parameter_name(handler, name))
                if wrong.code == "not_a_choice" and (names := choices(handler, name)):
                    message = f"must be one of {', '.join(names)}"
                    wrong = FieldError(wrong.field, message, "not_a_choice", {"choices": names})
                found.append(wrong)
    return answer(InvalidInput.of(found))


def on_http_error(request: Request[Any, Any, Any], error: HTTPException) -> Response[Problem]:
    if error.status_code == 404:
        return answer(NotFound("There is nothing at this address. See /api/reference."))
    if error.status_code == 413:
        return answer(TooLarge("The body of the request is too large."))
    if error.status_code == 405:
        return answer(method_not_allowed(request.method, (error.headers or {}).get("Allow", "")))
    if 400 <= error.status_code < 500:
        return answer(invalid(error.__cause__ or error))
    return on_any_error(request, error)


def on_undecodable(request: Request[Any, Any, Any], error: Exception) -> Response[Problem]:
    """A body that is not UTF-8, or nested too deeply: exceptions that msgspec does not turn into its own."""
    return answer(invalid(error))


def on_any_error(request: Request[Any, Any, Any], error: Exception) -> Response[Problem]:
    _log.error("request_failed", path=masked_path(request.scope["path"]), exc_info=error)
    return answer(HubbubError(FAULT))


def method_not_allowed(method: str, allowed: str) -> MethodNotAllowed:
    return MethodNotAllowed(f"{method} is not possible here. Use one of: {allowed}.", allowed)
