"""The one family of errors. Raised where the fault is known; translated once at each surface.

`code` is what clients switch on, over REST and WebSocket alike; `status` is its HTTP status.
The text of an error is for the person at the other end: what is wrong and what to do.
"""

from typing import Any, ClassVar, Literal

from msgspec import Struct

FieldCode = Literal[
    "required",
    "unknown",
    "repeated",
    "wrong_type",
    "too_small",
    "too_large",
    "too_short",
    "too_long",
    "bad_format",
    "bad_character",
    "blank",
    "not_a_choice",
    "reserved",
    "no_such",
    "not_possible",
    "unreadable",
    "invalid",
]
FIELD_CODES: dict[FieldCode, str] = {
    "required": "The field is missing.",
    "unknown": "There is no such field or parameter.",
    "repeated": "The parameter is given more than once.",
    "wrong_type": "The value has another type. `expected`: the JSON types that the field takes.",
    "too_small": "The number is less than `min`.",
    "too_large": "The number is more than `max`.",
    "too_short": "The text or list has fewer than `min` characters (code points) or entries.",
    "too_long": "The text or list has more than `max` characters (code points) or entries.",
    "bad_format": "The text is not in the form of the field, such as a time. `pattern`: a regular expression.",
    "bad_character": "The text holds what may not be in it. `character`: which, such as `U+202E`.",
    "blank": "There is nothing to see in the text.",
    "not_a_choice": "The value is not one of those possible. `choices`: these.",
    "reserved": "The name is kept for the server's own use.",
    "no_such": "What the field names does not exist, or not for the caller.",
    "not_possible": "The value does not go together with the other fields, or with what is there.",
    "unreadable": "The picture cannot be read.",
    "invalid": "Something else: see `message`.",
}
"""What each means, and the `params` it may come with."""


class FieldError(Struct, frozen=True):
    """One field of the input and what is wrong with it. `code` and `params` are for programs that say it in another
    language, `message` is for people. A field in a list is named with its place, from 0: `participants.1`."""

    field: str
    message: str
    code: FieldCode = "invalid"
    params: dict[str, Any] = {}


class HubbubError(Exception):
    code: ClassVar[str] = "internal"
    status: ClassVar[int] = 500


class WeakPasswordWarning(UserWarning):
    """A password that is shorter than it should be was accepted all the same."""


class InvalidInput(HubbubError, ValueError):  # noqa: N818 - the names of the family are public API
    """The input cannot be understood or breaks a rule; `errors` names the fields."""

    code = "invalid_input"
    status = 400

    def __init__(
        self, detail: str, field: str | None = None, code: FieldCode = "invalid", **params: str | int | list[str]
    ) -> None:
        super().__init__(detail if field is None else f"{field}: {detail}")
        self.errors = [] if field is None else [FieldError(field, detail, code, dict(params))]


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
    """The address does not take this method; `allowed` are those it takes (RFC 9110, section 15.5.6)."""

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
    """A WebSocket's address was asked without a handshake."""

    code = "upgrade_required"
    status = 426


class RateLimited(HubbubError):  # noqa: N818
    """Too much in too short a time; `retry_after` is in seconds."""

    code = "rate_limited"
    status = 429

    def __init__(self, detail: str, retry_after: float) -> None:
        super().__init__(detail)
        self.retry_after = retry_after


class Unavailable(HubbubError):  # noqa: N818
    """The server cannot do this now (full disk, shutting down); trying again later may work."""

    code = "unavailable"
    status = 503

    def __init__(self, detail: str, retry_after: float = 1.0) -> None:
        super().__init__(detail)
        self.retry_after = retry_after
