"""`Idempotency-Key` (draft-ietf-httpapi-idempotency-key-header): another way to give the `key` of a message."""

from typing import Annotated

from litestar.handlers import BaseRouteHandler
from litestar.params import Parameter

from hubbub.errors import InvalidInput

NAME = "Idempotency-Key"
_SAFE_TO_REPEAT = frozenset({"GET", "HEAD", "OPTIONS", "PUT", "DELETE"})
IdempotencyKey = Annotated[
    str | None,
    Parameter(
        header=NAME,
        pattern=r'^("[ !#-\[\]-~]{1,64}"|[!#-~]{1,64})$',
        description="The same as `key` in the body, as a string of RFC 9651 (in quotation marks) or bare",
    ),
]


def key_of(header: str | None, key: str | None) -> str | None:
    """The key of a message. Raises InvalidInput when header and body give two different ones."""
    if header is None:
        return key
    if header.startswith('"'):
        header = header[1:-1]
    if key is not None and key != header:
        raise InvalidInput("is not the same as `key` in the body: give one of the two", NAME, "not_possible")
    return header


def require_taken(handler: BaseRouteHandler, headers: dict[str, str], method: str) -> None:
    """Raises InvalidInput for a call that would do twice what is sent twice, as it keeps no keys."""
    if "idempotency-key" not in headers or method in _SAFE_TO_REPEAT:
        return
    if "idempotency_key" not in handler.parsed_fn_signature.parameters:
        raise InvalidInput("is for sending messages: this call keeps no keys", NAME, "not_possible")
