"""Errors of the server as the exceptions of `hubbub.errors`, by their `code`."""

from hubbub import errors
from hubbub.errors import FieldError, HubbubError

_FAMILY: dict[str, type[HubbubError]] = {
    kind.code: kind
    for kind in (
        errors.InvalidInput,
        errors.NotAuthenticated,
        errors.NotAllowed,
        errors.NotFound,
        errors.Conflict,
        errors.TooLarge,
        errors.LimitExceeded,
    )
}


def failure(
    code: str, detail: str, retry_after: float | None = None, fields: list[FieldError] | None = None
) -> HubbubError:
    """The exception for an error of the server."""
    if code == "rate_limited":
        return errors.RateLimited(detail, retry_after or 1.0)
    if code == "unavailable":
        return errors.Unavailable(detail, retry_after or 1.0)
    error = _FAMILY.get(code, HubbubError)(detail)
    if isinstance(error, errors.InvalidInput):
        error.errors = fields or []
    return error
