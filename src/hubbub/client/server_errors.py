"""The server's errors as the exceptions of `hubbub.errors`, by their `code`."""

from collections.abc import Sequence

from hubbub import errors
from hubbub.client.wire import RefusedField
from hubbub.error_reasons import FIELD_CODES, REASONS
from hubbub.errors import FieldError, HubbubError

_BY_CODE: dict[str, type[HubbubError]] = {
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


def exception_for(
    code: str,
    detail: str,
    retry_after: float | None = None,
    fields: Sequence[RefusedField] = (),
    reason: str | None = None,
) -> HubbubError:
    """The exception for an error of the server.

    A later server may send codes and reasons that this version does not define: an unknown `code` gives HubbubError, an
    unknown field code `invalid`, an unknown `reason` None. `retry_after` is in seconds.
    """
    error: HubbubError
    if code == "rate_limited":
        error = errors.RateLimited(detail, retry_after or 1.0)
    elif code == "unavailable":
        error = errors.Unavailable(detail, retry_after or 1.0)
    else:
        error = _BY_CODE.get(code, HubbubError)(detail)
    if isinstance(error, errors.InvalidInput):
        error.errors = [
            FieldError(one.field, one.message, one.code if one.code in FIELD_CODES else "invalid", one.params)
            for one in fields
        ]
    error.reason = reason if reason in REASONS else None
    return error
