"""Errors as `application/problem+json` (RFC 9457), and the table of error codes.

The OpenAPI document and the pages of the `type` addresses are generated from the table.
"""

import math
from typing import Literal

from msgspec import Struct

from hubbub.error_reasons import Reason
from hubbub.errors import (
    FieldError,
    HubbubError,
    InvalidInput,
    MethodNotAllowed,
    NotAuthenticated,
    RateLimited,
    Unavailable,
    UpgradeRequired,
)

Code = Literal[
    "invalid_input",
    "not_authenticated",
    "not_allowed",
    "not_found",
    "method_not_allowed",
    "conflict",
    "too_large",
    "limit_exceeded",
    "upgrade_required",
    "rate_limited",
    "internal",
    "unavailable",
]

MEDIA_TYPE = "application/problem+json"
PAGES = "/api/errors/"


class Problem(Struct, omit_defaults=True):
    """An error (RFC 9457). `code` and, more exactly, `reason` are for programs, `detail` is for people."""

    type: str
    title: str
    status: int
    detail: str
    code: Code
    reason: Reason | None = None
    errors: list[FieldError] = []


class Kind(Struct, frozen=True):
    """The description of an error code. `headers`: the response headers with details."""

    status: int
    title: str
    meaning: str
    cure: str
    headers: tuple[str, ...] = ()


KINDS: dict[Code, Kind] = {
    "invalid_input": Kind(
        400,
        "The input is not valid",
        "The request cannot be understood, or a field breaks a rule. `errors` names each field.",
        "Correct the fields that `errors` names. The same request will fail again.",
    ),
    "not_authenticated": Kind(
        401,
        "Not signed in",
        "The call needs a session, and the request has none, or one that has ended.",
        "Sign in with POST /api/login and send the token as `Authorization: Bearer <token>`.",
        ("WWW-Authenticate",),
    ),
    "not_allowed": Kind(
        403,
        "Not allowed",
        "The caller may not do this; or a page of another site sent the request with the user's cookie.",
        "Ask somebody with a higher rank in the room. For pages of other sites: see the `allowed_origins` setting.",
    ),
    "not_found": Kind(
        404,
        "Not found",
        "There is nothing at this address, or the caller may not see that there is.",
        "Check the address and the ids. A private room answers like this to all who are not its members.",
    ),
    "method_not_allowed": Kind(
        405,
        "Method not allowed",
        "The address exists and does not take this method.",
        "Use one of the methods in the `Allow` header.",
        ("Allow",),
    ),
    "conflict": Kind(
        409,
        "Conflict",
        "The request is well formed and conflicts with the present state, such as a name that is taken.",
        "Read the present state, change the request and send it again.",
    ),
    "too_large": Kind(
        413,
        "Too large",
        "The body (413) or the head (431) of the request is larger than the server takes.",
        "Send less. The settings `body_bytes` and `header_bytes` are the limits.",
    ),
    "limit_exceeded": Kind(
        422,
        "A limit is reached",
        "The caller or the room has as many of something as there may be.",
        "Remove one first, or ask the operator for a higher limit. Waiting does not help.",
    ),
    "upgrade_required": Kind(
        426,
        "Upgrade required",
        "This address is a WebSocket's and the request is not a handshake that the server knows.",
        "Open it with a WebSocket client (RFC 6455, version 13).",
        ("Upgrade",),
    ),
    "rate_limited": Kind(
        429,
        "Too many requests",
        "The caller did too much in too short a time.",
        "Wait for as many seconds as `Retry-After` says and send the same request again.",
        ("Retry-After",),
    ),
    "internal": Kind(
        500,
        "A fault of the server",
        "The server failed. The fault is in its log, with the `X-Request-Id` of the answer.",
        "Tell the operator the `X-Request-Id`. A retry may work; send messages with a `key`, so that it is safe.",
    ),
    "unavailable": Kind(
        503,
        "Not available now",
        "The server cannot do this now: it restarts, its disk is full, or its database does not answer.",
        "Wait for as many seconds as `Retry-After` says and send the same request again.",
        ("Retry-After",),
    ),
}


def problem(error: HubbubError, status: int | None = None, prefix: str = "") -> Problem:
    """The error as a problem. `status`: in place of the usual one. `prefix`: the path prefix of the server."""
    code: Code = error.code if error.code in KINDS else "internal"
    return Problem(
        type=f"{prefix}{PAGES}{code}",
        title=KINDS[code].title,
        status=status or error.status,
        detail=str(error),
        code=code,
        reason=error.reason,
        errors=error.errors if isinstance(error, InvalidInput) else [],
    )


def headers_of(error: HubbubError) -> dict[str, str]:
    """The response headers of an error (RFC 9110, sections 7.8, 10.2.1, 10.2.3 and 11.6.1)."""
    if isinstance(error, RateLimited | Unavailable):
        return {"Retry-After": str(math.ceil(error.retry_after))}
    if isinstance(error, NotAuthenticated):
        return {"WWW-Authenticate": "Bearer"}
    if isinstance(error, MethodNotAllowed):
        return {"Allow": error.allowed}
    if isinstance(error, UpgradeRequired):
        return {"Upgrade": "websocket", "Connection": "Upgrade"}
    return {}


def unaddressed(status: int, code: Code, title: str, detail: str) -> Problem:
    """A problem of type `about:blank` (RFC 9457, section 4.2.1), for input that is not a valid HTTP request."""
    return Problem("about:blank", title, status, detail, code)
