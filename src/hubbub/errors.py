"""The exceptions of Hubbub. Raised where the error is detected, translated once at each surface.

`code` is for programs, the same over REST and WebSocket; `status` is its HTTP status. `reason` distinguishes the causes
of a code, for clients that translate errors. The text of an error is for users: what is wrong and what to do.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, ClassVar, TypeVar, cast

from msgspec import Struct

from hubbub.error_reasons import FieldCode, Reason


class FieldError(Struct, frozen=True):
    """An error of one field of the input. `code` and `params` are for programs, such as clients that translate errors;
    `message` is for users. Items of a list are named by their index from 0: `participants.1`."""

    field: str
    message: str
    code: FieldCode = "invalid"
    params: dict[str, Any] = {}


T = TypeVar("T")


class HubbubError(Exception):
    code: ClassVar[str] = "internal"
    status: ClassVar[int] = 500
    reason: Reason | None = None

    def __init__(self, detail: str = "", reason: Reason | None = None) -> None:
        super().__init__(detail)
        self.reason = reason


class WeakPasswordWarning(UserWarning):
    """A password shorter than recommended was accepted."""


class InvalidInput(HubbubError, ValueError):  # noqa: N818 - the names of the family are public API
    """The input cannot be parsed or breaks a rule. `errors` has the fields."""

    code = "invalid_input"
    status = 400

    def __init__(
        self, detail: str, field: str | None = None, code: FieldCode = "invalid", **params: str | int | list[str]
    ) -> None:
        super().__init__(detail if field is None else f"{field}: {detail}")
        self.errors = [] if field is None else [FieldError(field, detail, code, dict(params))]

    @classmethod
    def of(cls, found: list[FieldError]) -> "InvalidInput":
        """One exception for several errors. An error without a field belongs to the whole body."""
        errors = [FieldError(one.field or "body", one.message, one.code, one.params) for one in found]
        error = cls("; ".join(f"{one.field}: {one.message}" for one in errors) or "The request is not valid.")
        error.errors = errors
        return error


class Checks:
    """Collects the errors of several fields, so that they are reported together."""

    def __init__(self) -> None:
        self.found: list[FieldError] = []

    def __call__(self, rule: Callable[..., T], *args: Any) -> T:
        """The result of the rule. If the field breaks it, the error is collected and the result must not be used."""
        try:
            return rule(*args)
        except InvalidInput as error:
            self.found += error.errors
            return cast(T, None)


@contextmanager
def checking() -> Iterator[Checks]:
    """On exit, raises one InvalidInput with all the errors that were collected."""
    checks = Checks()
    yield checks
    if checks.found:
        raise InvalidInput.of(checks.found)


class NotAuthenticated(HubbubError):  # noqa: N818
    code = "not_authenticated"
    status = 401


class NotAllowed(HubbubError, PermissionError):  # noqa: N818
    code = "not_allowed"
    status = 403


class NotFound(HubbubError, LookupError):  # noqa: N818
    code = "not_found"
    status = 404


class MethodNotAllowed(HubbubError):  # noqa: N818
    """The path does not support this method. `allowed`: those it supports, separated by commas (RFC 9110, section
    15.5.6)."""

    code = "method_not_allowed"
    status = 405

    def __init__(self, detail: str, allowed: str) -> None:
        super().__init__(detail)
        self.allowed = allowed


class Conflict(HubbubError):  # noqa: N818
    code = "conflict"
    status = 409


class TooLarge(HubbubError):  # noqa: N818
    code = "too_large"
    status = 413


class LimitExceeded(HubbubError):  # noqa: N818
    code = "limit_exceeded"
    status = 422


class UpgradeRequired(HubbubError):  # noqa: N818
    """The path of a WebSocket was requested without a handshake (RFC 9110, section 15.5.22)."""

    code = "upgrade_required"
    status = 426


class RateLimited(HubbubError):  # noqa: N818
    """A rate limit was exceeded. `retry_after` is in seconds."""

    code = "rate_limited"
    status = 429

    def __init__(self, detail: str, retry_after: float, reason: Reason | None = None) -> None:
        super().__init__(detail, reason)
        self.retry_after = retry_after


class Unavailable(HubbubError):  # noqa: N818
    """A temporary condition of the server, such as a full disk or shutdown. `retry_after` is in seconds."""

    code = "unavailable"
    status = 503

    def __init__(self, detail: str, retry_after: float = 1.0, reason: Reason | None = None) -> None:
        super().__init__(detail, reason)
        self.retry_after = retry_after
